"""What a forecast must be whatever it is given, and what it must see in series whose future is known."""

import warnings
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intertie.errors import InputError
from intertie.money.forecast import Clock, Event, Forecast, Series, forecast
from intertie.money.forecast.metrics import coverage, seasonal_naive, smape

MONDAY = 1_767_571_200  # 2026-01-05
DAY, HOUR = 86_400, 3600


def days(values: object, **more) -> Series:
    return Series(MONDAY, DAY, np.asarray(values, dtype=float), **more)


def hours(values: object) -> Series:
    return Series(MONDAY, HOUR, np.asarray(values, dtype=float))


def weekly(count: int, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(count)
    return 1000 * np.exp(0.05 * noise) * np.where(np.arange(count) % 7 >= 5, 0.5, 1.0)


def is_sound(ahead: Forecast) -> bool:
    arrays = (ahead.p10, ahead.p50, ahead.p90, ahead.paths)
    ordered = (ahead.p10 <= ahead.p50 * (1 + 1e-9) + 1e-9).all() and (ahead.p50 <= ahead.p90 * (1 + 1e-9) + 1e-9).all()
    return bool(all(np.isfinite(one).all() and (one >= 0).all() for one in arrays) and ordered)


@given(
    st.lists(st.one_of(st.just(float("nan")), st.just(0.0), st.floats(0, 1e15)), min_size=1, max_size=80),
    st.sampled_from([(DAY, 30), (HOUR, 48), (900, 96)]),
)
@settings(max_examples=60, deadline=None)
def test_any_history_gives_ordered_finite_quantiles(values: list[float], form: tuple[int, int]) -> None:
    if not np.isfinite(values).any():
        values = [*values, 1.0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert is_sound(forecast(Series(MONDAY, form[0], np.array(values)), form[1]))


@pytest.mark.parametrize("count", [1, 2, 3, 6, 13, 20])
def test_a_short_history_says_so_and_stays_near_what_it_has_seen(count: int) -> None:
    ahead = forecast(days(np.full(count, 50.0)), 30)
    assert np.allclose(ahead.p50, 50, rtol=0.05)
    if count < 6:
        assert any("too short" in note for note in ahead.notes)
        assert ahead.p90[0] > 60


def test_two_days_of_hours_repeat_their_hours() -> None:
    shape = np.tile(np.where(np.arange(24) < 12, 10.0, 90.0), 2)
    assert np.allclose(forecast(hours(shape), 24).p50, shape[:24], rtol=0.05)


def test_the_same_series_gives_the_same_numbers() -> None:
    one, two = (forecast(days(weekly(90)), 30) for _ in range(2))
    assert (one.paths == two.paths).all()


def test_weekdays_are_told_apart() -> None:
    ahead = forecast(days(weekly(91)), 28).p50.reshape(4, 7)
    assert (ahead[:, 5:] < 600).all()
    assert (ahead[:, :5] > 900).all()


def test_growth_goes_on() -> None:
    grown = weekly(200) * np.exp(0.005 * np.arange(200))
    assert forecast(days(grown), 28).p50.sum() > 1.08 * grown[-28:].sum()


def test_a_level_that_changed_for_good_is_found_dated_and_followed() -> None:
    history = weekly(120) * np.where(np.arange(120) < 90, 1.0, 2.0)
    ahead = forecast(days(history), 28)
    assert any("the level changed for good on 2026-04-05" in note for note in ahead.notes)
    assert 0.9 < ahead.p50.sum() / history[-28:].sum() < 1.1


def test_one_freak_day_does_not_move_the_forecast() -> None:
    history = weekly(120)
    spoilt = history.copy()
    spoilt[110] *= 20
    ahead = forecast(days(spoilt), 28)
    assert abs(ahead.p50.sum() / forecast(days(history), 28).p50.sum() - 1) < 0.05
    assert any("stand alone" in note for note in ahead.notes)


def test_weekends_without_use_are_forecast_as_none() -> None:
    history = weekly(90) * (np.arange(90) % 7 < 5)
    ahead = forecast(days(history), 28)
    weekend = (np.arange(90, 118) % 7) >= 5
    assert (ahead.p90[weekend] == 0).all()
    assert (ahead.p10[~weekend] > 500).all()


def test_a_series_of_zeros_is_forecast_as_zeros() -> None:
    assert (forecast(days(np.zeros(60)), 30).p50 == 0).all()


def test_what_lies_before_a_launch_is_left_out() -> None:
    ahead = forecast(days([*np.zeros(50), *weekly(28)]), 7)
    assert "50 steps before the first use are left out" in ahead.notes
    assert ahead.p50[0] > 500
    assert ahead.texts()[0] == "2026-03-24T00:00:00"


def test_gaps_do_not_pull_the_level_down() -> None:
    history = weekly(90)
    history[[3, 40, 41, 42, 77]] = np.nan
    assert abs(forecast(days(history), 28).p50.sum() / forecast(days(weekly(90)), 28).p50.sum() - 1) < 0.03


def test_a_holiday_is_learned_from_last_years() -> None:
    count = (date(2025, 12, 10) - date(2024, 1, 1)).days
    history = 1000 * np.exp(0.02 * np.random.default_rng(3).standard_normal(count))
    history[(date(2024, 12, 25) - date(2024, 1, 1)).days] = 300
    known = Series(1_704_067_200, DAY, history)
    at = (date(2025, 12, 25) - date(2025, 12, 10)).days
    assert forecast(known, 30, place="US").p50[at] < 0.8 * forecast(known, 30).p50[at]


def test_an_event_that_was_never_seen_does_what_the_user_says() -> None:
    launch = Event("launch", date(2026, 4, 20), date(2026, 4, 21), 3.0)
    plain, told = forecast(days(weekly(91)), 28).p50, forecast(days(weekly(91)), 28, events=[launch]).p50
    at = (date(2026, 4, 20) - date(2026, 4, 6)).days
    assert np.allclose(told[at : at + 2] / plain[at : at + 2], 3.0, rtol=0.01)
    assert np.allclose(np.delete(told, [at, at + 1]), np.delete(plain, [at, at + 1]), rtol=0.01)


def test_an_event_that_was_seen_before_does_what_it_did_then() -> None:
    history = weekly(91)
    history[60:62] *= 2.5
    sales = [Event("sale", date(2026, 3, 6), date(2026, 3, 7)), Event("sale", date(2026, 4, 10), date(2026, 4, 11))]
    at = (date(2026, 4, 10) - date(2026, 4, 6)).days
    told, plain = forecast(days(history), 28, events=sales).p50, forecast(days(weekly(91)), 28).p50
    assert 1.3 < told[at] / plain[at] < 3


def test_intervals_of_a_steady_series_cover_about_what_they_say() -> None:
    shares = []
    for seed in range(12):
        values = weekly(230, seed)
        ahead = forecast(days(values[:200]), 30)
        shares.append(coverage(values[200:], ahead.p10, ahead.p90))
    assert 0.75 < np.mean(shares) < 0.93


def test_hours_beat_the_week_before_on_a_noisy_daily_rhythm() -> None:
    noise = np.random.default_rng(5).standard_normal(24 * 100)
    values = (100 + 60 * np.sin(np.arange(24 * 100) * 2 * np.pi / 24)) * np.exp(0.15 * noise)
    ahead = forecast(hours(values[: 24 * 70]), 720)
    naive = seasonal_naive(values[: 24 * 70], 720, 168)
    assert smape(values[24 * 70 :], ahead.p50) < 0.85 * smape(values[24 * 70 :], naive)


def test_what_is_older_than_ten_years_is_left_out() -> None:
    values = np.full(80_000, np.nan)
    values[[0, 79_990, 79_999]] = 5.0
    ahead = forecast(Series(0, DAY, values), 7)
    assert any("older than ten years" in note for note in ahead.notes)
    assert np.allclose(ahead.p50, 5, rtol=0.05)


def test_more_steps_than_make_sense_are_refused() -> None:
    with pytest.raises(InputError, match="choose longer ones with --step"):
        forecast(days(weekly(30)), 20_001)


def test_days_keep_their_dates_when_daylight_saving_ends_before_a_launch() -> None:
    start = int(datetime(2026, 10, 21, tzinfo=ZoneInfo("Europe/Stockholm")).timestamp())
    known = Series(start, DAY, np.array([0.0] * 10 + [5.0] * 21), Clock(ZoneInfo("Europe/Stockholm")))
    assert known.texts(0, 1) == ["2026-10-21T00:00:00+02:00"]
    assert known.texts(31, 32) == forecast(known, 3).texts()[:1] == ["2026-11-21T00:00:00+01:00"]
