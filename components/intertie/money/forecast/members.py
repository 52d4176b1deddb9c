"""Ways to continue the daily level. Each predicts from many past days at once, so that they can be compared.

All work on z = log(level + c). Every member but two is the same thing: a ridge regression with weights that halve with
age, plus what its last residuals say, fading with distance. They differ in what they look at and how fast they forget.
"""

from dataclasses import dataclass

import numpy as np

from intertie.money.forecast.series import Floats, Ints

_DAMPING = 0.97  # of the trend, per day ahead
_WINDOW = 90  # days of residuals that a level is taken from


@dataclass(frozen=True, slots=True)
class Regression:
    """One member. Half-lives are in days; `keep` is what is left of the last residuals after a day ahead."""

    name: str
    groups: tuple[str, ...]  # of Features.columns: week, trend, year, days
    half_life: float
    anchor: float  # half-life of the residuals that make the level; 0 = none
    keep: float
    least: int  # days of history without which it says nothing


REGRESSIONS = (
    Regression("last days", ("week",), 28, 2, 0.93, 10),
    Regression("weeks", ("week", "days"), 28, 7, 0.99, 21),
    Regression("months", ("week", "days"), 90, 14, 0.995, 42),
    Regression("trend", ("week", "trend", "days"), 60, 10, 0.99, 42),
    Regression("long run", ("week", "days"), 365, 21, 0.98, 120),
    Regression("year", ("week", "trend", "year", "days"), 900, 14, 0.97, 420),
    Regression("year, level kept", ("week", "trend", "year", "days"), 500, 14, 0.998, 420),
)
NAIVE, ANALOG = "seasonal naive", "last year"
_YEAR = 364  # whole weeks


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
    """The same weekdays a year ago, moved by what the last weeks differ from a year ago."""
    steps = np.arange(ahead)
    back = -1 - np.arange(28)
    recent = z[origins[:, None] + back] - z[origins[:, None] - _YEAR + back]
    moved = np.median(recent, axis=1)
    then = origins[:, None] - _YEAR + steps % _YEAR
    around = np.stack([z[np.clip(then + shift, 0, len(z) - 1)] for shift in (-7, 0, 7)])
    return around.mean(axis=0) + moved[:, None]


def _regress(  # noqa: PLR0917
    member: Regression, z: Floats, known: Floats, features: Features, origins: Ints, ahead: int
) -> Floats:
    chosen = features.of(member.groups)
    matrix, penalty = features.matrix[:, chosen], features.penalty[chosen]
    days = len(z)
    age = origins[:, None] - 1 - np.arange(days)
    weight = np.where(age >= 0, np.exp2(-np.maximum(age, 0) / member.half_life), 0.0) * known
    history = matrix[:days]
    normal = np.matmul(history.T * weight[:, None, :], history)
    normal[:, np.arange(len(chosen)), np.arange(len(chosen))] += penalty
    beta = np.linalg.solve(normal, ((weight * z) @ history)[:, :, None])[:, :, 0]
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
