"""A series folded into days: one row per day of the wall clock, one column per step of the day."""

from dataclasses import dataclass

import numpy as np

from intertie.money.forecast.series import DAY, Floats, Ints, Series


@dataclass(frozen=True, slots=True)
class Days:
    """`table[d, s]`: value of slot `s` on day `d`, NaN where there is none. Days count from `first` (days since 1970).

    The last row may be a day that the history ends in the middle of; then `whole` is one less than the rows.
    """

    table: Floats  # (D, S)
    first: int
    whole: int  # days whose level counts as known
    ahead_day: Ints  # (H,) day of each step ahead, counted from `first`
    ahead_slot: Ints  # (H,)

    @property
    def slots(self) -> int:
        return self.table.shape[1]

    @property
    def days_ahead(self) -> int:
        """Days from `whole` to the day of the last step ahead."""
        return int(self.ahead_day[-1]) - self.whole + 1

    def weekdays(self, first: int, last: int) -> Ints:
        """0 is Monday. 1970-01-01 was a Thursday."""
        return (np.arange(first, last) + self.first + 3) % 7


def fold(series: Series, steps: int) -> Days:
    """History and the `steps` ahead as days. The hour that daylight saving repeats is averaged."""
    count = len(series)
    walls = series.walls(0, count + steps)
    slots = DAY // series.step
    phase = int(walls[0] % series.step)
    day, slot = np.divmod((walls - phase) // series.step, slots)
    first = int(day[0])
    day = day - first
    rows = int(day[count - 1]) + 1
    place = day[:count] * slots + slot[:count]
    known = np.isfinite(series.values)
    number = np.bincount(place[known], minlength=rows * slots)
    total = np.bincount(place[known], weights=series.values[known], minlength=rows * slots)
    table = np.where(number > 0, total / np.maximum(number, 1), np.nan).reshape(rows, slots)
    whole = rows if int(slot[count - 1]) == slots - 1 else rows - 1
    return Days(table, first, whole, day[count:], slot[count:])
