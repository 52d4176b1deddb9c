"""How many machines of each pool are paid for: at the floor, in all likelihood, at the ceiling.

least    every pool at its floor; reserved capacity whole, since it is paid for whether it is used or not
likely   the replicas that a forecast expects, else those that the objective needs, else half way from floor to
         ceiling, placed on the ladder in its order
most     all replicas of the ceiling: reserved capacity first, since it is there, then the dearest of the other steps
         that have room; steps without a known price last. A ladder's steps take one another's place, so their
         ceilings do not add up, and a pool that likely holds replicas may hold none in the dearest case

A placement that stands by (warm, pilot, cold) likely stays at its floor.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from intertie import catalog
from intertie.money.amount import ZERO, Range, exactly
from intertie.plan import Plan
from intertie.plan.hosts import replicas_on
from intertie.plan.types import PoolPlan, StagePlan

PAID_ANYWAY = frozenset({"odcr", "crg", "reservation", "capacity-block", "azure-block", "future-reservation"})
"""Kinds that are paid for whether they are used or not."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Machines of one pool that are paid for, and what the likely figure follows from."""

    pool: PoolPlan
    machines: Range
    basis: str


def quantities(
    plan: Plan, rates: Mapping[str, Range | None], replicas: Mapping[str, Decimal] | None = None
) -> tuple[Quantity, ...]:
    """Of every pool that the plan renders; () without a cluster of its own.

    `rates`: dollars per machine-hour by pool, for finding the dearest step; None is unknown.
    `replicas`: expected replicas by stage, from a forecast.
    """
    if "pools" not in plan.renders:
        return ()
    found = [_of_cpu(plan, pool, replicas or {}) for pool in plan.pools if pool.role != "accelerator"]
    for stage in plan.stages:
        if stage.on_accelerators:
            pools = [pool for pool in plan.pools if pool.stage == stage.name and pool.role == "accelerator"]
            found += _of_stage(plan, stage, pools, rates, (replicas or {}).get(stage.name))
    return tuple(found)


def per_node(plan: Plan, stage: StagePlan, pool: PoolPlan) -> int:
    """Replicas that one machine of the pool holds, as the plan counts them; 1 where a replica spans several."""
    if pool.hosts > 1 or stage.sizing is None:
        return 1
    machine = catalog.machine(plan.cloud, pool.machine)
    return max(1, replicas_on(machine, stage.spec, stage.sizing.accelerators))


def expected(plan: Plan, stage: StagePlan, forecast: Decimal | None) -> tuple[Decimal, str]:
    """Replicas in all likelihood, and why that many."""
    low, high = Decimal(stage.min_replicas), Decimal(stage.max_replicas)
    if forecast is not None:
        return min(max(forecast, low), high), "the forecast"
    if plan.tier != "hot":
        return low, f"the floor, while it stands by ({plan.tier})"
    needed = stage.throughput.replicas_for_objective if stage.throughput is not None else None
    if needed is not None:
        return min(max(Decimal(needed), low), high), "replicas for the objective"
    return (low + high) / 2, "half way from floor to ceiling: no forecast and no objective" if low < high else "fixed"


def _of_cpu(plan: Plan, pool: PoolPlan, forecast: Mapping[str, Decimal]) -> Quantity:
    """CPU pools: as far from floor to ceiling as the CPU stages are, on average. The system pool stays at its floor."""
    low, high = Decimal(pool.min_nodes), Decimal(pool.max_nodes)
    if plan.tier in ("pilot", "cold"):
        return Quantity(pool, exactly(low), f"the floor, while it stands by ({plan.tier})")
    stages = [stage for stage in plan.stages if pool.name in stage.pools and not stage.on_accelerators]
    shares = []
    for stage in stages:
        room = Decimal(stage.max_replicas - stage.min_replicas)
        count, _ = expected(plan, stage, forecast.get(stage.name))
        shares.append((count - stage.min_replicas) / room if room else ZERO)
    share = sum(shares, ZERO) / len(shares) if shares else ZERO
    basis = "follows the CPU stages' replicas" if shares else "the floor"
    return Quantity(pool, Range(low, low + (high - low) * share, high), basis)


@dataclass(slots=True)
class _Step:
    """A pool that is being filled."""

    pool: PoolPlan
    per_node: int
    floor: Decimal
    room: Decimal  # machines

    @property
    def hosts(self) -> int:
        return self.pool.hosts


def _of_stage(
    plan: Plan, stage: StagePlan, pools: Sequence[PoolPlan], rates: Mapping[str, Range | None],
    forecast: Decimal | None,
) -> list[Quantity]:  # fmt: skip
    steps = [
        _Step(pool, per_node(plan, stage, pool), Decimal(pool.min_nodes), Decimal(pool.max_nodes)) for pool in pools
    ]
    count, basis = expected(plan, stage, forecast)
    dearest_first = sorted(steps, key=lambda step: _dearness(step, rates))
    likely, most = _placed(steps, count), _placed(dearest_first, Decimal(stage.max_replicas))
    paid = {step.pool.name: step.room if step.pool.kind in PAID_ANYWAY else step.floor for step in steps}
    cases = [{name: max(paid[name], case[name]) for name in paid} for case in (paid, likely, most)]
    if _spent(cases[2], rates, "max") < _spent(cases[1], rates, "likely"):  # whole machines may round the wrong way
        cases[2] = cases[1]
    return [Quantity(step.pool, Range(*(case[step.pool.name] for case in cases)), basis) for step in steps]


def _spent(machines: Mapping[str, Decimal], rates: Mapping[str, Range | None], case: str) -> Decimal:
    """Dollars per hour of machines whose price is known."""
    return sum((count * getattr(rate, case) for name, count in machines.items() if (rate := rates.get(name))), ZERO)


def _dearness(step: _Step, rates: Mapping[str, Range | None]) -> tuple[int, Decimal, int]:
    """Reserved steps first, in their order; then the dearest per replica; last those whose price is unknown."""
    if step.pool.kind in PAID_ANYWAY:
        return 0, ZERO, step.pool.rank
    rate = rates.get(step.pool.name)
    if rate is None:
        return 2, ZERO, step.pool.rank
    return 1, -rate.max * step.hosts / step.per_node, step.pool.rank


def _placed(steps: Sequence[_Step], replicas: Decimal) -> dict[str, Decimal]:
    """Machines per pool when `replicas` are put on the steps in this order; whole machines but for the last part.

    An average of replicas may be fractional (2.4 over a month): so may the machines then.
    """
    placed = {step.pool.name: step.floor for step in steps}
    left = replicas - sum((_holds(step, step.floor) for step in steps), ZERO)
    for step in steps:
        if left <= 0:
            break
        free = step.room - step.floor
        wanted = left * step.hosts / step.per_node
        if wanted == wanted.to_integral_value() or left == left.to_integral_value():
            wanted = Decimal(math.ceil(left / step.per_node) * step.hosts)
        take = min(free, wanted)
        placed[step.pool.name] += take
        left -= _holds(step, take)
    return placed


def _holds(step: _Step, machines: Decimal) -> Decimal:
    return machines * step.per_node / step.hosts
