"""The catalogue against what the clouds publish: every difference is on the page, and explained."""

import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TOOL: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "compare_catalog.py"))
FOUND: list[Any] = TOOL["comparisons"]()


def test_the_page_says_what_the_comparison_finds_today() -> None:
    page = (ROOT / "docs" / "lab-gaps.md").read_text(encoding="utf-8")
    assert TOOL["replaced"](page, TOOL["render"](FOUND)) == page, "run `make docs`"


@pytest.mark.parametrize("found", FOUND, ids=lambda found: f"{found.cloud} {found.column}")
def test_every_difference_is_explained(found: Any) -> None:
    assert found.compared > 0
    assert bool(found.why) == bool(found.different)


def test_every_explanation_explains_something() -> None:
    assert set(TOOL["EXPLAINED"]) == {(each.cloud, each.column) for each in FOUND if each.different}


def test_a_difference_that_nobody_has_explained_fails() -> None:
    (images,) = (each for each in FOUND if (each.cloud, each.column) == ("aws", "images"))
    with pytest.raises(KeyError):
        TOOL["render"]([replace(images, different={"AL2023_x86_64_NVIDEA": "used / unknown"})])


@pytest.mark.parametrize("column", ["vCPUs", "memory", "architecture", "devices"])
def test_what_pods_are_placed_by_is_the_same_on_ec2(column: str) -> None:
    (found,) = (each for each in FOUND if (each.cloud, each.column) == ("aws", column))
    assert (found.compared > 50, found.different) == (True, {})
