"""statsforecast (extra `forecast`) behind the interface of the engine of our own."""

import builtins
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from intertie.errors import OutsideError
from intertie.money.forecast import Event, Series
from intertie.money.forecast.stats import stats_forecast
from support.command import run

MONDAY = 1_767_571_200  # 2026-01-05


def weekly(count: int) -> np.ndarray:
    noise = np.random.default_rng(1).standard_normal(count)
    return 1000 * np.exp(0.05 * noise) * np.where(np.arange(count) % 7 >= 5, 0.5, 1.0)


def test_it_tells_weekdays_apart_and_its_quantiles_are_ordered() -> None:
    ahead = stats_forecast(Series(MONDAY, 86_400, weekly(91)), 28)
    assert ahead.mix == {"AutoETS": 1.0}
    assert (ahead.p50.reshape(4, 7)[:, 5:] < 650).all()
    assert (ahead.p50.reshape(4, 7)[:, :5] > 850).all()
    assert (ahead.p10 < ahead.p50).all()
    assert (ahead.p50 < ahead.p90).all()
    assert ahead.paths.shape == (500, 28)


@pytest.mark.parametrize("count", [1, 2, 4, 10])
def test_short_histories_stay_near_what_they_have_seen(count: int) -> None:
    ahead = stats_forecast(Series(MONDAY, 86_400, np.full(count, 50.0)), 14)
    assert np.allclose(ahead.p50, 50, rtol=0.05)


def test_hours_keep_their_shape() -> None:
    shape = np.where(np.arange(24) < 12, 10.0, 90.0)
    ahead = stats_forecast(Series(MONDAY, 3600, np.tile(shape, 30)), 48)
    assert np.allclose(ahead.p50, np.tile(shape, 2), rtol=0.1)


def test_an_event_does_what_the_user_says() -> None:
    launch = Event("launch", date(2026, 4, 10), date(2026, 4, 10), 3.0)
    known = Series(MONDAY, 86_400, weekly(91))
    told, plain = stats_forecast(known, 14, events=[launch]).p50, stats_forecast(known, 14).p50
    assert told[4] / plain[4] == pytest.approx(3.0, rel=0.01)


def test_without_the_extra_it_is_said_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    known = builtins.__import__

    def without(name: str, *more: Any, **others: Any) -> Any:
        if name.startswith("statsforecast"):
            raise ImportError(name)
        return known(name, *more, **others)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(OutsideError, match=r"pip install 'intertie\[forecast\]'"):
        stats_forecast(Series(MONDAY, 86_400, weekly(60)), 7)


def written(folder: Path) -> str:
    rows = [f"{date(2026, 1, 5) + timedelta(days=day):%Y-%m-%d},{value:.1f}" for day, value in enumerate(weekly(60))]
    (folder / "usage.csv").write_text("\n".join(["timestamp,value", *rows, ""]))
    return str(folder / "usage.csv")


def test_the_command_compares_it_with_our_own_engine_in_one_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("forecast", written(tmp_path), "--horizon", "7d", "--backtest", "--engine", "statsforecast")
    shown = run(capsys, monkeypatch, *words, "--format", "json")
    assert shown.code == 0
    methods = [method["method"] for method in json.loads(shown.out)["methods"]]
    assert methods == ["statsforecast", "intertie", "seasonal naive"]


def test_an_engine_that_is_not_known_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = run(capsys, monkeypatch, "forecast", written(tmp_path), "--engine", "prophet")
    assert shown.code == 2
    assert "--engine 'prophet'; allowed: intertie, statsforecast" in shown.err
