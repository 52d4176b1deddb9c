"""Intervals and totals on hourly series of different behaviour, whose future is known because it is generated."""

import numpy as np
import pytest

from intertie.money.forecast import Series, forecast
from intertie.money.forecast.metrics import coverage

MONDAY = 1_736_121_600  # 2025-01-06
KINDS = ("weekly and daily", "trend", "level shift", "random walk", "quiet nights")
DAYS, AHEAD, SEEDS = 80, 14, 5


def hourly(kind: str, seed: int) -> np.ndarray:
    """`DAYS + AHEAD` days of hours: a rhythm of weeks and days, correlated noise, and what the kind adds."""
    rng = np.random.default_rng(seed)
    days = np.arange(DAYS + AHEAD)
    noise = np.zeros(len(days))
    for day in days[1:]:
        noise[day] = 0.7 * noise[day - 1] + 0.06 * rng.standard_normal()
    level = 1000 * np.exp(noise) * np.where(days % 7 >= 5, 0.6, 1.0)
    if kind == "trend":
        level *= np.exp(0.004 * days)
    elif kind == "level shift":
        level *= np.where(days >= 40, 1.8, 1.0)
    elif kind == "random walk":
        level *= np.exp(np.cumsum(0.02 * rng.standard_normal(len(days))))
    hours = np.arange(24)
    shape = np.maximum(1 + 0.7 * np.sin(2 * np.pi * (hours - 9) / 24), 0.05)
    values = np.outer(level, shape).ravel() / 24 * np.exp(0.1 * rng.standard_normal(len(days) * 24))
    if kind == "quiet nights":
        values *= (rng.uniform(size=len(values)) < 0.5) | (np.tile(hours, len(days)) >= 7)
    return values


def judged(kind: str) -> tuple[float, list[float]]:
    """Share of the hours ahead within the 80 % interval, and where the total ahead lay among the simulated ones."""
    shares, places = [], []
    for seed in range(SEEDS):
        values = hourly(kind, seed)
        ahead = forecast(Series(MONDAY, 3600, values[: DAYS * 24]), AHEAD * 24)
        actual = values[DAYS * 24 :]
        shares.append(coverage(actual, ahead.p10, ahead.p90))
        places.append(float((ahead.paths.sum(axis=1) < actual.sum()).mean()))
    return float(np.mean(shares)), places


@pytest.fixture(scope="module")
def figures() -> dict[str, tuple[float, list[float]]]:
    return {kind: judged(kind) for kind in KINDS}


def test_intervals_cover_about_what_they_say_on_every_kind_of_hourly_series(
    figures: dict[str, tuple[float, list[float]]],
) -> None:
    shares = {kind: share for kind, (share, _) in figures.items()}
    assert all(0.7 < share < 0.92 for share in shares.values()), shares
    assert 0.75 < np.mean(list(shares.values())) < 0.88, shares


def test_simulated_totals_are_neither_too_high_nor_too_low(figures: dict[str, tuple[float, list[float]]]) -> None:
    places = np.array([place for _, found in figures.values() for place in found])
    assert 0.3 < places.mean() < 0.7, places
    assert np.mean((places > 0.1) & (places < 0.9)) >= 0.6, places


def test_noise_within_days_does_not_move_the_total_of_a_month() -> None:
    """Hours that scatter by half and more about a level that stands still: the month is known much better."""
    off, widths = [], []
    for seed in range(4):
        values = 100 * np.exp(0.6 * np.random.default_rng(seed).standard_normal(24 * 120) - 0.18)
        ahead = forecast(Series(MONDAY, 3600, values[: 24 * 90]), 720)
        low, middle, high = np.quantile(ahead.paths.sum(axis=1), (0.1, 0.5, 0.9))
        off.append(middle / values[24 * 90 :].sum())
        widths.append((high - low) / middle)
        assert (ahead.p90 - ahead.p10).mean() / 100 > 1
    assert abs(np.mean(off) - 1) < 0.05
    assert max(widths) < 0.4


def test_a_turn_of_the_year_that_was_not_seen_widens_downwards_only() -> None:
    """History from August to the first of December, so that the forecast meets Christmas for the first time."""
    values = 1000 * np.exp(0.05 * np.random.default_rng(2).standard_normal(123))
    ahead = forecast(Series(1_754_006_400, 86_400, values), 30)  # 2025-08-01
    low, high = ahead.p50 - ahead.p10, ahead.p90 - ahead.p50
    assert low[23:].min() > 2 * low[:18].max()
    assert high[23:].max() < 1.5 * high[:18].max()
