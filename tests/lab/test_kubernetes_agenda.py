"""The lab's agenda: what comes when, and what is no reason to move the clock."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from intertie.lab.agenda import Agenda, Scope


def test_what_is_due_comes_in_order_of_time_and_then_of_making() -> None:
    agenda, seen = Agenda(), []
    for name, due in (("c", 30), ("a", 10), ("b", 10), ("d", 99)):
        agenda.put(name, due, lambda name=name: seen.append(name))
    for act in agenda.take(30):
        act()
    assert seen == ["a", "b", "c"]
    assert agenda.next_due() == 99


def test_an_entry_takes_the_place_of_the_one_with_its_key() -> None:
    agenda, seen = Agenda(), []
    agenda.put("pod", 10, lambda: seen.append("old"))
    agenda.put("pod", 50, lambda: seen.append("new"))
    assert agenda.take(10) == []
    for act in agenda.take(50):
        act()
    assert seen == ["new"]


def test_nobody_moves_the_clock_for_a_patient_entry() -> None:
    agenda = Agenda()
    agenda.put("idle", 600, lambda: None, patient=True)
    assert agenda.next_due() is None
    agenda.put("ready", 900, lambda: None)
    assert agenda.next_due() == 900
    assert len(agenda.take(900)) == 2, "but when the clock gets there, it comes"


def test_an_owner_drops_its_own_entries_only() -> None:
    agenda = Agenda()
    one, other = (Scope(agenda, name, threading.RLock()) for name in ("one", "other"))
    one.put(("pod", "x", "pulled"), 5, lambda: None)
    one.put(("pod", "y", "pulled"), 6, lambda: None)
    other.put(("pod", "x", "pulled"), 7, lambda: None)
    one.drop("pod", "x")
    assert not one.has("pod", "x")
    assert one.has("pod", "y")
    assert other.has("pod", "x")
    one.drop()
    assert agenda.next_due() == 7


def test_what_an_owner_does_happens_under_its_lock() -> None:
    agenda, lock, held = Agenda(), threading.RLock(), []

    def tries() -> None:
        thread = threading.Thread(target=lambda: held.append(not lock.acquire(blocking=False)))
        thread.start()
        thread.join()

    Scope(agenda, "one", lock).put(("x",), 1, tries)
    for act in agenda.take(1):
        act()
    assert held == [True]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1000)), max_size=60), st.integers(0, 1000))
def test_everything_due_is_taken_once_and_nothing_else(entries: list[tuple[int, int]], now: int) -> None:
    agenda, last = Agenda(), {}
    for key, due in entries:
        agenda.put(key, due, lambda: None)
        last[key] = due
    assert len(agenda.take(now)) == sum(due <= now for due in last.values())
    later = [due for due in last.values() if due > now]
    assert agenda.next_due() == (min(later) if later else None)
    assert agenda.take(now) == []
