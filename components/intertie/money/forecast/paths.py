"""Futures: simulated paths around a forecast, as wrong and as correlated as forecasts of the past were."""

import math
from dataclasses import dataclass, replace

import numpy as np

from intertie.money.forecast.series import Bools, Floats, Ints

_GRID = np.linspace(-4.0, 4.0, 161)
_NORMAL = np.array([0.5 * (1 + math.erf(point / math.sqrt(2))) for point in _GRID])
_LEAST = 0.01  # nobody knows the next day better than to 1 %
_DOUBT = 0.3  # of a normal error, added: a few past origins do not show all that can happen
_FEW = 0.25  # wider by this, over the number of independent stretches of past
_TOPS = 1.15  # beyond the last half percent
_SEASON = 0.05  # change of the level within two weeks that a season not seen before may bring, on the log scale
_SPECIAL = 0.35  # what a holiday that was not seen before may do to a day, on the log scale
_SEEN_ONCE, _SEEN_TWICE = 420, 730  # days of history from which the time of year is known a little, and well
_FORTNIGHT, _TELLING = 14, 8  # days; how many fortnights tell whether a level stands still
_STAYS_MORE = 1.4  # times what past paths show of an error that stays: they are few and overlap
_UNTESTED = 0.35  # spread of what could not be tested, on the log scale
_TAIL = np.linspace(0.0, 1.0, 201)


@dataclass(frozen=True, slots=True)
class Spread:
    """How far off forecasts were, on the log scale.

    `daily` (H_days,): of the level, by days ahead; `below`: the same where less is used than forecast. `hourly`
    (S,): of a step within its day, beyond the level's error.
    `table`: standardised errors at the quantiles `_TAIL`, so that tails and skew are the observed ones.
    """

    daily: Floats
    below: Floats
    hourly: Floats
    table: Floats
    lasting: float  # share of the level's variance that a whole path has in common
    after: float  # correlation of what is left from one day to the next
    within: float  # the same from one step to the next, within days

    def with_levels(self, daily: Floats) -> "Spread":
        """With the spreads (H_days,) that a model of its own gives the level."""
        daily = np.maximum(daily, _LEAST)
        return replace(self, daily=daily, below=daily, table=_gaussian())

    def with_unseen(self, clean: Floats, special: Bools) -> "Spread":
        """Wider for a history of less than two years, whose seasons will be new; and, downwards, on `special` days
        (H_days,) of a kind that it has not seen: most things rest on them.

        A year is known a little when it has been seen once, which is when members that know the time of year begin.
        `clean` (D,): the log levels of the history.
        """
        unknown = float(np.clip((_SEEN_TWICE - len(clean)) / (_SEEN_TWICE - _SEEN_ONCE), 0.0, 1.0))
        season = min(_SEASON, _slow(clean)) * unknown * np.sqrt((1 + np.arange(len(self.daily))) / 15.0)
        daily = np.hypot(self.daily, season)
        return replace(self, daily=daily, below=np.hypot(daily, _SPECIAL * special))

    def scaled(self, standard: Floats, day: Ints, slot: Ints) -> Floats:
        """Log errors of steps from standardised ones."""
        inner = self.hourly[slot]
        return standard * np.where(standard < 0, np.hypot(self.below[day], inner), np.hypot(self.daily[day], inner))

    def scaled_levels(self, standard: Floats) -> Floats:
        """Log errors of the levels of the first days ahead (..., D) from standardised ones."""
        days = standard.shape[-1]
        return standard * np.where(standard < 0, self.below[:days], self.daily[:days])


def _slow(clean: Floats) -> float:
    """What the level changes by from a fortnight to the next: a series that stands still through many has no seasons
    to come. Infinite for a history of too few to tell.
    """
    count = len(clean) // _FORTNIGHT
    if count < _TELLING:
        return math.inf
    middles = np.median(clean[len(clean) - count * _FORTNIGHT :].reshape(count, _FORTNIGHT), axis=1)
    return float(np.sqrt(np.mean(np.diff(middles) ** 2)))


def spread_of(errors: Floats, inside: Floats, age: Ints, ahead: int) -> Spread:
    """From past errors of the level (F, H') and of steps within days (F, H', S). Both may be empty."""
    slots = inside.shape[2]
    if not np.isfinite(errors).any():
        hourly = np.full(slots, 0.0 if slots == 1 else _UNTESTED)
        daily = _UNTESTED * np.sqrt(1 + np.arange(ahead) / 7)
        return Spread(daily, daily, hourly, _gaussian(), 0.5, 0.5, 0.5)
    weight = np.exp2(-age / 365.0)[:, None] * np.isfinite(errors)
    daily = _by_distance(np.abs(np.where(np.isfinite(errors), errors, 0.0)), weight, ahead)
    reach = errors.shape[1]
    hourly = np.zeros(slots)
    total, scale = errors[:, :, None], daily[:reach][None, :, None]
    if slots > 1 and inside.size:
        hourly = 1.2533 * _mean_by_slot(np.abs(inside))
        total = errors[:, :, None] + inside
        scale = np.sqrt(scale**2 + hourly**2)
    standard = total / np.maximum(scale, 1e-9)
    table = _quantiles(standard, np.broadcast_to(weight[:, :, None], standard.shape))
    lasting, after = _memory(errors / np.maximum(daily[:reach], 1e-9))
    few = 1 + _FEW / _independent(age, reach)
    daily, hourly = daily * few, hourly * few  # of hours there are many, but a shape that changes lasts as a level does
    within = _lag_one(inside.reshape(len(inside), -1)) if slots > 1 and inside.size else 0.5
    return Spread(daily, daily, hourly, table, lasting, after, within)


def _mean_by_slot(inside: Floats) -> Floats:
    """(S,) mean of what is known of each slot; 0 where nothing is."""
    seen = np.isfinite(inside)
    return np.where(seen, inside, 0.0).sum(axis=(0, 1)) / np.maximum(seen.sum(axis=(0, 1)), 1)


def _independent(age: Ints, reach: int) -> float:
    """How many stretches of past that do not overlap the errors come from."""
    return 1 + float(age.max() - age.min()) / max(reach, 1)


def _by_distance(missed: Floats, weight: Floats, ahead: int) -> Floats:
    """Spread by days ahead: a + b √h, fitted, never falling; beyond what was seen it keeps growing."""
    reach = missed.shape[1]
    count = weight.sum(axis=0)
    mean = 1.2533 * (missed * weight).sum(axis=0) / np.maximum(count, 1e-9)
    far = np.sqrt(1.0 + np.arange(max(reach, ahead)))
    overall = float((mean * count).sum() / max(count.sum(), 1e-9))
    out = np.full(len(far), overall)
    if reach >= 4:
        design = np.column_stack([np.ones(reach), far[:reach]]) * np.sqrt(count)[:, None]
        (base, growth), *_ = np.linalg.lstsq(design, mean * np.sqrt(count), rcond=None)
        if growth > 0 and base + growth > 0.25 * overall:
            out = base + growth * far
    elif ahead > reach:
        out = overall * far / far[reach - 1]
    return np.maximum(out[:ahead] if ahead >= reach else out, _LEAST)


def _quantiles(standard: Floats, weight: Floats) -> Floats:
    usable = np.isfinite(standard)
    values, weights = standard[usable], weight[usable]
    if len(values) < 8:
        return _gaussian()
    order = np.argsort(values)
    values, weights = values[order], weights[order]
    place = (np.cumsum(weights) - 0.5 * weights) / weights.sum()
    table = np.interp(_TAIL, place, values)
    table -= table[len(_TAIL) // 2]
    table[0], table[-1] = _TOPS * table[1], _TOPS * table[-2]  # one freak step must not set the peak of every path
    return np.sign(_TAIL - 0.5) * np.hypot(table, _DOUBT * _gaussian())


def _gaussian() -> Floats:
    return np.interp(np.clip(_TAIL, 0.001, 0.999), _NORMAL, _GRID)


def _memory(standard: Floats) -> tuple[float, float]:
    """How much of an error stays over the whole path, and how the rest follows from day to day.

    What stays is what is left of the errors' mean over a path, against their own size.
    """
    if standard.shape[1] < 4 or len(standard) < 2:
        return 0.5, 0.5
    seen = np.isfinite(standard)
    filled = np.where(seen, standard, 0.0)
    variance = float((filled**2).sum() / max(seen.sum(), 1)) + 1e-9
    means = filled.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    near = float((filled[:, 1:] * filled[:, :-1]).mean()) / variance
    lasting = float(np.clip(_STAYS_MORE * float((means**2).mean()) / variance, 0.05, 0.95))
    return lasting, float(np.clip((near - lasting) / (1 - lasting), 0.0, 0.95))


def _lag_one(inside: Floats) -> float:
    one, two = inside[:, 1:], inside[:, :-1]
    both = np.isfinite(one) & np.isfinite(two)
    if not both.any():
        return 0.5
    top = float((one[both] * two[both]).mean())
    return float(np.clip(top / max(float((one[both] ** 2).mean()), 1e-12), 0.0, 0.98))


def marginal(spread: Spread, probability: Floats, day: Ints, slot: Ints) -> Floats:
    """(H,) log error of the steps ahead that is not exceeded with this probability."""
    return spread.scaled(np.interp(probability, _TAIL, spread.table), day, slot)


def simulate(spread: Spread, day: Ints, slot: Ints, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(count, H) log errors of whole paths, and (count, D) those of their days' levels. `day`: days ahead, from 0."""
    days = int(day[-1]) + 1
    daily = _follow(count, days, spread.after, rng)
    common = rng.standard_normal((count, 1))
    daily = math.sqrt(spread.lasting) * common + math.sqrt(1 - spread.lasting) * daily
    level, inner = spread.daily[day], spread.hourly[slot]
    scale = np.sqrt(level**2 + inner**2)
    normal = daily[:, day]
    if inner.any():
        steps = _follow(count, len(day), spread.within, rng)
        normal = normal * (level / scale) + steps * (inner / scale)
    return spread.scaled(_as_seen(spread, normal), day, slot), spread.scaled_levels(_as_seen(spread, daily))


def _as_seen(spread: Spread, normal: Floats) -> Floats:
    """Normal numbers with the tails and the skew of the observed errors."""
    return np.interp(np.interp(normal, _GRID, _NORMAL), _TAIL, spread.table)


def with_sums(paths: Floats, expected: Floats, levels: Floats, day: Ints) -> Floats:
    """Paths (N, H) whose days add up to what the levels of those days say, as steps' own noise does not move a day.

    `expected` (H,): mean of each step. `levels` (N, D): log errors of the days' levels.
    """
    starts = np.flatnonzero(np.diff(day, prepend=-1))
    sums = np.add.reduceat(paths, starts, axis=1)
    wanted = np.add.reduceat(expected, starts) * np.exp(np.clip(levels[:, day[starts]], -20, 20))
    factor = np.divide(wanted, sums, out=np.ones_like(sums), where=sums > 0)
    return paths * np.repeat(factor, np.diff(starts, append=len(day)), axis=1)


def _follow(count: int, length: int, after: float, rng: np.random.Generator) -> Floats:
    """(count, length) of normal numbers, each correlated with the one before."""
    out = rng.standard_normal((length, count))
    fresh = math.sqrt(1 - after**2)
    for step in range(1, length):
        out[step] = after * out[step - 1] + fresh * out[step]
    return out.T
