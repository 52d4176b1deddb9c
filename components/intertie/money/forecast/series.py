"""A usage series on a regular grid, and the clock that its timestamps follow."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DAY = 86_400
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall clock: seconds of a timestamp that names no zone


@dataclass(frozen=True, slots=True)
class Clock:
    """How timestamps are written. `zone` None: they name no zone, and are taken for a wall clock."""

    zone: tzinfo | None = None
    dates_only: bool = False  # the input has dates and no times of day

    def wall(self, seconds: Ints) -> Ints:
        """Seconds since 1970 as a clock on the wall shows them, so that hours of day survive daylight saving."""
        zone = self.zone
        if zone is None or zone is UTC:
            return seconds
        if isinstance(zone, timezone):
            return seconds + int(zone.utcoffset(None).total_seconds())
        hours, places = np.unique(seconds // 3600, return_inverse=True)
        offsets = [datetime.fromtimestamp(int(hour) * 3600, zone).utcoffset() or timedelta(0) for hour in hours]
        return seconds + np.array([int(offset.total_seconds()) for offset in offsets], dtype=np.int64)[places]

    def text(self, seconds: int) -> str:
        """ISO 8601, in the form of the input."""
        if self.zone is None:
            moment = _EPOCH + timedelta(seconds=seconds)
            return moment.date().isoformat() if self.dates_only else moment.isoformat()
        return datetime.fromtimestamp(seconds, self.zone).isoformat()


@dataclass(frozen=True, slots=True)
class Series:
    """Values at `start + i * step`. NaN is a gap. `repairs` says in words what was changed to get here."""

    start: int  # seconds since 1970: UTC, or the wall clock where the input names no zone
    step: int  # seconds; divides a day
    values: Floats  # (n,), not negative
    clock: Clock = Clock()
    unit: str = "units"
    repairs: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    def times(self, first: int, last: int) -> Ints:
        """Seconds of the steps `first` to `last`, the latter not included. They may lie beyond the history."""
        return self.start + self.step * np.arange(first, last, dtype=np.int64)

    def walls(self, first: int, last: int) -> Ints:
        """The same on the wall clock. Days are counted by date: a day of 23 or 25 hours is one step."""
        if self.step == DAY:
            return int(self.clock.wall(np.array([self.start]))[0]) + DAY * np.arange(first, last, dtype=np.int64)
        return self.clock.wall(self.times(first, last))

    def moment(self, step: int) -> int:
        """When a step begins. Days begin at the same time of the wall clock, whatever daylight saving does."""
        moment = self.start + step * self.step
        if self.step != DAY:
            return moment
        return moment + int(self.walls(step, step + 1)[0] - self.clock.wall(np.array([moment]))[0])

    def texts(self, first: int, last: int) -> list[str]:
        """Timestamps of steps, as the input writes them."""
        if self.step != DAY or self.clock.zone is None:
            return [self.clock.text(int(second)) for second in self.times(first, last)]
        zone = self.clock.zone
        moments = (_EPOCH + timedelta(seconds=int(wall)) for wall in self.walls(first, last))
        return [moment.replace(tzinfo=zone).isoformat() for moment in moments]

    def until(self, count: int) -> "Series":
        """The first `count` steps: what was known then."""
        return replace(self, values=self.values[:count])


def step_text(step: int) -> str:
    """`1h`, `30m`, `1d`."""
    for size, letter in ((DAY, "d"), (3600, "h"), (60, "m")):
        if step % size == 0:
            return f"{step // size}{letter}"
    return f"{step}s"
