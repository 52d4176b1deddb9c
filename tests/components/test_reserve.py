"""Lines of a stack file become reservations: made by the stack program itself, protected and retained."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from intertie import reserve
from intertie.graph import Graph, check, record
from support.stacks import config_of

ROOT = Path(__file__).parents[2]
ROW = {"name": "gpus", "machine": "p5.48xlarge", "zone": "us-east-1b", "count": 3}


def stack(rows: list[dict[str, Any]]) -> Graph:
    config = {**config_of("aws-use1"), "inference:capacity": json.dumps(rows)}
    return record(ROOT / "stacks" / "__main__.py", project="inference", stack="aws-use1", config=config)


def test_the_stack_program_reserves_what_its_stack_file_says() -> None:
    graph = stack([ROW])
    (made,) = [each for each in graph.resources if each.type == "aws:ec2/capacityReservation:CapacityReservation"]
    assert (made.inputs["instanceType"], made.inputs["instanceCount"]) == ("p5.48xlarge", 3)
    assert (made.protect, made.retain_on_delete) == (True, True)
    assert [str(finding) for finding in check(graph)] == []


def test_without_the_setting_nothing_is_reserved() -> None:
    assert reserve(None, "here", None) == {}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("gpus", "allowed: a list of name, machine, zone, count"),
        ([3], "allowed: name, machine, zone, count, and `until`"),
        ([{"name": "gpus"}], "allowed: name, machine, zone, count, and `until`"),
        ([{**ROW, "size": 1}], "allowed: name, machine, zone, count, and `until`"),
        ([{**ROW, "count": "three"}], "a whole number as `count`"),
        ([{**ROW, "machine": 5}], "allowed: text, and a whole number"),
        ([ROW, ROW], "names must differ; found: gpus, gpus"),
    ],
)
def test_other_lines_are_refused_by_their_text(rows: Any, said: str) -> None:
    with pytest.raises(pulumi.RunError, match=said):
        reserve(None, "here", rows)
