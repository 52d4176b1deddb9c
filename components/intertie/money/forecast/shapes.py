"""The shape of a day: how usage spreads over its steps, per weekday. Mean 1, so that level × shape is usage."""

from dataclasses import dataclass

import numpy as np

from intertie.money.forecast.days import Days
from intertie.money.forecast.series import Floats, Ints

_SHARPNESS = 8.0
_POOLED_DAYS = 0.07  # of all days' shape, mixed into that of a weekday that was seldom seen


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to tell the shape: which days count as alike, and the half-life, in days."""

    name: str
    alike: tuple[int, ...]  # class of Monday to Sunday
    half_life: float


SHAPES = (
    Shape("last week alone", (0, 1, 2, 3, 4, 5, 6), 2),
    Shape("last week", (0, 1, 2, 3, 4, 5, 6), 5),
    Shape("weeks", (0, 1, 2, 3, 4, 5, 6), 14),
    Shape("months", (0, 1, 2, 3, 4, 5, 6), 42),
    Shape("middle of the week alike", (0, 1, 1, 1, 2, 3, 4), 14),
    Shape("workdays and weekends", (0, 0, 0, 0, 0, 1, 2), 21),
    Shape("all days alike", (0, 0, 0, 0, 0, 0, 0), 10),
)


def shapes_at(days: Days, level: Floats, origins: Ints) -> Floats:
    """(K, F, 7, S): each way's shape of each weekday, from the days before each origin."""
    rows = len(level)
    weekday = days.weekdays(0, rows)
    usable = np.isfinite(level) & (level > 0)
    seen = np.isfinite(days.table[:rows]) & usable[:, None]
    table = np.where(seen, days.table[:rows], 0.0)
    base = np.where(seen, np.where(usable, level, 0.0)[:, None], 0.0)
    typical = float(np.mean(level[usable])) if usable.any() else 1.0
    age = origins[:, None] - 1 - np.arange(rows)
    out = np.empty((len(SHAPES), len(origins), 7, days.slots))
    for k, way in enumerate(SHAPES):
        weight = np.where(age >= 0, np.exp2(-np.maximum(age, 0) / way.half_life), 0.0)
        classes = np.array(way.alike)[weekday]
        pooled = (weight @ table + 1e-9 * typical) / (weight @ base + 1e-9 * typical)
        for kind in sorted(set(way.alike)):
            own = weight * (classes == kind)
            held = _POOLED_DAYS * typical * np.maximum(own.max(axis=1, keepdims=True), 1e-9)
            shape = (own @ table + held * pooled) / (own @ base + held)
            shape = shape / np.maximum(shape.mean(axis=1, keepdims=True), 1e-12)
            for day in (day for day in range(7) if way.alike[day] == kind):
                out[k, :, day] = shape
    return out


def mixed_shape(days: Days, level: Floats, origins: Ints, reach: int) -> tuple[Floats, Floats]:
    """(F + 1, 7, S): shapes at the origins and at the end of history, mixed by how well each way did; the weights."""
    ends = np.append(origins, days.whole)
    found = shapes_at(days, level, ends)
    weights = np.full(len(SHAPES), 1.0 / len(SHAPES))
    if len(origins):
        index = origins[:, None] + np.arange(reach)
        actual = days.table[index]
        shown = level[index][:, :, None]
        weekday = days.weekdays(0, len(level))[index]
        missed = np.array([
            np.nanmean(np.abs(actual - shown * way[np.arange(len(origins))[:, None], weekday]))
            for way in found[:, :-1]
        ])  # fmt: skip
        if np.isfinite(missed).all():
            strength = (missed / max(float(missed.min()), 1e-12) + 1e-9) ** -_SHARPNESS
            weights = strength / strength.sum()
    return np.einsum("k,kfds->fds", weights, found), weights


def day_levels(days: Days) -> Floats:
    """Level of each day: its mean, corrected for the slots that are missing by what they usually carry."""
    table = days.table
    seen = np.isfinite(table)
    count = seen.sum(axis=1)
    full = count == days.slots
    sums = np.where(seen, table, 0.0).sum(axis=1)
    if days.slots == 1 or full.all():
        return np.where(count > 0, sums / np.maximum(count, 1), np.nan)
    rough = np.where(count > 0, sums / np.maximum(count, 1), np.nan)
    usual = np.nanmean(np.where(seen, table, np.nan)[full], axis=0) if full.any() else np.ones(days.slots)
    usual = usual / usual.mean() if usual.mean() > 0 else np.ones(days.slots)
    carried = np.where(seen, usual, 0.0).sum(axis=1)
    enough = carried > 0.25 * days.slots
    level = np.where(full, rough, np.where(enough, sums / np.maximum(carried, 1e-12), np.nan))
    return level if np.isfinite(level).any() else rough
