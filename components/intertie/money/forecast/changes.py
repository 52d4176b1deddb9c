"""Changes of the level that stay: a launch, a migration, a client that left."""

import numpy as np

from intertie.money.forecast.series import Floats, Ints

_NEAR, _FAR = 7, 28  # days on each side that are compared, first nearby, then for whether it stays
_LEAST = 0.25  # smallest change, on the log scale
_CLEAR = 5.0  # spreads of the noise
_YEARS = 420  # days from which the time of year is told from a change; it takes more to be one then
_STAYS = 0.6  # share of the change that is left after weeks
_MOST = 4


def aligned(z: Floats, weekday: Ints) -> tuple[Floats, list[int]]:
    """`z` (D,) with the days before each lasting change moved to the level after it; and the days of the changes."""
    z, found = z.copy(), []
    for _ in range(_MOST):
        day, change = _largest(z, weekday)
        if day is None:
            break
        z[:day] += change
        found.append(day)
    return z, sorted(found)


def _largest(z: Floats, weekday: Ints) -> tuple[int | None, float]:
    days = len(z)
    if days < 3 * _NEAR:
        return None, 0.0
    flat = _without_week(z, weekday)
    windows = np.lib.stride_tricks.sliding_window_view(flat, _NEAR)
    middle = np.median(windows, axis=1)  # of days i .. i + 6
    noise = 1.4826 * float(np.median(np.abs(flat[3 : days - 3] - middle)))
    change = middle[_NEAR:] - middle[:-_NEAR]  # at day i + 7: the week from it, less the week before it
    clear = _CLEAR * (1 if days < _YEARS else 1.5) * noise
    order = np.argsort(-np.abs(change))[:20]
    for place in order:
        size, day = float(change[place]), int(place) + _NEAR
        if abs(size) < max(_LEAST, clear):
            return None, 0.0
        before = float(np.median(flat[max(0, day - _FAR) : day]))
        after = float(np.median(flat[day : day + _FAR]))
        steady = _steady(flat[max(0, day - _FAR) : day], before, size) and _steady(flat[day : day + _FAR], after, size)
        if steady and (after - before) * np.sign(size) > _STAYS * abs(size):
            return _sharpest(flat, day), after - before
    return None, 0.0


def _sharpest(flat: Floats, day: int) -> int:
    """The day near this one at which two levels fit best."""

    def misfit(at: int) -> float:
        sides = flat[max(0, at - 2 * _NEAR) : at], flat[at : at + 2 * _NEAR]
        return sum(float(np.abs(side - np.median(side)).sum()) for side in sides)

    return min(range(max(_NEAR, day - _NEAR), min(len(flat) - _NEAR, day + _NEAR) + 1), key=misfit)


def _steady(part: Floats, middle: float, size: float) -> bool:
    """Whether a stretch lies on one level, so that the change between two stretches is a step and not a slope."""
    half = len(part) // 2
    slope = abs(float(np.median(part[half:])) - float(np.median(part[:half]))) if half >= 3 else 0.0
    return slope < 0.25 * abs(size) and float(np.median(np.abs(part - middle))) < 0.2 * abs(size)


def _without_week(z: Floats, weekday: Ints) -> Floats:
    """Less what is usual for the weekday, seen against the days around it."""
    days = len(z)
    around = np.convolve(np.pad(z, 3, mode="edge"), np.ones(7) / 7, mode="valid")
    off = z - around
    usual = np.array([np.median(off[weekday == day]) if (weekday == day).any() else 0.0 for day in range(7)])
    return z - usual[weekday] if days >= 14 else z
