"""Which ceilings change in a state. Pure. Every change can be taken back, and none goes below a stage's floor."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from intertie.money.guard.machine import State
from intertie.money.guard.meter import Metered

RESERVED = frozenset({"odcr", "capacity-block", "crg", "azure-block", "reservation", "future-reservation"})
_SPOT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The bound of one stage's autoscaler. `before`: what it was when the guard first lowered it; None: it did not.

    `replicas`: how many its target runs; None: of a kind that the guard cannot read.
    """

    stage: str
    kind: str  # ScaledObject | HorizontalPodAutoscaler
    name: str
    floor: int
    ceiling: int
    replicas: int | None
    priority: str = "normal"  # low | normal | high
    before: int | None = None
    version: str = ""

    @property
    def own(self) -> int:
        """The ceiling that the description asks for."""
        return self.before if self.before is not None else self.ceiling

    @property
    def lowered(self) -> bool:
        """Whether it is below what the description asks for."""
        return self.ceiling < self.own

    @property
    def held(self) -> int:
        """The ceiling of a freeze: what runs now, or what it has been lowered to; as it is where neither is known."""
        now = self.ceiling if self.lowered or self.replicas is None else self.replicas
        return max(self.floor, 1, min(now, self.own))

    @property
    def object(self) -> str:
        """Which object it is: several of them may be of one stage."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Change:
    """A ceiling is set. `restores`: it is what it was before the guard."""

    target: Ceiling
    to: int
    restores: bool
    why: str

    def text(self) -> str:
        return f"{self.target.stage}: at most {self.target.ceiling} → {self.to} replicas ({self.why})"


def groups(ceilings: Iterable[Ceiling], metered: Metered) -> list[tuple[str, tuple[Ceiling, ...]]]:
    """Stages in the order in which they are degraded: on spot, of low priority, the others, on reserved capacity.

    Reserved capacity is paid for, used or not: giving it up saves nothing.
    """
    names = ("on spot capacity", "of low priority", "of normal priority", "of high priority", "on reserved capacity")
    found: dict[str, list[Ceiling]] = {name: [] for name in names}
    for one in sorted(ceilings, key=lambda each: each.stage):
        kinds = [node.kind for node in metered.of_stage(one.stage)]
        if kinds and all(kind in RESERVED for kind in kinds):
            group = "on reserved capacity"
        elif kinds and sum(kind == "spot" for kind in kinds) >= _SPOT_SHARE * len(kinds):
            group = "on spot capacity"
        else:
            group = f"of {one.priority} priority"
        found[group].append(one)
    return [(name, tuple(members)) for name, members in found.items() if members]


def changes(state: State, degraded: int, ceilings: Sequence[Ceiling], metered: Metered) -> tuple[Change, ...]:
    """What to change so that the ceilings are those of the state. Nothing when they are already."""
    wanted: dict[str, tuple[int, str]] = {}
    for one in ceilings:
        if state >= State.FREEZE:
            wanted[one.object] = one.held, "freeze: no growth"
        else:
            wanted[one.object] = one.own, "restored"
    if state >= State.DEGRADE:
        order = groups(ceilings, metered)
        count = len(order) if state is State.STOP else _spared(order, degraded)
        for name, members in order[:count]:
            for one in members:
                wanted[one.object] = min(max(one.floor, 1), one.own), f"{state.word}: stages {name} to their floor"
    return tuple(_changes(ceilings, wanted, state))


def _spared(order: Sequence[tuple[str, tuple[Ceiling, ...]]], degraded: int) -> int:
    """Degrading goes group by group, and spares reserved capacity unless there is nothing else."""
    last = len(order) - 1 if order and order[-1][0] == "on reserved capacity" and len(order) > 1 else len(order)
    return min(degraded, last)


def _changes(ceilings: Iterable[Ceiling], wanted: Mapping[str, tuple[int, str]], state: State) -> Iterable[Change]:
    for one in ceilings:
        to, why = wanted[one.object]
        restores = state < State.FREEZE
        if to != one.ceiling or (restores and one.before is not None):
            yield Change(one, to, restores, why)


def affordable(ceiling: Ceiling, metered: Metered, left: float, hours: float) -> int | None:
    """Replicas of a stage that what is left of the budget pays until the end of the month; None: not known."""
    hourly = sum(node.usd or 0.0 for node in metered.of_stage(ceiling.stage))
    if hourly <= 0 or not ceiling.replicas or hours <= 0:
        return None
    others = metered.hourly - hourly
    each = hourly / ceiling.replicas
    return max(ceiling.floor, int((left / hours - others) // each)) if left > 0 else ceiling.floor


def proposals(
    ceilings: Iterable[Ceiling], metered: Metered, left: float, hours: float
) -> tuple[dict[str, object], ...]:
    """Changes of the description, for a pull request: the guard itself changes no pool and no stack."""
    found = []
    for one in ceilings:
        count = affordable(one, metered, left, hours)
        if count is not None and count < one.own:
            found.append({"path": f"stages[{one.stage}].replicas.max", "from": one.own, "to": max(count, 1)})
    return tuple(found)
