"""`intertie forecast` as people and programs meet it."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from support.command import Ran, run

Runner = Callable[..., Ran]


@pytest.fixture
def intertie(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda *arguments: run(capsys, monkeypatch, *arguments)


def written(folder: Path, days: int = 60) -> str:
    start = date(2026, 3, 2)
    rows = [f"{start + timedelta(days=day):%Y-%m-%d},{100 + 10 * (day % 7)}" for day in range(days)]
    path = folder / "usage.csv"
    path.write_text("\n".join(["timestamp,value", *rows, ""]))
    return str(path)


def test_the_json_is_the_shape_that_other_tools_rely_on(tmp_path: Path, intertie: Runner) -> None:
    shown = intertie("forecast", written(tmp_path), "--horizon", "30d", "--unit", "requests", "--format", "json")
    assert (shown.code, shown.err) == (0, "")
    data = json.loads(shown.out)
    assert data["schema"] == "intertie.forecast/v1"
    assert (data["unit"], data["step"], len(data["points"])) == ("requests", "1d", 30)
    assert data["points"][0]["at"] == "2026-05-01"
    assert all(point["p10"] <= point["p50"] <= point["p90"] for point in data["points"])
    assert set(data["total"]) == {"p10", "p50", "p90"}
    assert len(data["peak"]["candidates"]) == 3
    assert sum(one["probability"] for one in data["peak"]["candidates"]) <= 1
    assert set(data["peak"]["level"]) == {"p50", "p90"}


def test_the_same_file_gives_the_same_bytes(tmp_path: Path, intertie: Runner) -> None:
    file = written(tmp_path)
    assert intertie("forecast", file, "--format", "json").out == intertie("forecast", file, "--format", "json").out


def test_the_text_says_total_and_peak(tmp_path: Path, intertie: Runner) -> None:
    shown = intertie("forecast", written(tmp_path), "--unit", "requests")
    assert shown.code == 0
    assert "total   3,9" in shown.out
    named = shown.out.partition("peak day")[2].splitlines()[0]
    assert {datetime.fromisoformat(word).weekday() for word in named.split() if word.startswith("2026")} == {6}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--horizon", "soon"], "--horizon 'soon'"),
        (["--horizon", "-3d"], "--horizon '-3d'"),
        (["--step", "7h"], "a step of a day, or one that divides a day"),
        (["--step", "1h", "--aggregate", "median"], "--aggregate 'median'"),
        (["--timezone", "Mars/Olympus"], "--timezone 'Mars/Olympus'"),
        (["--holidays", "XX"], "--holidays 'XX'"),
    ],
)
def test_a_bad_option_is_named(options: list[str], said: str, tmp_path: Path, intertie: Runner) -> None:
    shown = intertie("forecast", written(tmp_path), *options)
    assert shown.code == 2
    assert said in shown.err
    assert "Traceback" not in shown.err


def test_use_of_the_future_is_said_with_its_day(tmp_path: Path, intertie: Runner) -> None:
    path = tmp_path / "usage.csv"
    path.write_text("timestamp,value\n2026-01-01,5\n2199-01-01,5\n")
    shown = intertie("forecast", str(path), "--step", "4w", "--horizon", "4w")
    assert "usage.csv: timestamp: 1 of 2 rows are of the future, from 2199-01-01 on" in " ".join(shown.err.split())
    assert "of the future" not in intertie("forecast", written(tmp_path)).err
