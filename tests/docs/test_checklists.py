"""Each line of a checklist names a property that a stack or a cluster really has, and a test that exists."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from intertie.workload import render
from support.checklists import PAGES, lines
from support.fullest import CLOUD, recorded
from support.rendered import CASES, case
from support.stacks import ROOT

LEAST = 40


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
def given(page: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Type and inputs of everything that the page is about: stacks of its cloud, or what is rendered for a cluster."""
    if page in CLOUD:
        return tuple((each.type, each.inputs) for graph in recorded(page) for each in graph)
    made = [each for name in CASES for each in render(*case(name))]
    return tuple((f"kubernetes:{each.api_version}:{each.kind}", each.body) for each in made)


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
        resources = [inputs for token, inputs in given(line.page) if token == line.type]
        if not any(True for inputs in resources for _ in values(inputs, line.path.split("."))):
            missing.append(f"{line.type} {line.path}")
    assert missing == []


def test_there_is_a_checklist_for_every_cloud() -> None:
    assert {page.stem for page in PAGES} == {*CLOUD, "serving"}
