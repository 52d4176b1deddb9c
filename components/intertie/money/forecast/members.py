"""Ways to continue the daily level. Each predicts from many past days at once, so that they can be compared.

All work on z = log(level + c). Most members are the same thing: a ridge regression with weights that halve with
age, plus what its last residuals say, fading with distance. They differ in what they look at and how fast they forget.
"""

from dataclasses import dataclass

import numpy as np

from intertie.money.forecast import smoothing
from intertie.money.forecast.series import Floats, Ints

_DAMPING = 0.97  # of the trend, per day ahead
_FAR_OFF = 2.0  # mean errors from which a day counts for less
_WINDOW = 90  # days of residuals that a level is taken from


@dataclass(frozen=True, slots=True)
class Regression:
    """One member. Half-lives are in days; `keep` is what is left of the last residuals after a day ahead."""

    name: str
    groups: tuple[str, ...]  # of Features.columns: week, trend, year
    half_life: float
    anchor: float  # half-life of the residuals that make the level; 0 = none
    keep: float
    least: int  # days of history without which it says nothing


REGRESSIONS = (
    Regression("last days", ("week",), 28, 2, 0.93, 10),
    Regression("last days, level kept", ("week",), 14, 4, 1.0, 10),
    Regression("weeks", ("week",), 28, 7, 0.99, 21),
    Regression("months", ("week",), 90, 14, 0.995, 42),
    Regression("trend", ("week", "trend"), 60, 10, 0.99, 42),
    Regression("long run", ("week",), 365, 21, 0.98, 120),
    Regression("year", ("week", "trend", "year"), 900, 14, 0.97, 420),
    Regression("year, no trend", ("week", "year"), 1500, 30, 0.98, 420),
    Regression("year, level kept", ("week", "trend", "year"), 500, 14, 0.998, 420),
)
NAIVE, ANALOG = "seasonal naive", "last year"
_YEAR = 364  # whole weeks
_YEARS = 4


@dataclass(frozen=True, slots=True)
class Features:
    """Columns per day of history and ahead, grouped; and how strongly each is held to zero."""

    matrix: Floats  # (D + H, p)
    penalty: Floats  # (p,)
    groups: tuple[str, ...]  # (p,) group of each column; "level" is in every member

    def of(self, groups: tuple[str, ...]) -> Ints:
        return np.array([i for i, group in enumerate(self.groups) if group == "level" or group in groups])


def predict(z: Floats, known: Floats, features: Features, origins: Ints, ahead: int) -> tuple[tuple[str, ...], Floats]:
    """Names (M), and predictions (M, F, ahead) of the days `origins[f]` and after, from the days before them.

    `z` (D,) has no NaN; `known` (D,) is 1 where the day was observed and 0 where `z` was filled in. What a member
    cannot say is NaN.
    """
    names, found = [NAIVE], [_naive(z, origins, ahead)]
    for member in REGRESSIONS:
        able = origins >= member.least
        if able.any():
            out = np.full((len(origins), ahead), np.nan)
            out[able] = _regress(member, z, known, features, origins[able], ahead)
            names.append(member.name)
            found.append(out)
    smooth = smoothing.smoothed(z, known, origins, ahead)
    if np.isfinite(smooth[-1]).all():
        names.append(smoothing.NAME)
        found.append(smooth)
    able = origins >= _YEAR + 28
    if able.any():
        out = np.full((len(origins), ahead), np.nan)
        out[able] = _analog(z, origins[able], ahead)
        names.append(ANALOG)
        found.append(out)
    return tuple(names), np.stack(found)


def _naive(z: Floats, origins: Ints, ahead: int) -> Floats:
    """The last week again; with less than a week, the last day."""
    steps = np.arange(ahead)
    week = origins[:, None] - 7 + steps % 7
    return z[np.where(origins[:, None] >= 7, week, origins[:, None] - 1)]


def _analog(z: Floats, origins: Ints, ahead: int) -> Floats:
    """The same weekdays of the years before, each moved by what the last weeks differ from it; the middle of them."""
    steps = np.arange(ahead)
    back = -1 - np.arange(28)
    found = []
    for years in range(1, _YEARS + 1):
        past = origins - years * _YEAR
        moved = np.median(z[origins[:, None] + back] - z[np.maximum(past[:, None] + back, 0)], axis=1)
        then = past[:, None] + steps % _YEAR
        around = np.mean([z[np.clip(then + shift, 0, len(z) - 1)] for shift in (-7, 0, 7)], axis=0)
        found.append(np.where(past[:, None] >= 28, around + moved[:, None], np.nan))
    return middle_of(np.stack(found))


def _regress(  # noqa: PLR0917
    member: Regression, z: Floats, known: Floats, features: Features, origins: Ints, ahead: int
) -> Floats:
    chosen = features.of(member.groups)
    matrix, penalty = features.matrix[:, chosen], features.penalty[chosen]
    days = len(z)
    age = origins[:, None] - 1 - np.arange(days)
    weight = np.where(age >= 0, np.exp2(-np.maximum(age, 0) / member.half_life), 0.0) * known
    history = matrix[:days]
    beta = _ridge(history, z, weight, penalty)
    off = np.abs(z - beta @ history.T)
    scale = np.sum(off * weight, axis=1, keepdims=True) / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    beta = _ridge(history, z, weight * np.minimum(1.0, _FAR_OFF * scale / np.maximum(off, 1e-9)), penalty)
    steps = np.arange(ahead)
    future = matrix[origins[:, None] + steps]
    groups = [features.groups[i] for i in chosen]
    if "trend" in groups:
        at = groups.index("trend")
        damped = _DAMPING * (1 - _DAMPING ** (steps + 1)) / (1 - _DAMPING)
        slope = matrix[1, at] - matrix[0, at]
        future[:, :, at] = matrix[origins - 1, at][:, None] + slope * damped
    out = np.einsum("fhp,fp->fh", future, beta)
    if member.anchor:
        out += _anchored(member, z, known, matrix, beta, origins)[:, None] * member.keep ** (steps + 1.0)
    return out


def _ridge(history: Floats, z: Floats, weight: Floats, penalty: Floats) -> Floats:
    """(F, p) coefficients, for weights (F, D)."""
    normal = np.matmul(history.T * weight[:, None, :], history)
    place = np.arange(len(penalty))
    normal[:, place, place] += penalty
    return np.linalg.solve(normal, ((weight * z) @ history)[:, :, None])[:, :, 0]


def _anchored(  # noqa: PLR0917
    member: Regression, z: Floats, known: Floats, matrix: Floats, beta: Floats, origins: Ints
) -> Floats:
    """What the last residuals say about the level now: their mean, weights halving with age."""
    back = np.arange(_WINDOW)
    days = origins[:, None] - 1 - back
    usable = days >= 0
    days = np.maximum(days, 0)
    weight = np.exp2(-back / member.anchor) * usable * known[days]
    residual = z[days] - np.einsum("fwp,fp->fw", matrix[days], beta)
    return (weight * residual).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-9)


def middle_of(stack: Floats) -> Floats:
    """Median along the first axis, NaN left out; NaN where there is nothing else."""
    ordered = np.sort(stack, axis=0)  # NaN last
    count = np.isfinite(stack).sum(axis=0)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0)[None], axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(count // 2, len(stack) - 1)[None], axis=0)[0]
    return np.where(count > 0, (low + high) / 2, np.nan)
