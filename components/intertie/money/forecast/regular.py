"""Rows to a regular series: sorted, without duplicates, on one step, gaps marked. Every repair is reported."""

from collections.abc import Sequence
from datetime import UTC, timedelta, timezone, tzinfo

import numpy as np

from intertie.errors import InputError
from intertie.money.forecast.reading import Rows
from intertie.money.forecast.series import DAY, Clock, Floats, Ints, Series, step_text

MOST_STEPS = 3_000_000
AGGREGATES = ("sum", "mean", "max")
_REGULAR = 0.9  # share of the distances that are a multiple of the step, for the step to be believed


def regular(
    rows: Rows,
    *,
    unit: str = "units",
    zone: tzinfo | None = None,
    step: int | None = None,
    aggregate: str | None = None,
    name: str = "the series",
) -> Series:
    """A series on a grid. `zone`: where the hours of day are; `step` and `aggregate`: make longer steps.

    Raises `InputError` when there is no value at all, when the timestamps follow no step, or when a sum is asked for
    that the step does not allow.
    """
    repairs: list[str] = []
    seconds, values = _sorted(rows, repairs)
    if not np.isfinite(values).any():
        raise InputError(f"{name} has no values: a forecast needs at least one")
    clock = _clock(rows, zone, repairs)
    seconds, values = _without_duplicates(seconds, values, step is not None, repairs)
    base = step if step is not None else _step(seconds, clock, name)
    if DAY % base or base <= 0:
        raise InputError(
            f"{name} has a step of {step_text(base)}: a step of a day, or one that divides a day, is needed; "
            "choose one with --step, such as --step 1h"
        )
    start, filled = _grid(seconds, values, base, clock, aggregate or "sum" if step is not None else None, name)
    gaps = int(np.isnan(filled).sum())
    if gaps:
        repairs.append(f"{gaps} of {len(filled)} steps have no value: they are left out, not taken for 0")
    return Series(start, base, filled, clock, unit, tuple(repairs))


def _sorted(rows: Rows, repairs: list[str]) -> tuple[Ints, Floats]:
    seconds = np.array(rows.seconds, dtype=np.int64)
    values = np.array(rows.values, dtype=np.float64)
    backwards = int((np.diff(seconds) < 0).sum())
    if backwards:
        order = np.argsort(seconds, kind="stable")
        seconds, values = seconds[order], values[order]
        repairs.append(f"{backwards} rows were earlier than the row before them: sorted by time")
    return seconds, values


def _clock(rows: Rows, zone: tzinfo | None, repairs: list[str]) -> Clock:
    if not rows.zoned:
        return Clock(None, rows.dates_only)
    if zone is not None:
        return Clock(zone)
    if len(rows.offsets) == 1:
        offset = timezone(timedelta(seconds=rows.offsets[0]))
        return Clock(UTC if rows.offsets[0] == 0 else offset)
    shown = ", ".join(f"{offset / 3600:+g} h" for offset in rows.offsets[:4])
    repairs.append(f"the offset from UTC changes ({shown}): hours of day are those of UTC; name a zone with --timezone")
    return Clock(UTC)


def _without_duplicates(seconds: Ints, values: Floats, added_up: bool, repairs: list[str]) -> tuple[Ints, Floats]:
    if added_up or len(seconds) < 2:
        return seconds, values
    unique, places = np.unique(seconds, return_inverse=True)
    extra = len(seconds) - len(unique)
    if not extra:
        return seconds, values
    known = np.isfinite(values)
    count = np.bincount(places, weights=known)
    total = np.bincount(places, weights=np.where(known, values, 0.0))
    means = np.divide(total, count, out=np.full(len(unique), np.nan), where=count > 0)
    repairs.append(f"{extra} timestamps came more than once: their values are averaged")
    return unique, means


def _step(seconds: Ints, clock: Clock, name: str) -> int:
    if len(seconds) < 2:
        return DAY if seconds[0] % DAY == 0 else 3600
    distances = np.diff(clock.wall(seconds))
    distances = distances[distances > 0]
    if not len(distances):
        return 3600
    sizes, counts = np.unique(distances, return_counts=True)
    step = int(sizes[np.argmax(counts)])
    if (distances % step == 0).mean() < _REGULAR:
        raise InputError(
            f"{name} follows no regular step: count the rows in steps with --step 1h --aggregate sum (or mean, max)"
        )
    return step


def _grid(  # noqa: PLR0917
    seconds: Ints, values: Floats, step: int, clock: Clock, aggregate: str | None, name: str
) -> tuple[int, Floats]:
    """Start and values on the grid. Days are days of the wall clock, of whatever length."""
    by_date = step == DAY
    places = clock.wall(seconds) if by_date else seconds
    phase = int(places[0] % step) if aggregate is None else 0
    index = (places - phase) // step
    first = int(index[0])
    index = index - first
    count = int(index[-1]) + 1
    if count > MOST_STEPS:
        raise InputError(
            f"{name} spans {count:,} steps of {step_text(step)}; allowed: {MOST_STEPS:,}; choose --step 1h"
        )
    filled = _binned(index, values, count, aggregate or "mean")
    start = first * step + phase
    if by_date:  # the moment at which that day begins
        start -= int(clock.wall(np.array([seconds[0]]))[0] - seconds[0])
    return start, filled


def _binned(index: Ints, values: Floats, count: int, aggregate: str) -> Floats:
    known = np.isfinite(values)
    index, values = index[known], values[known]
    number = np.bincount(index, minlength=count)
    if aggregate == "max":
        out = np.full(count, -np.inf)
        np.maximum.at(out, index, values)
    else:
        out = np.bincount(index, weights=values, minlength=count)
        if aggregate == "mean":
            out = np.divide(out, number, out=out, where=number > 0)
    return np.where(number > 0, out, np.nan)


def steps_of(horizon: int, step: int) -> int:
    """Number of steps that a horizon of so many seconds takes, at least one."""
    return max(1, -(-horizon // step))


def known_aggregate(word: str | None) -> str | None:
    """The word, or `InputError` when it is none of `AGGREGATES`."""
    if word is None or word in AGGREGATES:
        return word
    raise InputError(f"--aggregate {word!r} is not known; allowed: {', '.join(AGGREGATES)}")


def values_of(series: Sequence[float]) -> Floats:
    """Plain numbers as the values of a series."""
    return np.asarray(series, dtype=np.float64)
