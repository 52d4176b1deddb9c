"""Exponential smoothing of the level with a season of the week: how fast it forgets is told by its one-day errors.

A short history shows few months to test a month ahead on, and many days: errors a day ahead tell a level that wanders
from one that comes back. After Holt and Winters, with the damped trend of Gardner and McKenzie (1985) and
the bounded errors of Gelper, Fried and Croux, "Robust forecasting with exponential and Holt-Winters smoothing" (2010).
"""

from dataclasses import dataclass

import numpy as np

from intertie.money.forecast.series import Floats, Ints

NAME = "smoothing"
_LEVEL = (0.01, 0.03, 0.08, 0.15, 0.25, 0.4, 0.55, 0.7, 0.85)  # share of an error that stays in the level
_WEEK = (0.0, 0.05, 0.15, 0.3)  # of the rest, what stays in the weekday
_TREND = ((0.0, 1.0), (0.1, 0.9))  # of the level's share, what stays in the trend; what is left of a trend after a day
_BOUND = 1.5  # root mean squares beyond which an error counts as this
_BEGIN, _LEAST = 14, 21  # days that the first level is taken from; days before which nothing is said
_SURE = 10  # errors from which their size bounds the next
_MOST = 500  # days of history that are looked at
_HELD = 0.7  # of the first fortnight's weekdays, what is believed


@dataclass(slots=True)
class _States:
    """What each way of smoothing (N,) has arrived at."""

    level: Floats  # (N,)
    slope: Floats
    week: Floats  # (7, N): of the days since the first
    cost: Floats  # sum of squared errors a day ahead
    seen: int

    def chances(self) -> Floats:
        """(N,) likelihood of each way, given that its errors are normal; they sum to 1."""
        out = np.exp(-0.5 * self.seen * np.log(self.cost / self.cost.min()))
        return out / out.sum()


def smoothed(z: Floats, known: Floats, origins: Ints, ahead: int) -> Floats:
    """(F, ahead) predictions of the days `origins[f]` and after; NaN where fewer than three weeks lie before.

    `z` (D,) has no NaN; `known` (D,) is 0 where it was filled in.
    """
    out = np.full((len(origins), ahead), np.nan)
    start = max(0, min(len(z) - _MOST, int(origins.min()) - _LEAST))
    z, known, origins = z[start:], known[start:], origins - start
    if len(z) < _LEAST:
        return out
    ways = np.array([(a, g * (1 - a), b * a, p) for a in _LEVEL for g in _WEEK for b, p in _TREND]).T
    states = _begun(z[:_BEGIN], ways.shape[1])
    for day in range(len(z) + 1):
        if day >= _LEAST:
            for place in np.flatnonzero(origins == day):
                out[place] = _ahead(states, ways, day, ahead)
        if day < len(z):
            _step(states, ways, day, float(z[day]) if known[day] else None)
    return out


def _begun(first: Floats, count: int) -> _States:
    middle = float(first.mean())
    week = _HELD * np.array([first[day::7].mean() - middle for day in range(7)])
    return _States(
        np.full(count, middle), np.zeros(count), np.repeat(week[:, None], count, axis=1), np.full(count, 1e-9), 0
    )


def _step(states: _States, ways: Floats, day: int, value: float | None) -> None:
    """A day on. `value`: None where it is unknown."""
    into_level, into_week, into_slope, damping = ways
    states.slope = damping * states.slope
    states.level = states.level + states.slope
    if value is None:
        return
    missed = value - states.level - states.week[day % 7]
    if states.seen > _SURE:
        bound = _BOUND * np.sqrt(states.cost / states.seen)
        missed = np.clip(missed, -bound, bound)
    if day >= _BEGIN:
        states.cost += missed * missed
        states.seen += 1
    states.level = states.level + into_level * missed
    states.slope = states.slope + into_slope * missed
    states.week[day % 7] += into_week * missed


def _ahead(states: _States, ways: Floats, day: int, ahead: int) -> Floats:
    """(ahead,) mean over the ways, each as likely as its errors make it."""
    steps = np.arange(ahead)
    chance = states.chances() if states.seen else np.full(len(states.level), 1 / len(states.level))
    damping = np.cumsum(ways[3][:, None] ** (steps + 1), axis=1)
    return chance @ states.level + (chance * states.slope) @ damping + (states.week @ chance)[(day + steps) % 7]
