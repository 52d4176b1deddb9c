"""The forecast: fold into days, continue the level, spread it over the day, simulate around it. numpy only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intertie.errors import InputError
from intertie.money.forecast import calendar
from intertie.money.forecast.calendar import Event
from intertie.money.forecast.days import Days, fold
from intertie.money.forecast.levels import Levels, forecast_levels
from intertie.money.forecast.paths import marginal, simulate, spread_of
from intertie.money.forecast.series import Floats, Ints, Series
from intertie.money.forecast.shapes import day_levels, mixed_shape

PATHS = 500
MOST_STEPS_AHEAD = 50_000


@dataclass(frozen=True, slots=True)
class Forecast:
    """Quantiles per step, and the futures they come from. All in the unit of the series."""

    series: Series
    p10: Floats  # (H,)
    p50: Floats
    p90: Floats
    paths: Floats  # (PATHS, H): what totals, peaks and commitments are taken from
    mix: dict[str, float]  # share of each member
    notes: tuple[str, ...]

    def texts(self) -> list[str]:
        """Timestamps of the steps ahead."""
        count = len(self.series)
        return self.series.texts(count, count + len(self.p50))


def forecast(series: Series, steps: int, *, place: str = "", events: Sequence[Event] = (), seed: int = 7) -> Forecast:
    """The next `steps` steps. `place`: country of the public holidays, such as `US` or `US-NY`.

    The same input gives the same numbers. Raises `InputError` when there is nothing to go by.
    """
    if not 1 <= steps <= MOST_STEPS_AHEAD:
        raise InputError(f"{steps:,} steps ahead; allowed: 1 to {MOST_STEPS_AHEAD:,}; choose longer ones with --step")
    series = _trimmed(series)
    days = fold(series, steps)
    levels_known = day_levels(days)
    whole = days.whole if np.isfinite(levels_known[: days.whole]).any() else len(levels_known)
    days = Days(days.table, days.first, whole, days.ahead_day, days.ahead_slot)
    ahead = max(1, days.days_ahead)
    named = calendar.holidays_of(place, days.first, days.first + whole + ahead) if place else {}
    marked = calendar.marks(days.first, whole + ahead, named, events)
    level = levels_known[:whole]
    levels = forecast_levels(level, days.first, ahead, marked)
    shape, inside = _shape(days, level, levels)
    distance = np.maximum(days.ahead_day - whole, 0)
    point = _point(days, levels, shape, distance)
    spread = spread_of(levels.errors, inside, whole - levels.origins, ahead)
    rng = np.random.default_rng(seed)
    errors = simulate(spread, distance, days.ahead_slot, PATHS, rng)
    low, high = (marginal(spread, share, distance, days.ahead_slot) for share in (0.1, 0.9))
    small = levels.small
    return Forecast(
        series,
        _off(point, low, small),
        point,
        _off(point, high, small),
        _off(point, errors, small),
        dict(levels.mix),
        _notes(series, levels),
    )


def _off(point: Floats, error: Floats, small: float) -> Floats:
    return np.maximum((point + small) * np.exp(np.clip(error, -20, 20)) - small, 0.0)


def _trimmed(series: Series) -> Series:
    """Without steps of nothing at the end: the forecast begins after the last step of the file."""
    if not np.isfinite(series.values).any():
        raise InputError("the series has no values: a forecast needs at least one")
    return series


def _shape(days: Days, level: Floats, levels: Levels) -> tuple[Floats, Floats]:
    """Shape of the days ahead (7, S), and what steps missed by within their days on past origins (F, H', S)."""
    if days.slots == 1:
        return np.ones((7, 1)), np.zeros((0, 0, 1))
    reach = levels.errors.shape[1]
    mixed, _ = mixed_shape(days, level, levels.origins, reach)
    if not len(levels.origins):
        return mixed[-1], np.zeros((0, 0, days.slots))
    index = levels.origins[:, None] + np.arange(reach)
    weekday = days.weekdays(0, len(level))[index]
    expected = level[index][:, :, None] * mixed[np.arange(len(levels.origins))[:, None], weekday]
    small = max(levels.small, 0.01 * float(np.nanmean(level)))
    return mixed[-1], np.log((days.table[index] + small) / (expected + small))


def _point(days: Days, levels: Levels, shape: Floats, distance: Ints) -> Floats:
    level = np.maximum(np.exp(np.clip(levels.ahead, -60, 60)) - levels.small, 0.0)
    weekday = (days.ahead_day + days.first + 3) % 7
    return level[distance] * shape[weekday, days.ahead_slot]


def _notes(series: Series, levels: Levels) -> tuple[str, ...]:
    notes = list(series.repairs)
    if len(levels.outliers):
        notes.append(f"{len(levels.outliers)} days stand alone far from their weeks: they count for less")
    if not len(levels.origins):
        notes.append("the history is too short to test a forecast on: the interval is a rule of thumb")
    return tuple(notes)
