"""Steps without any usage: nights, weekends, services that are seldom called. Their chance is apart from the level."""

import numpy as np

from intertie.money.forecast.days import Days
from intertie.money.forecast.series import Floats

_HALF_LIFE = 21.0
_POOLED = 0.7  # days of the slot's share over all weekdays, mixed into that of each weekday
_WORTH_IT = 0.02  # share of zeros below which they are part of the level


def chance_of_none(days: Days) -> Floats:
    """(7, S): chance that a step of this weekday and slot has no usage at all. All 0 where zeros are rare."""
    table = days.table[: days.whole] if days.whole else days.table
    seen = np.isfinite(table)
    none = (table == 0) & seen
    rows = len(table)
    if not seen.any() or none.sum() <= max(1.0, _WORTH_IT * seen.sum()) or none.sum() == seen.sum():
        return np.zeros((7, days.slots))
    weight = np.exp2(-(rows - 1.0 - np.arange(rows)) / _HALF_LIFE)
    weekday = days.weekdays(0, rows)
    pooled = (weight @ none) / np.maximum(weight @ seen, 1e-9)
    out = np.empty((7, days.slots))
    for day in range(7):
        own = weight * (weekday == day)
        held = _POOLED * max(float(own.max()), 1e-9)
        out[day] = (own @ none + held * pooled) / (own @ seen + held)
    out[out < 0.01] = 0.0
    return out


def without_none(days: Days, chance: Floats) -> Floats:
    """The table with zeros that have a chance of their own left out."""
    weekday = days.weekdays(0, len(days.table))
    return np.where((days.table == 0) & (chance[weekday] > 0), np.nan, days.table)
