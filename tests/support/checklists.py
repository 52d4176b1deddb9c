"""The checklists in docs/: each line is one requirement, the property that meets it, and the test that holds it."""

import re
from dataclasses import dataclass
from pathlib import Path

from support.stacks import ROOT

PAGES = sorted((ROOT / "docs" / "checklists").glob("*.md"))
_ROW = re.compile(r"^\| (?P<what>[^|`]+) \| `(?P<type>[^`]+)` \| `(?P<path>[^`]+)` \| `(?P<test>test_\w+)` \|$")


@dataclass(frozen=True)
class Line:
    """One requirement of a checklist."""

    page: str
    what: str
    type: str
    path: str
    test: str


def lines(page: Path) -> list[Line]:
    """The rows of a page that can be read."""
    found = [_ROW.match(row) for row in page.read_text(encoding="utf-8").splitlines()]
    return [Line(page.stem, *match.group("what", "type", "path", "test")) for match in found if match]
