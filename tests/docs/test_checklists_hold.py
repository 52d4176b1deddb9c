"""Each line of a checklist is held by the test that it names: without the line's property, that test fails."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.checklists import PAGES, lines
from support.stacks import ROOT


@pytest.mark.soak
@pytest.mark.timeout(5400)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_whatever_a_checklist_names_is_missed_by_its_test(page: Path) -> None:
    told = json.dumps([(line.type, line.path, line.test) for line in lines(page)])
    program = [sys.executable, "-m", "support.without"]
    shown = subprocess.run(program, input=told, capture_output=True, text=True, check=False, cwd=ROOT / "tests")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == []
