"""Waiting on the lab's clock: as long as the provider would, in moments of wall time."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from intertie.lab.kube.readiness import Verdict
from intertie.lab.world import World

WALL_SECONDS = 180.0
"""Longest wait on the wall, whatever the lab's clock says."""
_LOOKS = (0.03, 0.25)  # seconds between looks: at first, and at most
_CERTAIN = 2.0
_RESIGNED = 8.0
"""Seconds of complete quiet after which nothing is going to change: when there is a reason for it, and when none is
known."""
COLLECTION_SECONDS = 45.0
"""What Kubernetes' own garbage collector may need on the wall: every 30 s, and whenever kinds come or go, it stops
until it knows all kinds anew. Source: `garbageCollector.Sync` in kubernetes' cmd/kube-controller-manager/app/core.go.
"""


def at_work(world: World, seconds: float = 1.0) -> None:
    """Say that something goes on for so long although the clusters are quiet: nobody shall take that for the end."""
    world.set_meta("at_work", str(time.time() + seconds))


def idle_seconds(world: World) -> float:
    """Seconds of wall time since anybody did anything in the lab, as far as the world knows."""
    rows = world.query("select wall from events order by seq desc limit 1")
    last = max(rows[0][0] if rows else 0.0, float(world.meta("at_work") or 0))
    return max(0.0, time.time() - last)


@dataclass
class TimedOutError(Exception):
    """It was not ready in time."""

    reasons: tuple[str, ...]


@dataclass
class CancelledError(Exception):
    """Somebody who asked for it does not want it any more."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one operation waits. `cancelled` ends every wait.

    `seconds` are on the lab's clock. `at_least` are on the wall: for what Kubernetes itself does, which knows nothing
    of the lab's clock, and is not late when somebody else's waiting moved that. A verdict that is stuck ends them.
    """

    world: World
    seconds: float
    cancelled: threading.Event
    at_least: float = 0.0

    def until(self, look: Callable[[], Verdict]) -> None:
        """Until the verdict is good. TimedOutError when the time on the lab's clock is over.

        When nothing is going on in the lab any more, and the verdict is bad, the clock moves on to that moment: there
        is nothing to wait for.
        """
        deadline = self.world.now() + round(self.seconds * 1000)
        began = time.monotonic()
        pause = _LOOKS[0]
        while not (verdict := look()).ready:
            if self.cancelled.wait(pause):
                raise CancelledError(verdict.reasons)
            pause = min(pause * 1.3, _LOOKS[1])
            if not verdict.stuck and time.monotonic() - began < self.at_least:
                continue
            if self.world.now() >= deadline or time.monotonic() - began > WALL_SECONDS:
                self._last_look(look)
                return
            if self._quiet_for() > (_CERTAIN if verdict.stuck else _RESIGNED):
                self.world.reach(deadline)

    def _last_look(self, look: Callable[[], Verdict]) -> None:
        verdict = look()
        if not verdict.ready:
            raise TimedOutError(verdict.reasons)

    def _quiet_for(self) -> float:
        """Seconds since the lab's supervisor saw the last thing happen, when it knows of nothing that is to come."""
        since = self.world.meta("quiet")
        return min(time.time() - float(since), idle_seconds(self.world)) if since else 0.0
