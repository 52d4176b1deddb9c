"""The guard's states: up at once, down after a calm while, and unmoved by what cannot be believed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.money.guard.machine import Decision, Limits, Memory, Reading, State, decide
from intertie.money.guard.memory import from_data, to_data

START = datetime(2026, 6, 1, tzinfo=UTC)
LIMITS = Limits(monthly_usd=72_000.0)  # $100 an hour in a month of 30 days


def run(rates: list[float], limits: Limits = LIMITS, memory: Memory | None = None, minutes: int = 5) -> list[Decision]:
    """Readings every few minutes from the first of the month on, or from where the memory ends."""
    kept = memory if memory is not None else Memory()
    at = kept.samples[-1][0] if kept.samples else START - timedelta(minutes=minutes)
    decisions = []
    for rate in rates:
        at += timedelta(minutes=minutes)
        decisions.append(decide(kept, Reading(at, rate), limits))
        kept = decisions[-1].memory
    return decisions


def states(rates: list[float], **options) -> list[State]:
    return [decision.memory.state for decision in run(rates, **options)]


def test_spend_within_the_budget_is_ok() -> None:
    assert set(states([80.0] * 50)) == {State.OK}


def test_spend_near_the_budget_alerts_and_does_no_more() -> None:
    assert set(states([95.0] * 50)) == {State.ALERT}


def test_spend_above_the_budget_freezes_at_once_and_degrades_after_its_patience() -> None:
    found = states([120.0] * 6)
    assert found[0] is State.FREEZE
    assert found.index(State.DEGRADE) == 2  # ten minutes


def test_a_runaway_freezes_at_the_second_reading_that_shows_it() -> None:
    found = states([20.0] * 20 + [90.0, 90.0, 90.0, 90.0, 90.0])
    assert found[:21] == [State.OK] * 21
    assert found[21] is State.FREEZE
    assert found[23] is State.DEGRADE


def test_one_dear_reading_alone_is_no_runaway() -> None:
    assert set(states([20.0] * 20 + [90.0] + [20.0] * 20)) == {State.OK}


def test_what_the_forecast_expects_is_no_runaway() -> None:
    expected = Limits(72_000.0, expected_hourly=95.0)
    assert set(states([20.0] * 20 + [90.0] * 5, limits=expected)) == {State.OK}


def test_degrading_goes_on_group_by_group() -> None:
    assert [decision.memory.groups for decision in run([120.0] * 8)] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_spent_budget_stops_only_with_a_person_in_production() -> None:
    spent = run([100.0])[0].memory
    spent = from_data({**to_data(spent), "spent": 73_000.0})
    decision = run([100.0], memory=spent)[0]
    assert decision.memory.state is State.DEGRADE
    assert any("--approve-stop" in reason for reason in decision.reasons)
    assert run([100.0], Limits(72_000.0, approved=True), spent)[0].memory.state is State.STOP
    assert run([100.0], Limits(72_000.0, production=False), spent)[0].memory.state is State.STOP


def test_it_comes_down_one_state_at_a_time_after_a_calm_while() -> None:
    frozen = run([120.0] * 3)[-1].memory
    frozen = from_data({**to_data(frozen), "samples": [[frozen.samples[-1][0].isoformat(), 10.0]]})
    found = states([10.0] * 30, memory=frozen)
    assert found[:6] == [State.DEGRADE] * 6  # half an hour of calm first
    assert [found.index(state) for state in (State.FREEZE, State.ALERT, State.OK)] == [6, 12, 18]


def test_calm_that_is_broken_begins_anew() -> None:
    frozen = from_data({**to_data(run([120.0])[-1].memory), "samples": [[START.isoformat(), 10.0]]})
    found = states([10.0] * 5 + [400.0] + [10.0] * 5, memory=frozen)
    assert State.ALERT not in found
    assert State.OK not in found


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -1.0, 1e9, 50_000.0])
def test_an_implausible_meter_changes_nothing_and_says_so(rate: float) -> None:
    before = run([20.0] * 20)[-1].memory
    decision = run([rate], memory=before)[0]
    assert decision.held
    assert decision.memory == before
    assert decision.reasons[0].startswith("not believed: ")


def test_a_doubt_holds_a_frozen_guard_frozen() -> None:
    before = run([120.0])[-1].memory
    doubted = decide(before, Reading(START + timedelta(hours=9), 1.0, ("no price is known of p9.huge",)), LIMITS)
    assert (doubted.held, doubted.memory.state) == (True, State.FREEZE)


def test_a_clock_that_goes_back_is_not_believed() -> None:
    before = run([20.0] * 3)[-1].memory
    assert decide(before, Reading(START - timedelta(days=1), 20.0), LIMITS).held


def test_what_was_spent_between_readings_is_counted_at_the_dearer_rate() -> None:
    assert run([60.0, 120.0], minutes=60)[-1].memory.spent == pytest.approx(120.0)


def test_a_guard_that_begins_in_mid_month_holds_to_the_rest_of_the_budget() -> None:
    decision = decide(Memory(), Reading(START + timedelta(days=15), 80.0), LIMITS)
    assert decision.budget == pytest.approx(36_000.0)
    assert decision.memory.state is State.OK


def test_a_new_month_begins_a_new_count() -> None:
    end = datetime(2026, 6, 30, 23, 58, tzinfo=UTC)
    before = decide(Memory(), Reading(end, 80.0), LIMITS).memory
    after = decide(before, Reading(end + timedelta(minutes=5), 80.0), LIMITS).memory
    assert after.month == "2026-07"
    assert after.spent == pytest.approx(80.0 * 3 / 60)


def test_a_long_silence_does_not_spend_what_may_never_have_run() -> None:
    quiet = run([1.0])[-1].memory
    back = decide(quiet, Reading(START + timedelta(days=20), 90.0), LIMITS)
    assert back.memory.spent == pytest.approx(20 * 24 * 1.0)
    assert back.memory.state is State.OK
    ended = decide(run([90.0])[-1].memory, Reading(START + timedelta(days=20), 1.0), LIMITS)
    assert ended.memory.spent == pytest.approx(20 * 24 * 1.0)


def test_a_clock_that_was_wrong_says_how_the_guard_is_set_free() -> None:
    ahead = decide(Memory(), Reading(START + timedelta(days=9000), 20.0), LIMITS).memory
    held = decide(ahead, Reading(START, 20.0), LIMITS)
    assert held.held
    assert "delete the guard's memory (ConfigMap intertie-guard)" in held.reasons[0]


@given(st.lists(st.one_of(st.just(float("nan")), st.floats(-10, 2e7)), max_size=60), st.integers(1, 300))
def test_any_readings_keep_the_memory_readable_and_the_spend_rising(rates: list[float], minutes: int) -> None:
    spent, month = 0.0, ""
    for decision in run(rates, minutes=minutes):
        memory = decision.memory
        assert from_data(to_data(memory)).state is memory.state
        assert memory.spent >= spent - 1e-6 or memory.month != month
        assert memory.state is not State.STOP
        spent, month = memory.spent, memory.month


LEFT = to_data(run([120.0] * 3)[-1].memory)


@pytest.mark.parametrize("data", [{}, {"schema": "x"}, {"schema": "intertie.guard-memory/v1"},
                                  {**to_data(Memory()), "spent": -1}, {**to_data(Memory()), "state": "panic"},
                                  {**to_data(Memory()), "since": "2026-06-01"},
                                  {**LEFT, "groups": -1}, {**LEFT, "groups": float("inf")}, {**LEFT, "samples": []},
                                  {**LEFT, "month": ""}, {**LEFT, "month": "2026-07"}, {**LEFT, "counted_from": None},
                                  {**LEFT, "counted_from": "2026-05-31T00:00:00+00:00"},
                                  {**LEFT, "since": "2027-06-01T00:00:00+00:00"},
                                  {**LEFT, "calm_since": "2027-06-01T00:00:00+00:00"},
                                  {**LEFT, "samples": LEFT["samples"][::-1]}])  # fmt: skip
def test_what_is_no_memory_is_refused(data: dict) -> None:
    with pytest.raises(ValueError):
        from_data(data)
