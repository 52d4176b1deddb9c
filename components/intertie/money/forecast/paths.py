"""Futures: simulated paths around a forecast, as wrong and as correlated as forecasts of the past were."""

import math
from dataclasses import dataclass, replace

import numpy as np

from intertie.money.forecast.series import Floats, Ints

_GRID = np.linspace(-4.0, 4.0, 161)
_NORMAL = np.array([0.5 * (1 + math.erf(point / math.sqrt(2))) for point in _GRID])
_LEAST = 0.01  # nobody knows the next day better than to 1 %
_DOUBT = 0.3  # of a normal error, added: a few past origins do not show all that can happen
_FEW = 0.25  # wider by this, over the number of independent stretches of past
_TOPS = 1.15  # beyond the last half percent
_SEASON = 0.05  # change of the level within two weeks that the season may bring, on the log scale
_UNTESTED = 0.35  # spread of what could not be tested, on the log scale
_TAIL = np.linspace(0.0, 1.0, 201)


@dataclass(frozen=True, slots=True)
class Spread:
    """How far off forecasts were, on the log scale.

    `daily` (H_days,): of the level, by days ahead. `hourly` (S,): of a step within its day, beyond the level's error.
    `table`: standardised errors at the quantiles `_TAIL`, so that tails and skew are the observed ones.
    """

    daily: Floats
    hourly: Floats
    table: Floats
    lasting: float  # share of the level's variance that a whole path has in common
    after: float  # correlation of what is left from one day to the next
    within: float  # the same from one step to the next, within days

    def without_a_year(self, days: int) -> "Spread":
        """Wider for a history of less than a year: the seasons and holidays that it has not seen will come."""
        unseen = _SEASON * max(0.0, 1 - days / 365.0) * np.sqrt((1 + np.arange(len(self.daily))) / 15.0)
        return replace(self, daily=np.hypot(self.daily, unseen))


def spread_of(errors: Floats, inside: Floats, age: Ints, ahead: int) -> Spread:
    """From past errors of the level (F, H') and of steps within days (F, H', S). Both may be empty."""
    slots = inside.shape[2]
    if not np.isfinite(errors).any():
        hourly = np.full(slots, 0.0 if slots == 1 else _UNTESTED)
        return Spread(_UNTESTED * np.sqrt(1 + np.arange(ahead) / 7), hourly, _gaussian(), 0.5, 0.5, 0.5)
    weight = np.exp2(-age / 365.0)[:, None] * np.isfinite(errors)
    daily = _by_distance(np.abs(np.where(np.isfinite(errors), errors, 0.0)), weight, ahead)
    reach = errors.shape[1]
    hourly = np.zeros(slots)
    total, scale = errors[:, :, None], daily[:reach][None, :, None]
    if slots > 1 and inside.size:
        hourly = 1.2533 * np.nan_to_num(np.nanmean(np.abs(inside), axis=(0, 1)), nan=0.0)
        total = errors[:, :, None] + inside
        scale = np.sqrt(scale**2 + hourly**2)
    standard = total / np.maximum(scale, 1e-9)
    table = _quantiles(standard, np.broadcast_to(weight[:, :, None], standard.shape))
    table = table * (1 + _FEW / _independent(age, reach))
    lasting, after = _memory(errors / np.maximum(daily[:reach], 1e-9))
    within = _lag_one(inside.reshape(len(inside), -1)) if slots > 1 and inside.size else 0.5
    return Spread(daily, hourly, table, lasting, after, within)


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
    """How much of an error stays over the whole path, and how the rest follows from day to day."""
    if standard.shape[1] < 4 or len(standard) < 2:
        return 0.5, 0.5
    filled = np.where(np.isfinite(standard), standard, 0.0)
    variance = float((filled**2).mean()) + 1e-9
    lag = min(14, standard.shape[1] // 2)
    apart = float((filled[:, lag:] * filled[:, :-lag]).mean()) / variance
    near = float((filled[:, 1:] * filled[:, :-1]).mean()) / variance
    lasting = float(np.clip(apart, 0.05, 0.95))
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
    return np.interp(probability, _TAIL, spread.table) * _scale(spread, day, slot)


def simulate(spread: Spread, day: Ints, slot: Ints, count: int, rng: np.random.Generator) -> Floats:
    """(count, H) log errors of whole paths. `day`: days ahead of each step, from 0."""
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
    return np.interp(np.interp(normal, _GRID, _NORMAL), _TAIL, spread.table) * scale


def _follow(count: int, length: int, after: float, rng: np.random.Generator) -> Floats:
    """(count, length) of normal numbers, each correlated with the one before."""
    out = rng.standard_normal((length, count))
    fresh = math.sqrt(1 - after**2)
    for step in range(1, length):
        out[step] = after * out[step - 1] + fresh * out[step]
    return out.T


def _scale(spread: Spread, day: Ints, slot: Ints) -> Floats:
    return np.sqrt(spread.daily[day] ** 2 + spread.hourly[slot] ** 2)
