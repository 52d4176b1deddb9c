"""The forecast: fold into days, continue the level, spread it over the day, simulate around it. numpy only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from intertie.errors import InputError
from intertie.money.forecast import calendar
from intertie.money.forecast.calendar import Event
from intertie.money.forecast.days import Days, fold
from intertie.money.forecast.levels import Levels, forecast_levels
from intertie.money.forecast.paths import Spread, marginal, simulate, spread_of, with_sums
from intertie.money.forecast.series import Floats, Ints, Series
from intertie.money.forecast.shapes import day_levels, mixed_shape
from intertie.money.forecast.zeros import chance_of_none, without_none

_EPOCH = date(1970, 1, 1).toordinal()
_LAUNCH = 2 * 86_400  # seconds without use at the beginning from which they are a time before a launch
PATHS = 500
MOST_STEPS_AHEAD = 20_000
MOST_DAYS = 3653
"""Ten years: what lies before says nothing of the next month."""


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


Continued = Callable[[Floats, int], tuple[str, Floats, Floats]]
"""Log levels (D,) without a gap, and days ahead H → the method's name, log levels (H,) and their spreads (H,)."""


def forecast(
    series: Series,
    steps: int,
    *,
    place: str = "",
    events: Sequence[Event] = (),
    seed: int = 7,
    continued: Continued | None = None,
) -> Forecast:
    """The next `steps` steps. `place`: country of the public holidays, such as `US` or `US-NY`.

    `continued`: another way to continue the daily level than the mix. The same input gives the same numbers. Raises
    `InputError` when there is nothing to go by.
    """
    if not 1 <= steps <= MOST_STEPS_AHEAD:
        raise InputError(f"{steps:,} steps ahead; allowed: 1 to {MOST_STEPS_AHEAD:,}; choose longer ones with --step")
    series = _begun(series)
    days, level, chance = _folded(series, steps)
    whole, ahead = days.whole, max(1, days.days_ahead)
    named = calendar.holidays_of(place, days.first, days.first + whole + ahead) if place else {}
    marked = calendar.marks(days.first, whole + ahead, named, events)
    levels = forecast_levels(level, days.first, ahead, marked)
    other = continued(levels.clean, ahead) if continued is not None else None
    if other is not None:
        levels = replace(levels, ahead=other[1] + levels.special, mix={other[0]: 1.0})
    levels = replace(levels, ahead=levels.ahead + _told(levels, events, days.first))
    shape, inside = _shape(days, level, levels)
    distance = np.maximum(days.ahead_day - whole, 0)
    point = _point(days, levels, shape, distance)
    spread = spread_of(levels.errors, inside, whole - levels.origins, ahead)
    spread = spread.with_levels(other[2]) if other is not None else spread
    spread = spread.with_unseen(levels.clean, calendar.unseen(days.first, whole, ahead, marked))
    ahead_of = _Ahead(point, distance, days.ahead_slot, levels.small)
    none = chance[(days.ahead_day + days.first + 3) % 7, days.ahead_slot]
    low, middle, high = (ahead_of.quantile(spread, share, none) for share in (0.1, 0.5, 0.9))
    paths = ahead_of.paths(spread, none, np.random.default_rng(seed))
    return Forecast(series, low, middle, high, paths, dict(levels.mix), _notes(series, levels, days.first))


def _folded(series: Series, steps: int) -> tuple[Days, Floats, Floats]:
    """Days without the zeros that have a chance of their own, the levels of whole days (D,), and that chance (7, S)."""
    days = fold(series, steps)
    chance = chance_of_none(days)
    days = replace(days, table=without_none(days, chance))
    known = day_levels(days)
    whole = days.whole if np.isfinite(known[: days.whole]).any() else len(known)
    return replace(days, whole=whole), known[:whole], chance


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The steps ahead, (H,) each."""

    point: Floats
    day: Ints  # days ahead
    slot: Ints
    small: float

    def off(self, error: Floats) -> Floats:
        """Usage, where it is off the point by this on the log scale."""
        return np.maximum((self.point + self.small) * np.exp(np.clip(error, -20, 20)) - self.small, 0.0)

    def quantile(self, spread: Spread, share: float, none: Floats) -> Floats:
        """What is not exceeded with this probability, where a step may also have no usage at all."""
        left = np.clip((share - none) / np.maximum(1 - none, 1e-9), 0.0, 1.0)
        return np.where(share <= none, 0.0, self.off(marginal(spread, left, self.day, self.slot)))

    def paths(self, spread: Spread, none: Floats, rng: np.random.Generator) -> Floats:
        """(PATHS, H) futures. Where a day has several steps, they add up to the day's level."""
        errors, levels = simulate(spread, self.day, self.slot, PATHS, rng)
        paths = self.off(errors)
        if none.any():
            paths = np.where(rng.random(paths.shape) < none, 0.0, paths)
        if len(spread.hourly) == 1:
            return paths
        return with_sums(paths, self.point * (1 - none), levels, self.day)


def _begun(series: Series) -> Series:
    """From the first use on: what lies before a launch says nothing. A series of zeros stays as it is."""
    used = np.flatnonzero(np.isfinite(series.values) & (series.values > 0))
    known = np.flatnonzero(np.isfinite(series.values))
    if not len(known):
        raise InputError("the series has no values: a forecast needs at least one")
    first = int(used[0]) if len(used) else 0
    oldest = len(series) - MOST_DAYS * (86_400 // series.step)
    if first * series.step < _LAUNCH and oldest <= 0:
        return series
    note = f"{first} steps before the first use are left out"
    if oldest > first:
        first, note = oldest, f"{oldest} steps that are older than ten years are left out"
    values = series.values[first:]
    if not np.isfinite(values).any():
        raise InputError("the series has no values in the last ten years")
    return replace(series, start=series.moment(first), values=values, repairs=(*series.repairs, note))


def _told(levels: Levels, events: Sequence[Event], first: int) -> Floats:
    """What the user says that events do which the history does not show: log multipliers of the days ahead."""
    whole, ahead = len(levels.clean), len(levels.ahead)
    out = np.zeros(ahead)
    for event in events:
        begins, ends = (calendar.day_number(day) - first for day in (event.start, event.end))
        seen = any(other.name == event.name and calendar.day_number(other.start) - first < whole for other in events)
        if event.multiplier is not None and not seen:
            out[max(0, begins - whole) : max(0, ends - whole + 1)] += np.log(event.multiplier)
    return out


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


def _notes(series: Series, levels: Levels, first: int) -> tuple[str, ...]:
    notes = list(series.repairs)
    starts = [date.fromordinal(_EPOCH + first + day).isoformat() for day in levels.changes]
    if starts:
        notes.append(f"the level changed for good on {', '.join(starts)}: what was before is moved to the level after")
    if len(levels.outliers):
        notes.append(f"{len(levels.outliers)} days stand alone far from their weeks: they count for less")
    if not len(levels.origins):
        notes.append("the history is too short to test a forecast on: the interval is a rule of thumb")
    return tuple(notes)
