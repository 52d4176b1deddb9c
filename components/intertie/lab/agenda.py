"""What is going to happen, on the lab's own clock: pods become ready, nodes join.

The clock jumps to the next entry when nothing is going on any more, so that things that take long side by side take
as long as the longest of them, and none of them takes time on the wall.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any


@dataclass(order=True, slots=True)
class Entry:
    """Something at a virtual time. Entries of the same time come in the order in which they were made."""

    due: int
    order: int
    key: Hashable = field(compare=False)
    act: Callable[[], None] = field(compare=False)
    patient: bool = field(compare=False, default=False)
    dropped: bool = field(compare=False, default=False)


class Agenda:
    """Entries by key; thread-safe. A `patient` entry waits until the clock gets there by itself: it is no reason to
    move it, as nobody waits for an idle node to be taken away.
    """

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._by_key: dict[Hashable, Entry] = {}
        self._order = itertools.count()
        self._lock = threading.Lock()

    def put(self, key: Hashable, due: int, act: Callable[[], None], *, patient: bool = False) -> None:
        """Add an entry, in place of the one with the same key."""
        with self._lock:
            self._drop(key)
            entry = Entry(due, next(self._order), key, act, patient)
            self._by_key[key] = entry
            heapq.heappush(self._heap, entry)

    def drop(self, key: Hashable) -> None:
        with self._lock:
            self._drop(key)

    def drop_all(self, *beginning: Hashable) -> None:
        """Drop every entry whose key is a tuple that begins like this."""
        with self._lock:
            for key in [key for key in self._by_key if isinstance(key, tuple) and key[: len(beginning)] == beginning]:
                self._drop(key)

    def has(self, *beginning: Hashable) -> bool:
        """Whether an entry has a key that begins like this."""
        with self._lock:
            return any(isinstance(key, tuple) and key[: len(beginning)] == beginning for key in self._by_key)

    def next_due(self) -> int | None:
        """When the clock has to be next, if anybody is waiting for it."""
        with self._lock:
            return min((entry.due for entry in self._by_key.values() if not entry.patient), default=None)

    def take(self, now: int) -> list[Callable[[], None]]:
        """What is due, taken off, in order."""
        taken: list[Callable[[], None]] = []
        with self._lock:
            while self._heap and (self._heap[0].dropped or self._heap[0].due <= now):
                entry = heapq.heappop(self._heap)
                if not entry.dropped:
                    del self._by_key[entry.key]
                    taken.append(entry.act)
        return taken

    def _drop(self, key: Hashable) -> None:
        entry = self._by_key.pop(key, None)
        if entry is not None:
            entry.dropped = True


class Scope:
    """The entries of one owner, which act one at a time under its lock."""

    def __init__(self, agenda: Agenda, owner: Hashable, lock: AbstractContextManager[Any]) -> None:
        self._agenda = agenda
        self._owner = owner
        self.lock = lock

    def put(self, key: tuple[Hashable, ...], due: int, act: Callable[[], None], *, patient: bool = False) -> None:
        def locked() -> None:
            with self.lock:
                act()

        self._agenda.put((self._owner, *key), due, locked, patient=patient)

    def drop(self, *beginning: Hashable) -> None:
        self._agenda.drop_all(self._owner, *beginning)

    def has(self, *beginning: Hashable) -> bool:
        return self._agenda.has(self._owner, *beginning)
