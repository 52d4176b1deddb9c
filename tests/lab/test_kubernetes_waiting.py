"""Waiting on the lab's clock, and how it goes with what Kubernetes does on the wall."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from intertie.lab.kube import readiness
from intertie.lab.kube.readiness import Verdict
from intertie.lab.kube.waiting import CancelledError, Patience, TimedOutError
from intertie.lab.world import World

WAITS = Verdict(False, ("still there",))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "world.sqlite")


def answers(*verdicts: Verdict) -> Callable[[], Verdict]:
    """These in turn; the last of them from then on."""
    left = list(verdicts)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def patience(world: World, at_least: float = 0.0) -> Patience:
    return Patience(world, 300, threading.Event(), at_least)


def test_who_waits_is_late_when_the_labs_clock_has_passed_the_time(world: World) -> None:
    def look() -> Verdict:
        world.reach(300_000)
        return WAITS

    with pytest.raises(TimedOutError) as late:
        patience(world).until(look)
    assert late.value.reasons == ("still there",)


def test_a_deletion_is_not_late_because_somebody_elses_waiting_moved_the_labs_clock(world: World) -> None:
    world_moves = answers(WAITS, WAITS, WAITS, WAITS, Verdict(True))

    def look() -> Verdict:
        world.reach(300_000)
        return world_moves()

    patience(world, at_least=30).until(look)


def test_a_deletion_is_late_when_the_wall_says_so_too(world: World) -> None:
    world.reach(1)
    began = time.monotonic()

    def look() -> Verdict:
        world.reach(301_000)
        return WAITS

    with pytest.raises(TimedOutError):
        patience(world, at_least=0.3).until(look)
    assert time.monotonic() - began >= 0.3


def test_what_somebody_else_must_let_go_is_late_by_the_labs_clock_alone(world: World) -> None:
    def look() -> Verdict:
        world.reach(300_000)
        return Verdict(False, ("kept",), stuck=True)

    with pytest.raises(TimedOutError) as late:
        patience(world, at_least=60).until(look)
    assert late.value.reasons == ("kept",)


def test_a_cancelled_wait_ends_at_once_whatever_the_wall_says(world: World) -> None:
    waiting = patience(world, at_least=60)
    waiting.cancelled.set()
    with pytest.raises(CancelledError):
        waiting.until(lambda: WAITS)


@pytest.mark.parametrize("finalizers", [[], ["foregroundDeletion"], ["kubernetes", "orphan"]])
def test_what_kubernetes_itself_takes_off_is_not_stuck(finalizers: list[str]) -> None:
    verdict = readiness.gone({"metadata": {"finalizers": finalizers}}, "left")
    assert verdict == Verdict(False, ("left",), stuck=False)


def test_a_finalizer_of_somebody_else_is_stuck_and_an_object_that_is_not_there_has_gone() -> None:
    assert readiness.gone({"metadata": {"finalizers": ["foregroundDeletion", "acme.example.com/keep"]}}, "left").stuck
    assert readiness.gone(None, "left").ready
