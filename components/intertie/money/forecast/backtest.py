"""The past forecast again, from many origins, against what came and against the seasonal naive forecast."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from intertie.errors import InputError
from intertie.money.forecast.calendar import Event
from intertie.money.forecast.engine import Forecast, forecast
from intertie.money.forecast.metrics import coverage, mase, seasonal_naive, smape
from intertie.money.forecast.result import rounded
from intertie.money.forecast.series import DAY, Floats, Series, step_text

MOST_ORIGINS = 20

Engine = Callable[..., Forecast]


@dataclass(frozen=True, slots=True)
class Tested:
    """One method over all origins. sMAPE in percent, MASE in units of the naive error, the rest are shares."""

    method: str
    origins: int
    smape: float
    mase: float
    coverage: float  # of the 80 % interval; NaN for a method without one
    peak_hit: float  # the highest day was the most probable one, or a day beside it
    peak_in_three: float  # it was among the three candidates
    peak_level: float  # the highest step was not above the 90 % level

    def to_json(self) -> dict[str, Any]:
        """Unknown figures are null."""
        figures = ("smape", "mase", "coverage", "peak_hit", "peak_in_three", "peak_level")
        values = {name: getattr(self, name) for name in figures}
        return {
            "method": self.method,
            "origins": self.origins,
            **{name: None if np.isnan(value) else rounded(value) for name, value in values.items()},
        }


def backtested(
    series: Series,
    steps: int,
    *,
    origins: Sequence[int] | None = None,
    place: str = "",
    events: Sequence[Event] = (),
    engine: Engine = forecast,
    name: str = "intertie",
) -> tuple[Tested, Tested]:
    """The engine's forecasts and the seasonal naive ones from each origin, on the same steps.

    `origins`: numbers of steps that were known; by default up to 20 over the last two thirds of the history.
    """
    chosen = list(origins) if origins is not None else default_origins(series, steps)
    if not chosen:
        raise InputError(
            f"{len(series)} steps of {step_text(series.step)} are too few to test {steps} steps ahead: "
            f"at least {3 * steps} are needed; choose a shorter --horizon"
        )
    season = 7 * DAY // series.step
    ours, naive = [], []
    for origin in chosen:
        actual, history = series.values[origin : origin + steps], series.values[:origin]
        if not np.isfinite(actual).any():
            continue
        ahead = engine(series.until(origin), steps, place=place, events=events)
        plain = seasonal_naive(history, steps, season)
        ours.append(
            [smape(actual, ahead.p50), mase(actual, ahead.p50, history, season), *_judged(series, actual, ahead)]
        )
        naive.append(
            [smape(actual, plain), mase(actual, plain, history, season), np.nan, *_naive_peak(series, actual, plain)]
        )
    return _mean(name, ours), _mean("seasonal naive", naive)


def default_origins(series: Series, steps: int) -> list[int]:
    """Whole days, evenly over the last two thirds of the history."""
    a_day = DAY // series.step
    last, first = len(series) - steps, max(len(series) // 3, steps, 2 * a_day)
    if last < first:
        return []
    places = np.unique(np.linspace(first, last, MOST_ORIGINS).astype(int) // a_day * a_day)
    return [int(place) for place in places if place >= a_day]


def _judged(series: Series, actual: Floats, ahead: Forecast) -> list[float]:
    known = np.isfinite(actual)
    paths = np.where(known, ahead.paths, -np.inf)
    a_day = DAY // series.step
    days = paths.argmax(axis=1) // a_day
    counts = np.bincount(days, minlength=len(actual) // a_day + 1)
    top = np.argsort(-counts, kind="stable")[:3]
    peak = int(np.nanargmax(actual)) // a_day
    height = float(np.nanmax(actual))
    return [
        coverage(actual, ahead.p10, ahead.p90),
        float(abs(int(top[0]) - peak) <= 1),
        float(peak in top),
        float(height <= np.quantile(paths.max(axis=1), 0.9)),
    ]


def _naive_peak(series: Series, actual: Floats, plain: Floats) -> list[float]:
    a_day = DAY // series.step
    peak, guess = int(np.nanargmax(actual)) // a_day, int(np.argmax(plain)) // a_day
    return [float(abs(guess - peak) <= 1), np.nan, float(np.nanmax(actual) <= plain.max())]


def _mean(name: str, rows: list[list[float]]) -> Tested:
    table = np.array(rows)
    known = np.isfinite(table)
    number = known.sum(axis=0)
    means = np.where(number > 0, np.where(known, table, 0.0).sum(axis=0) / np.maximum(number, 1), np.nan)
    return Tested(name, len(rows), *(float(value) for value in means))


def tested_json(series: Series, methods: Sequence[Tested], steps: int) -> dict[str, Any]:
    """`intertie.backtest/v1`."""
    ours, naive = methods[0], methods[-1]
    return {
        "schema": "intertie.backtest/v1",
        "unit": series.unit,
        "step": step_text(series.step),
        "steps_ahead": steps,
        "methods": [method.to_json() for method in methods],
        "smape_ratio": rounded(ours.smape / naive.smape) if naive.smape > 0 else None,
        "notes": list(series.repairs),
    }
