"""Each line of a checklist names a property that a recorded graph has, and a test that exists."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest

from intertie.contract import BuildOptions
from intertie.graph import Graph, record
from intertie.plan import Operations, Plan, TeamAccess
from intertie.platforms import registry
from support.building import build
from support.plans import accelerator_pool, claim, plan
from support.stacks import ROOT, graph_of

PAGES = sorted((ROOT / "docs" / "checklists").glob("*.md"))
CLOUD = {"eks": "aws", "aks": "azure", "gke": "gcp"}
SAMPLES = {"eks": "aws-use1", "aks": "azure-swc", "gke": "gcp-euw4"}
LEAST = 40
_ROW = re.compile(r"^\| (?P<what>[^|`]+) \| `(?P<type>[^`]+)` \| `(?P<path>[^`]+)` \| `(?P<test>test_\w+)` \|$")

RESERVED = {
    "eks": ("odcr", {"id": "cr-0abc"}, "capacity-block", {"id": "cr-0abd"}),
}
NETWORK = {"eks": "vpc-0abc12345"}
PRINCIPAL = {"eks": "arn:aws:iam::123456789012:role/platform"}
SHAPE = {"eks": ("p5.48xlarge", "us-east-1b")}
"""What a cloud's fullest cluster needs to be told. A page of a cloud that is not here is held to its sample alone."""


@dataclass(frozen=True)
class Line:
    """One requirement of a checklist."""

    page: str
    what: str
    type: str
    path: str
    test: str


def lines(page: Path) -> list[Line]:
    found = [_ROW.match(row) for row in page.read_text(encoding="utf-8").splitlines()]
    return [Line(page.stem, *match.group("what", "type", "path", "test")) for match in found if match]


def fullest(platform: str) -> Iterator[Plan]:
    """Plans that together ask for everything that the platform can do."""
    if platform not in PRINCIPAL:
        return
    operations = Operations(
        api="private",
        runner_network=NETWORK[platform],
        runner_ranges=("172.16.0.0/24",),
        teams=(TeamAccess("readers", "view", (PRINCIPAL[platform],)),),
        deployer=PRINCIPAL[platform],
        deletion_protection=True,
    )
    kind, first, other, second = RESERVED[platform]
    pools = (
        accelerator_pool(CLOUD[platform], kind=kind, claim=claim(kind, **first)),
        accelerator_pool(CLOUD[platform], kind=other, rank=1, claim=claim(other, **second)),
    )
    yield plan(CLOUD[platform], pools=pools, operations=operations)
    yield plan(CLOUD[platform], pools=(accelerator_pool(CLOUD[platform], hosts=2),))


@cache
def graphs(platform: str) -> tuple[Graph, ...]:
    return (graph_of(SAMPLES[platform]), *(build(each).graph for each in fullest(platform)), *_reservation(platform))


def _reservation(platform: str) -> list[Graph]:
    if platform not in SHAPE:
        return []
    machine, zone = SHAPE[platform]

    def program() -> None:
        options = BuildOptions(parent=pulumi.ComponentResource("test:index:Reservation", "r"), name="r")
        registry.reservation(platform).create(plan(CLOUD[platform]), options, machine=machine, zone=zone, count=2)

    return [record(program, "inference", "here")]


def values(value: Any, path: list[str]) -> Iterator[Any]:
    """Whatever lies at a path; lists are passed through."""
    if isinstance(value, list):
        for each in value:
            yield from values(each, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from values(value[path[0]], path[1:])


@cache
def names_of_tests() -> frozenset[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return frozenset(
        name for file in files for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE)
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_checklist_is_long_and_every_row_can_be_read(page: Path) -> None:
    rows = [row for row in page.read_text(encoding="utf-8").splitlines() if row.startswith("| ")]
    headers = sum(row.startswith("| requirement |") for row in rows)
    assert len(lines(page)) == len(rows) - headers
    assert len(lines(page)) >= LEAST


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_test_that_a_checklist_names_exists(page: Path) -> None:
    assert [line.test for line in lines(page) if line.test not in names_of_tests()] == []


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=pytest.mark.xdist_group(f"stack-{page.stem}"), id=page.stem) for page in PAGES]
)
def test_every_property_that_a_checklist_names_is_in_a_recorded_graph(page: Path) -> None:
    missing = []
    for line in lines(page):
        resources = [each for graph in graphs(line.page) for each in graph if each.type == line.type]
        if not any(True for each in resources for _ in values(each.inputs, line.path.split("."))):
            missing.append(f"{line.type} {line.path}")
    assert missing == []
