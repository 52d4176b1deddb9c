"""Where Prometheus' programs are looked for, and what is said where they cannot be had."""

import os
from pathlib import Path

import pytest

from support.prometheus_programs import tool


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with neither the programs nor Debian's tools."""
    monkeypatch.setattr(tool(), "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("INTERTIE_PROMETHEUS", "INTERTIE_PROMTOOL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    return tmp_path


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_programs_of_the_cache_are_found_then_those_of_path_then_those_that_are_named(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tool().found() is None
    cached = {name: program(bare / "cache" / "prometheus-1" / "usr" / "bin" / name) for name in tool().PROGRAMS}
    assert tool().found() == cached
    on_path = {name: program(bare / "bin" / name) for name in tool().PROGRAMS}
    assert tool().found() == on_path
    named = program(bare / "elsewhere" / "prometheus")
    monkeypatch.setenv("INTERTIE_PROMETHEUS", str(named))
    assert tool().found() == {**on_path, "prometheus": named}


def test_one_program_without_the_other_is_not_enough(bare: Path) -> None:
    program(bare / "bin" / "promtool")
    assert tool().found() is None


def test_a_variable_that_names_no_program_is_refused(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERTIE_PROMTOOL", str(bare / "nothing"))
    with pytest.raises(tool().MissingError, match=r"INTERTIE_PROMTOOL is '.*', which is no program"):
        tool().found()


def test_a_machine_that_is_no_debian_is_told_what_to_do(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert os.environ["PATH"] == str(bare / "bin")
    assert tool().main() == 3
    told = capsys.readouterr().err
    assert "apt-get is not on PATH: this is no Debian" in told
    assert "INTERTIE_PROMETHEUS and INTERTIE_PROMTOOL" in told


def test_a_failing_download_leaves_nothing_behind(bare: Path) -> None:
    for name in ("apt-get", "dpkg-deb"):
        path = program(bare / "bin" / name)
        path.write_text("#!/bin/sh\necho 'no such package' >&2\nexit 100\n")
    with pytest.raises(tool().MissingError, match="no such package"):
        tool().fetched()
    assert list((bare / "cache").iterdir()) == []
