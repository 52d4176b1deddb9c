"""The mistakes that clouds punish only at apply: by which rule each is caught, in a stack that makes it."""

from pathlib import Path
from typing import Any

import pytest

from intertie_policies import registry, testing
from intertie_policies.config import read
from intertie_policies.engine import Judge
from intertie_policies.rule import PRODUCTION, Verdict
from intertie_policies.testing import TODAY

TABLE = testing.parse(Path(__file__).parent / "mistakes.yaml")
CAUGHT: dict[int, Any] = TABLE["caught"]
ELSEWHERE: dict[int, str] = TABLE["elsewhere"]
KNOWN = range(1, 41)


@pytest.mark.parametrize("number", CAUGHT)
def test_the_production_pack_stops_a_stack_that_makes_the_mistake(number: int) -> None:
    row = CAUGHT[number]
    configuration = read({"configuration": row.get("settings", {})}, registry.ids(), "mistakes.yaml")
    report = Judge(PRODUCTION, configuration, today=TODAY).everything(testing.nodes_of(row["resources"]))
    found = {(each.rule, each.result) for each in report.results if each.stops}
    assert (row["rule"], Verdict.FAIL) in found, sorted(found)


def test_every_known_mistake_is_caught_or_it_is_said_where_it_is_seen() -> None:
    assert sorted((*CAUGHT, *ELSEWHERE)) == list(KNOWN)
    assert len(CAUGHT) / len(KNOWN) >= 0.9
