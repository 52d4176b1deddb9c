"""The daily level ahead: members compared on past origins, mixed by how they did there, and how wrong the mix was."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from intertie.money.forecast.calendar import features, weekdays
from intertie.money.forecast.changes import aligned
from intertie.money.forecast.members import middle_of, predict
from intertie.money.forecast.series import Floats, Ints
from intertie.money.forecast.special import effects

MOST_FOLDS = 16
_SHARPNESS = 10.0  # weight ~ (1 / error) ^ sharpness
_LATE = np.array([14, 7])  # days before the end from which it is asked whether the past is still a guide
_SURPRISING = (1.7, 3.0)  # errors of the last days, in units of the usual ones: from here on, wholly
_BROKEN_WIDER = 0.5
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
    changes: list[int]  # days at which the level changed for good
    outliers: Ints  # days of the history that were taken for outliers
    clean: Floats  # (D,) log levels without gaps and outliers
    special: Floats  # (H,) what holidays and events do to the days ahead, on the log scale; part of `ahead`


def forecast_levels(level: Floats, first: int, ahead: int, marked: Mapping[str, Floats]) -> Levels:
    """Continues daily levels (D,), NaN where unknown, by `ahead` days. At least one level must be known."""
    days = len(level)
    small = _small(level)
    raw = np.log(level + small)
    special = effects(raw - _usual(raw), marked) if marked else np.zeros(days + ahead)
    raw = raw - special[:days]
    clean, outliers = cleaned(raw)
    known = np.isfinite(raw).astype(float)
    before = clean
    clean, changes = aligned(before, weekdays(first, days))
    columns = features(first, days, ahead)
    origins, reach = past_origins(days, ahead)
    late = days - _LATE[days // 3 > _LATE] if len(origins) else origins
    names, found = predict(clean, known, columns, np.concatenate([origins, late, [days]]), ahead)
    usable = np.flatnonzero(np.isfinite(found[:, -1]).all(axis=1))
    names, found = [names[i] for i in usable], found[usable]
    if not len(origins):
        mixed, none = found[:, -1].mean(axis=0) + special[days:], np.zeros((0, 0))
        return Levels(mixed, none, origins, _even(names), small, changes, outliers, clean, special[days:])
    moved = np.append(raw + (clean - before), np.full(reach, np.nan))
    actual = moved[np.append(origins, late)[:, None] + np.arange(reach)]
    ages = days - np.append(origins, late)
    weights, errors = _mixed(found[:, :, :reach], actual, ages, len(origins))
    filled = np.where(np.isfinite(found), found, found[0])
    mixed = np.einsum("m,mfh->fh", weights, filled)[-1] + special[days:]
    mix = {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}
    return Levels(mixed, errors, origins, mix, small, changes, outliers, clean, special[days:])


def _mixed(found: Floats, actual: Floats, ages: Ints, past: int) -> tuple[Floats, Floats]:
    """Weights of the members (M,), and what the mix missed by on the `past` first origins (past, H').

    `found` (M, F + 1, H'): predictions from the past origins, from the late ones, and from today. The late ones show
    the first days ahead only, but are all there is of a member that needs most of the history.
    """
    filled = np.where(np.isfinite(found), found, found[0])[:, :-1]
    weights = mixing(found[:, :-1], actual, ages)
    errors = actual - np.einsum("m,mfh->fh", weights, filled)
    broken = surprise(errors[:past], errors[past:])
    if broken:
        now = mixing(found[:, past:-1], actual[past:], ages[past:])
        weights = (1 - broken) * weights + broken * now
        errors = actual - np.einsum("m,mfh->fh", weights, filled)
    return weights, errors[:past] * (1 + _BROKEN_WIDER * broken)


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


def surprise(past: Floats, late: Floats) -> float:
    """0 to 1: how far the last days lie beyond what such forecasts usually miss by, so that the past is no guide."""
    seen = np.isfinite(late)
    if not seen.any():
        return 0.0
    usual = np.nanmean(np.abs(past[:, seen.any(axis=0)])) if np.isfinite(past[:, seen.any(axis=0)]).any() else np.nan
    size = float(np.abs(late[seen]).mean()) / max(float(usual), 1e-9)
    return float(np.clip((size - _SURPRISING[0]) / (_SURPRISING[1] - _SURPRISING[0]), 0.0, 1.0))


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


def cleaned(raw: Floats) -> tuple[Floats, Ints]:
    """Log levels with gaps filled and single outliers pulled in; and the days of the outliers.

    A day is compared with the same weekday of the weeks around it. Three days in a row that differ the same way are
    a change, not outliers.
    """
    days = len(raw)
    index = np.arange(days)
    middle = _usual(raw)
    off = raw - middle
    known = np.isfinite(off)
    spread = 1.4826 * float(np.median(np.abs(off[known]))) if known.any() else 0.0
    odd = known & (np.abs(off) > max(5 * spread, 0.15)) if days >= 21 else np.zeros(days, dtype=bool)
    sign = np.sign(off) * odd
    run = (sign != 0) & (sign == _at(sign, index - 1)) & (sign == _at(sign, index + 1))
    run |= _at(run.astype(float), index - 1) == 1
    run |= _at(run.astype(float), index + 1) == 1
    odd &= ~run
    pulled = np.where(odd, middle + sign * 3 * spread, raw)
    return np.where(known, pulled, middle), np.flatnonzero(odd)


def _usual(raw: Floats) -> Floats:
    """The middle of the same weekday in the three weeks before and after; what is unknown takes the last known."""
    index = np.arange(len(raw))
    middle = middle_of(np.stack([_at(raw, index + shift) for shift in (-21, -14, -7, 7, 14, 21)]))
    return np.where(np.isfinite(middle), middle, _forward(raw, float(np.nanmedian(raw))))


def _at(values: Floats, index: Ints) -> Floats:
    inside = (index >= 0) & (index < len(values))
    return np.where(inside, values[np.clip(index, 0, len(values) - 1)], np.nan)


def _forward(values: Floats, otherwise: float) -> Floats:
    """Gaps take the last known value."""
    place = np.where(np.isfinite(values), np.arange(len(values)), -1)
    place = np.maximum.accumulate(place)
    return np.where(place >= 0, values[np.maximum(place, 0)], otherwise)
