"""One run of the guard over a cluster that fails, forgets and is killed at every step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from intertie.errors import OutsideError
from intertie.money.guard import Limits, State, tick
from intertie.money.guard.actions import Ceiling, Change, changes, groups
from intertie.money.guard.meter import metered
from intertie.money.prices import OwnPrice, Price, PriceBook

START = datetime(2026, 6, 1, tzinfo=UTC)
BOOK = PriceBook(
    tuple(
        OwnPrice("aws", "r", "gpu", kind, Price(Decimal(usd), "hour", kind, "test", "2026-05-01", "contract"))
        for kind, usd in (("on-demand", 10), ("spot", 4), ("odcr", 10))
    )
)
LIMITS = Limits(monthly_usd=72_000.0)


def node(name: str, stage: str, kind: str = "on-demand", machine: str = "gpu") -> dict[str, Any]:
    labels = {
        "node.kubernetes.io/instance-type": machine,
        "topology.kubernetes.io/region": "r",
        "intertie.dev/stage": stage,
        "intertie.dev/capacity": kind,
    }
    return {"metadata": {"name": name, "labels": labels}, "status": {"capacity": {"nvidia.com/gpu": "8"}}}


class Killed(BaseException):
    """Not an error: the process is gone."""


@dataclass
class Fake:
    """A cluster in memory. `dies`: number of the call at which the guard's process is killed."""

    stages: dict[str, Ceiling]
    kinds: dict[str, str] = field(default_factory=dict)
    memory: Mapping[str, Any] | None = None
    dies: int = -1
    refuses: bool = False
    calls: int = 0

    def _called(self) -> None:
        self.calls += 1
        if self.calls == self.dies:
            raise Killed

    def nodes(self) -> Sequence[Mapping[str, Any]]:
        self._called()
        return [
            node(f"{name}-{i}", name, self.kinds.get(name, "on-demand"))
            for name, one in self.stages.items()
            for i in range(one.replicas or 0)
        ]

    def ceilings(self) -> Sequence[Ceiling]:
        self._called()
        return tuple(self.stages.values())

    def change(self, change: Change) -> None:
        self._called()
        if self.refuses:
            raise OutsideError("409 conflict")
        one = change.target
        self.stages[one.stage] = replace(one, ceiling=change.to, before=None if change.restores else one.own)
        self._called()

    def remembered(self) -> Mapping[str, Any] | None:
        self._called()
        return self.memory

    def remember(self, data: Mapping[str, Any]) -> None:
        self._called()
        self.memory = data
        self._called()


def stage(name: str, replicas: int, ceiling: int = 20, floor: int = 1, priority: str = "normal") -> Ceiling:
    return Ceiling(name, "ScaledObject", name, floor, ceiling, replicas, priority)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def grow(cluster: Fake, by: int = 2) -> None:
    """An autoscaler that loops: more replicas, up to the ceiling; down at once when the ceiling falls."""
    for name, one in cluster.stages.items():
        cluster.stages[name] = replace(one, replicas=min((one.replicas or 0) + by, one.ceiling))


def one_run(cluster: Fake, minute: int, act: bool = True, limits: Limits = LIMITS) -> State:
    return tick(cluster, limits, BOOK, cloud="aws", placement="p", at=at(minute), act=act).state


def test_a_runaway_is_stopped_at_the_reading_that_shows_it_and_restored_when_it_is_over() -> None:
    cluster = Fake({"a": stage("a", 2)})
    states, peak = [], 0
    for minute in range(0, 80, 5):
        states.append(one_run(cluster, minute))
        grow(cluster)
        peak = max(peak, cluster.stages["a"].replicas or 0)
    assert State.FREEZE in states
    assert peak <= 18  # ten are what the budget pays all day, 15 in its busiest hours; 16 are seen, 2 more on their way
    assert cluster.stages["a"].replicas == 1  # degraded to its floor
    for minute in range(80, 60 * 30, 20):
        one_run(cluster, minute)
    assert cluster.stages["a"] == replace(stage("a", 1), replicas=1)


def test_without_being_told_to_act_no_ceiling_is_touched() -> None:
    cluster = Fake({"a": stage("a", 15)})
    before = dict(cluster.stages)
    for minute in range(0, 60, 5):
        assert one_run(cluster, minute, act=False) >= State.FREEZE
    assert cluster.stages == before


def test_spot_goes_first_then_low_priority_and_reserved_capacity_last() -> None:
    stages = [
        stage("c", 2),
        stage("r", 2),
        stage("b", 2, priority="low"),
        stage("s", 2),
        stage("h", 2, priority="high"),
    ]
    kinds = {"s": "spot", "r": "odcr"}
    nodes = [node(f"{one.stage}{i}", one.stage, kinds.get(one.stage, "on-demand")) for one in stages for i in (0, 1)]
    seen = metered(nodes, "aws", BOOK)
    assert [members[0].stage for _, members in groups(stages, seen)] == ["s", "b", "c", "h", "r"]
    lowered = [[change.target.stage for change in changes(State.DEGRADE, count, stages, seen) if change.to == 1]
               for count in range(1, 7)]  # fmt: skip
    assert [set(names) for names in lowered] == [{"s"}, {"s", "b"}, {"s", "b", "c"}, *[{"s", "b", "c", "h"}] * 3]
    assert {change.target.stage for change in changes(State.STOP, 0, stages, seen) if change.to == 1} == set("crbsh")


def test_nothing_goes_below_its_floor_and_freezing_raises_nothing() -> None:
    low = replace(stage("a", 3, floor=3), before=20, ceiling=4)
    seen = metered([node("n", "a")], "aws", BOOK)
    assert [change.to for change in changes(State.STOP, 5, [low], seen)] == [3]
    assert changes(State.FREEZE, 0, [low], seen) == ()


def test_an_unknown_price_freezes_the_guard_and_is_told() -> None:
    cluster = Fake({"a": stage("a", 19)}, {"a": "mystery"})
    outcome = tick(cluster, LIMITS, BOOK, cloud="aws", placement="p", at=START, act=True)
    assert (outcome.decision.held, outcome.changes, cluster.memory) == (True, (), None)
    assert outcome.decision.reasons == ("not believed: no price is known of gpu in r, mystery",)


@pytest.mark.parametrize(("usd", "said"), [("0", "the price of gpu is $0"), ("1e8", "the meter says $1.9e+09 an hour")])
def test_a_price_that_cannot_be_changes_nothing_and_is_told(usd: str, said: str) -> None:
    price = Price(Decimal(usd), "hour", "on-demand", "test", "2026-05-01", "contract")
    book = PriceBook((OwnPrice("aws", "r", "gpu", "on-demand", price),))
    cluster = Fake({"a": stage("a", 19)})
    outcome = tick(cluster, LIMITS, book, cloud="aws", placement="p", at=START, act=True)
    assert (outcome.decision.held, outcome.changes, cluster.memory) == (True, (), None)
    assert outcome.decision.reasons == (f"not believed: {said}",)


def test_a_pipeline_whose_ceilings_are_gone_is_metered_and_nothing_is_done() -> None:
    cluster = Fake({"a": stage("a", 19)})
    nodes = cluster.nodes()
    cluster.stages = {}
    cluster.nodes = lambda: nodes  # type: ignore[method-assign]
    outcome = tick(cluster, LIMITS, BOOK, cloud="aws", placement="p", at=START, act=True)
    assert (outcome.state, outcome.changes, outcome.failed) == (State.FREEZE, (), ())


def test_a_cluster_without_nodes_is_not_taken_for_free() -> None:
    outcome = tick(Fake({"a": stage("a", 0)}), LIMITS, BOOK, cloud="aws", placement="p", at=START, act=True)
    assert outcome.decision.held


def test_what_is_refused_is_told_and_tried_again() -> None:
    cluster = Fake({"a": stage("a", 15)}, refuses=True)
    outcome = tick(cluster, LIMITS, BOOK, cloud="aws", placement="p", at=START, act=True)
    assert outcome.done == ()
    assert "409 conflict" in outcome.failed[0]
    cluster.refuses = False
    one_run(cluster, 5)
    assert cluster.stages["a"].ceiling == 15


def test_a_lost_memory_does_not_set_frozen_stages_free() -> None:
    cluster = Fake({"a": stage("a", 15)})
    one_run(cluster, 0)
    assert cluster.stages["a"].before == 20
    cluster.stages["a"] = replace(cluster.stages["a"], replicas=2)
    for broken in (None, {"schema": "?"}):
        cluster.memory = broken
        assert one_run(cluster, 5) >= State.FREEZE
        assert cluster.stages["a"].before == 20


def test_a_change_of_the_description_is_proposed_never_made() -> None:
    cluster = Fake({"a": stage("a", 15)})
    outcome = tick(cluster, LIMITS, BOOK, cloud="aws", placement="p", at=START, act=True)
    assert outcome.proposals == ({"path": "stages[a].replicas.max", "from": 20, "to": 10},)


@pytest.mark.parametrize("dies", range(1, 40))
def test_killed_anywhere_it_never_makes_things_worse(dies: int) -> None:
    """At each call in turn the process is gone; then the guard runs again. Invariants hold at every moment."""
    cluster = Fake({"a": stage("a", 14), "s": stage("s", 14, floor=2)}, {"s": "spot"}, dies=dies)
    for minute in range(0, 40, 5):
        try:
            one_run(cluster, minute)
        except Killed:
            cluster.dies = -1
        for name, one in cluster.stages.items():
            assert one.floor <= one.ceiling <= 20
            assert one.own == 20, f"what {name} may have after the guard is kept"
            assert (one.before is None) == (one.ceiling == 20)
        grow(cluster)
    assert cluster.stages["s"].ceiling == 2
    for minute in range(40, 60 * 30, 30):
        one_run(cluster, minute)
    assert {one.ceiling for one in cluster.stages.values()} == {20}
    assert {one.before for one in cluster.stages.values()} == {None}
