"""The daily level ahead: members compared on past origins, mixed by how they did there, and how wrong the mix was."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from intertie.money.forecast.calendar import features
from intertie.money.forecast.members import predict
from intertie.money.forecast.series import Bools, Floats, Ints

MOST_FOLDS = 16
_SHARPNESS = 4.0  # weight ~ (1 / error) ^ sharpness
_FAR = 28  # days between origins at most
_MEMORY = 365.0  # days after which what was seen of a member counts half


@dataclass(frozen=True, slots=True)
class Levels:
    """`ahead` (H,) is the log level of the days ahead; `errors` (F, H') what such a forecast missed by in the past."""

    ahead: Floats
    errors: Floats  # actual minus forecast on past origins, NaN where unobserved
    origins: Ints  # (F,)
    mix: Mapping[str, float]
    small: float  # c of log(level + c)
    outliers: Ints  # days of the history that were taken for outliers
    clean: Floats  # (D,) log levels without gaps and outliers


def forecast_levels(level: Floats, first: int, ahead: int, marked: Mapping[str, Floats]) -> Levels:
    """Continues daily levels (D,), NaN where unknown, by `ahead` days. At least one level must be known."""
    days = len(level)
    small = _small(level)
    raw = np.log(level + small)
    special = np.stack([np.zeros(days + ahead), *marked.values()]).max(axis=0)[:days] > 0
    clean, outliers = cleaned(raw, special)
    known = np.isfinite(raw).astype(float)
    columns = features(first, days, ahead, marked)
    origins, reach = past_origins(days, ahead)
    names, found = predict(clean, known, columns, np.append(origins, days), ahead)
    usable = np.flatnonzero(np.isfinite(found[:, -1]).all(axis=1))
    names, found = [names[i] for i in usable], found[usable]
    if not len(origins):
        return Levels(found[:, -1].mean(axis=0), np.zeros((0, 0)), origins, _even(names), small, outliers, clean)
    actual = raw[origins[:, None] + np.arange(reach)]
    weights = mixing(found[:, :-1, :reach], actual, days - origins)
    filled = np.where(np.isfinite(found), found, found[0])
    mixed = np.einsum("m,mfh->fh", weights, filled)
    errors = actual - mixed[:-1, :reach]
    mix = {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}
    return Levels(mixed[-1], errors, origins, mix, small, outliers, clean)


def _even(names: list[str]) -> dict[str, float]:
    return {name: round(1 / len(names), 3) for name in names}


def _small(level: Floats) -> float:
    """What is added before the logarithm: nothing much where usage is steady, more where some days have none."""
    known = level[np.isfinite(level)]
    mean = float(known.mean())
    if mean <= 0:
        return 1.0
    return mean * (1e-6 if known.min() > 0.02 * mean else 0.05)


def past_origins(days: int, ahead: int) -> tuple[Ints, int]:
    """Days from which the past is forecast again, newest last, and how many days ahead that reaches."""
    reach = min(ahead, max(1, (days - 7) // 2))
    oldest, newest = max(5, min(56, days // 3)), days - reach
    if newest < oldest:
        return np.zeros(0, dtype=np.int64), 0
    apart = int(np.clip((newest - oldest) // (MOST_FOLDS - 1), 1, _FAR))
    origins = np.arange(newest, oldest - 1, -apart, dtype=np.int64)[:MOST_FOLDS]
    return origins[::-1].copy(), reach


def mixing(found: Floats, actual: Floats, age: Ints) -> Floats:
    """Weight (M,) of each member from its errors on past origins, relative to the naive one on the same origins."""
    missed = np.abs(found - actual)
    seen = np.isfinite(missed)
    count = seen.sum(axis=2)
    error = np.where(count > 0, np.where(seen, missed, 0.0).sum(axis=2) / np.maximum(count, 1), np.nan)
    weight = np.exp2(-age / _MEMORY)
    usable = np.isfinite(error) & np.isfinite(error[0])
    base = np.where(usable, error[0], 0.0) * weight
    own = np.where(usable, error, 0.0) * weight
    relative = (own.sum(axis=1) + 1e-9) / ((base * usable).sum(axis=1) + 1e-9)
    relative = np.where(usable.any(axis=1), relative, 1.5)
    strength = relative**-_SHARPNESS
    return strength / strength.sum()


def cleaned(raw: Floats, special: Bools) -> tuple[Floats, Ints]:
    """Log levels with gaps filled and single outliers pulled in; and the days of the outliers.

    A day is compared with the same weekday of the weeks around it. Three days in a row that differ the same way are
    a change, not outliers; marked days (holidays, events) have a reason.
    """
    days = len(raw)
    index = np.arange(days)
    around = np.stack([_at(raw, index + shift) for shift in (-21, -14, -7, 7, 14, 21)])
    with np.errstate(all="ignore"):
        middle = _nanmedian(around)
    overall = float(np.nanmedian(raw))
    last = _forward(raw, overall)
    middle = np.where(np.isfinite(middle), middle, last)
    off = raw - middle
    known = np.isfinite(off)
    spread = 1.4826 * float(np.median(np.abs(off[known]))) if known.any() else 0.0
    odd = known & (np.abs(off) > max(5 * spread, 0.15)) & ~special if days >= 21 else np.zeros(days, dtype=bool)
    sign = np.sign(off) * odd
    run = (sign != 0) & (sign == _at(sign, index - 1)) & (sign == _at(sign, index + 1))
    run |= _at(run.astype(float), index - 1) == 1
    run |= _at(run.astype(float), index + 1) == 1
    odd &= ~run
    pulled = np.where(odd, middle + sign * 3 * spread, raw)
    return np.where(known, pulled, middle), np.flatnonzero(odd)


def _at(values: Floats, index: Ints) -> Floats:
    inside = (index >= 0) & (index < len(values))
    return np.where(inside, values[np.clip(index, 0, len(values) - 1)], np.nan)


def _nanmedian(stack: Floats) -> Floats:
    """Median along the first axis without numpy's warning for columns of nothing."""
    ordered = np.sort(stack, axis=0)  # NaN last
    count = np.isfinite(stack).sum(axis=0)
    low, high = np.maximum((count - 1) // 2, 0), np.maximum(count // 2, 0)
    columns = np.arange(stack.shape[1])
    return np.where(count > 0, (ordered[low, columns] + ordered[np.minimum(high, len(stack) - 1), columns]) / 2, np.nan)


def _forward(values: Floats, otherwise: float) -> Floats:
    """Gaps take the last known value."""
    place = np.where(np.isfinite(values), np.arange(len(values)), -1)
    place = np.maximum.accumulate(place)
    return np.where(place >= 0, values[np.maximum(place, 0)], otherwise)
