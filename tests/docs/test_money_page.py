"""What the page about money shows is what the commands print."""

import re
from pathlib import Path

import pytest

from support.command import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "money.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"<!-- shows: (.+?) -->\n```text\n(.+?)\n```", PAGE, re.DOTALL)


def test_the_page_shows_output() -> None:
    assert len(SHOWN) == 2


@pytest.mark.parametrize(("command", "block"), SHOWN, ids=[command.split()[0] for command, _ in SHOWN])
def test_a_command_prints_what_the_page_shows(
    command: str, block: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NO_COLOR", "1")
    printed = run(capsys, monkeypatch, *command.split()).out
    assert "\n".join(line.rstrip() for line in printed.splitlines()) == block
