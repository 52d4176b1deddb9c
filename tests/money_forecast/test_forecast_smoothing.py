"""Smoothing as a member of the mix: how fast it forgets is told by the series, and it sees nothing of what comes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intertie.money.forecast import Series, forecast
from intertie.money.forecast.metrics import seasonal_naive, smape
from intertie.money.forecast.smoothing import NAME, smoothed

MONDAY = 1_767_571_200  # 2026-01-05
DAYS, AHEAD = 150, 28


def noise(seed: int, size: float, count: int = DAYS) -> np.ndarray:
    return size * np.random.default_rng(seed).standard_normal(count)


def weekly(count: int = DAYS) -> np.ndarray:
    return np.where(np.arange(count) % 7 >= 5, -0.4, 0.0)


def ahead_of(z: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    return smoothed(z, np.ones(len(z)) if known is None else known, np.array([len(z)]), AHEAD)[0]


@pytest.mark.parametrize("seed", range(3))
def test_a_level_that_wanders_is_followed_and_one_that_stands_still_is_not(seed: int) -> None:
    wandering = np.cumsum(noise(seed, 0.05)) + weekly()
    assert abs(ahead_of(wandering)[:7].mean() - wandering[-7:].mean()) < 0.15
    still = noise(seed, 0.2) + weekly()
    assert abs(ahead_of(still).mean() - still.mean()) < 0.5 * np.abs(noise(seed, 0.2)).mean()


def test_weekdays_follow_the_day_of_the_origin() -> None:
    for origin in (140, 143, 149):
        found = smoothed(weekly(), np.ones(DAYS), np.array([origin]), AHEAD)[0]
        assert np.allclose(found, weekly(origin + AHEAD)[origin:], atol=0.05)


@given(st.integers(21, 140), st.integers(0, 2**16))
@settings(max_examples=20, deadline=None)
def test_a_past_origin_knows_nothing_of_the_days_after_it(origin: int, seed: int) -> None:
    z = np.cumsum(noise(seed, 0.1)) + weekly()
    other = np.concatenate([z[:origin], 5 + noise(seed + 1, 1.0, DAYS - origin)])
    origins, known = np.array([origin, DAYS]), np.ones(DAYS)
    one, two = smoothed(z, known, origins, AHEAD), smoothed(other, known, origins, AHEAD)
    assert np.array_equal(one[0], two[0])
    assert not np.array_equal(one[1], two[1])
    assert np.allclose(one[0], ahead_of(z[:origin]))


def test_days_that_are_not_known_tell_nothing() -> None:
    z, known = weekly() + noise(1, 0.05), np.ones(DAYS)
    known[60:70] = 0
    spoilt = np.where(known > 0, z, 99.0)
    assert np.array_equal(ahead_of(z, known), ahead_of(spoilt, known))


def test_a_day_that_stands_alone_moves_little() -> None:
    z = weekly() + noise(1, 0.05)
    spoilt = z.copy()
    spoilt[140] += 3
    assert np.abs(ahead_of(spoilt) - ahead_of(z)).max() < 0.1


def test_less_than_three_weeks_are_said_nothing_of() -> None:
    found = smoothed(weekly(30), np.ones(30), np.array([20, 21, 30]), AHEAD)
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1:]).all()
    assert np.isnan(smoothed(weekly(20), np.ones(20), np.array([20]), AHEAD)).all()
    assert NAME not in forecast(Series(MONDAY, 86_400, np.exp(weekly(20))), 7).mix


def test_only_the_last_days_of_a_long_history_are_looked_at() -> None:
    z = np.concatenate([noise(1, 1.0, 1500), weekly(700)])
    assert np.array_equal(ahead_of(z), ahead_of(z[1500:]))


def test_a_short_history_whose_level_wanders_is_forecast_better_than_by_the_week_before() -> None:
    ours, naive = [], []
    for seed in range(12):
        z = np.cumsum(noise(seed, 0.025, DAYS + AHEAD)) + weekly(DAYS + AHEAD) + noise(seed + 99, 0.03, DAYS + AHEAD)
        values = 1000 * np.exp(z)
        ours.append(smape(values[DAYS:], forecast(Series(MONDAY, 86_400, values[:DAYS]), AHEAD).p50))
        naive.append(smape(values[DAYS:], seasonal_naive(values[:DAYS], AHEAD, 7)))
    assert np.mean(ours) < np.mean(naive)


def test_a_member_that_needs_a_year_counts_as_soon_as_the_last_weeks_show_it() -> None:
    """Little more than a year, with a season: only the late origins tell that who knows the time of year is right."""
    days = np.arange(450)
    z = 0.5 * np.sin(2 * np.pi * days / 365.25) + weekly(450) + noise(5, 0.02, 450)
    mix = forecast(Series(MONDAY, 86_400, 1000 * np.exp(z)), 30).mix
    assert sum(share for name, share in mix.items() if "year" in name) > 0.5
