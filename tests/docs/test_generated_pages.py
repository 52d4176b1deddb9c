"""The generated pages are what the data says today."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES: dict[str, str] = runpy.run_path(str(ROOT / "tools" / "write_docs.py"))["pages"]()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_current(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == PAGES[name], "run `make docs`"


def test_every_platform_states_its_gaps() -> None:
    assert PAGES["capabilities.md"].count(": what it does not do") == 4
