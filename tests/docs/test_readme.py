"""What the README shows is what the commands print."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SHOWN = re.findall(r"<!-- shows: (.+?) -->\n```text\n(.+?)\n```", README, re.S)


def printed(command: str) -> str:
    """Output and talk of a command, without the spaces at the ends of lines."""
    run = subprocess.run(
        [sys.executable, "-m", "intertie", *command.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return "\n".join(line.rstrip() for line in (run.stdout + run.stderr).splitlines())


def test_the_readme_shows_output() -> None:
    assert len(SHOWN) >= 2


@pytest.mark.parametrize(("command", "block"), SHOWN, ids=[command.split()[0] for command, _ in SHOWN])
def test_a_command_prints_what_the_readme_shows(command: str, block: str) -> None:
    assert block in printed(command)


def test_the_description_in_the_readme_is_the_sample() -> None:
    assert (ROOT / "stacks" / "specs" / "chat.yaml").read_text().rstrip() in README


def test_every_make_verb_in_the_readme_exists() -> None:
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"\bmake ([a-z]+)", README)) <= verbs


@pytest.mark.parametrize(
    "page",
    sorted(path for path in ROOT.rglob("*.md") if ".venv" not in path.parts),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_links_of_the_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target
