"""One run of the guard: read, decide, act, remember.

It may be killed anywhere. Each change is one patch that carries, on the object itself, what the ceiling was before: so
whatever was done can be taken back by the next run, whoever runs it. Ceilings come down before memory is written, and a
run that finds lowered ceilings without memory takes the cluster for frozen, not for well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from intertie.errors import OutsideError
from intertie.money.guard.actions import Ceiling, Change, changes, proposals
from intertie.money.guard.machine import Decision, Limits, Memory, Reading, State, decide, month_of
from intertie.money.guard.memory import from_data, to_data
from intertie.money.guard.meter import Metered, metered
from intertie.money.prices import PriceBook


class Cluster(Protocol):
    """All that the guard asks of a cluster. Failures are `OutsideError`."""

    def nodes(self) -> Sequence[Mapping[str, Any]]: ...

    def ceilings(self) -> Sequence[Ceiling]: ...

    def change(self, change: Change) -> None:
        """One patch, refused when the object is not the one that was read."""
        ...

    def remembered(self) -> Mapping[str, Any] | None: ...

    def remember(self, data: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run saw, decided and did."""

    decision: Decision
    metered: Metered
    hourly: float
    changes: tuple[Change, ...]
    done: tuple[Change, ...]
    failed: tuple[str, ...]
    notes: tuple[str, ...]
    proposals: tuple[dict[str, object], ...]

    @property
    def state(self) -> State:
        return self.decision.memory.state

    def to_json(self) -> dict[str, Any]:
        """`intertie.guard/v1`."""
        return {
            "schema": "intertie.guard/v1",
            "state": self.state.word,
            "held": self.decision.held,
            "hourly_usd": round(self.hourly, 4),
            "spent_usd": round(self.decision.memory.spent, 2),
            "projected_usd": round(self.decision.projected, 2),
            "budget_usd": round(self.decision.budget, 2),
            "reasons": list(self.decision.reasons),
            "changes": [_change_json(change, change in self.done) for change in self.changes],
            "failed": list(self.failed),
            "notes": list(self.notes),
            "proposals": list(self.proposals),
        }


def tick(
    cluster: Cluster, limits: Limits, book: PriceBook, *, cloud: str, placement: str, at: datetime, act: bool = False
) -> Outcome:
    """One run at the time `at`. Without `act` no ceiling is touched."""
    ceilings, notes = cluster.ceilings(), []
    memory, told = _memory(cluster, ceilings, at)
    notes += told
    unread = ", ".join(one.object for one in ceilings if one.replicas is None)
    notes += [f"replicas of the targets of {unread} are not known: a freeze leaves their ceilings"] if unread else []
    seen = metered(cluster.nodes(), cloud, book, placement)
    decision = decide(memory, Reading(at, seen.hourly, seen.doubts), limits)
    after = decision.memory
    wanted = () if decision.held else changes(after.state, after.groups, ceilings, seen)
    done, failed = _act(cluster, wanted) if act else ((), ())
    if not decision.held:
        kept = after if act else replace(after, state=min(after.state, State.ALERT), groups=0)
        cluster.remember(to_data(kept))
    hours = (month_of(at)[1] - at) / timedelta(hours=1)
    offered = proposals(ceilings, seen, decision.budget - after.spent, hours) if after.state >= State.FREEZE else ()
    return Outcome(decision, seen, seen.hourly, wanted, done, failed, tuple(notes), offered)


def _act(cluster: Cluster, wanted: Sequence[Change]) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Each change by itself: one that fails is told, and tried again in the next run."""
    done: list[Change] = []
    failed: list[str] = []
    for change in wanted:
        try:
            cluster.change(change)
            done.append(change)
        except OutsideError as error:
            failed.append(f"{change.text()}: {error}")
    return tuple(done), tuple(failed)


def _memory(cluster: Cluster, ceilings: Sequence[Ceiling], at: datetime) -> tuple[Memory, list[str]]:
    data = cluster.remembered()
    try:
        memory, notes = (from_data(data), []) if data is not None else (Memory(), [])
    except ValueError as error:
        memory, notes = Memory(), [f"the memory cannot be read and begins anew: {error}"]
    lowered = ", ".join(one.stage for one in ceilings if one.lowered)
    if memory.state < State.FREEZE and lowered:
        notes.append(f"ceilings that a guard lowered are found ({lowered}): taken for frozen")
        memory = replace(memory, state=State.FREEZE, since=at)
    return memory, notes


def _change_json(change: Change, done: bool) -> dict[str, Any]:
    one = change.target
    return {
        "stage": one.stage,
        "object": one.object,
        "from": one.ceiling,
        "to": change.to,
        "floor": one.floor,
        "why": change.why,
        "done": done,
    }
