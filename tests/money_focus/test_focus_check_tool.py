"""The tool around FOCUS' official validator: what it reads from its report, and what it says where it cannot run."""

from pathlib import Path
from types import ModuleType

import pytest

from support import scripts

_REPORT = """<testsuites><testsuite>
  <testcase name="BilledCost-C-001-M :: Presence"/>
  <testcase name="BilledCost-C-002-M :: Type"><failure message="no decimal"/></testcase>
  <testcase name="ListCost-C-001-M :: Presence"><error/></testcase>
  <testcase name="InvoiceId-C-005-C :: Nullability"><failure message="null"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    return scripts.loaded("tools/focus_check.py", "focus_check_tool")


def test_failures_and_errors_count_and_the_contradiction_does_not(tool: ModuleType) -> None:
    assert tool.read(_REPORT) == (4, ["BilledCost-C-002-M :: Type", "ListCost-C-001-M :: Presence"])


def stand_in(folder: Path, writes: str) -> Path:
    """A validator that ends well whatever it finds, as the real one does."""
    (folder / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    path = folder / "bin" / "focus-validator"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\nfor last; do :; done\n{writes}\n")
    path.chmod(0o755)
    return path


def test_a_validator_that_ends_well_and_reports_nothing_is_not_believed(tool: ModuleType, tmp_path: Path) -> None:
    silent = stand_in(tmp_path / "a", "true")
    with pytest.raises(tool.CannotRunError, match="wrote no report"):
        tool.failures(silent, tmp_path / "rows.csv", tmp_path / "a.xml")
    short = stand_in(tmp_path / "b", "echo '<testsuites/>' > \"$last\"")
    with pytest.raises(tool.CannotRunError, match="only 0 checks"):
        tool.failures(short, tmp_path / "rows.csv", tmp_path / "b.xml")


def test_without_a_newer_python_it_says_what_to_do_and_ends_with_3(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool, "HOME", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("INTERTIE_FOCUS_PYTHON", raising=False)
    monkeypatch.delenv("INTERTIE_FOCUS_VALIDATOR", raising=False)
    assert tool.main() == 3
    assert "name it in INTERTIE_FOCUS_PYTHON" in capsys.readouterr().err
