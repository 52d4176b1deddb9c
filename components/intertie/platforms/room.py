"""Whether a placement's address ranges hold what its pools may grow to: the same count for every cloud.

A cloud would find out when it scales up, pool by pool, while callers wait.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from intertie.errors import Problem
from intertie.plan import Plan, PoolPlan

_HINT = "give the placement a larger range under `network`, or lower `replicas.max`"


@dataclass(frozen=True, slots=True)
class Room:
    """One range: the field of `network` that says it, what it has room for, and what is asked of it at most."""

    field: str
    what: str  # "nodes, each of which takes one address of 10.64.0.0/19"
    asked: int
    room: int
    unit: str = "nodes"


def problems(plan: Plan, rooms: Iterable[Room], source: str) -> list[Problem]:
    """One problem per range that is too small; () where the tier has no cluster."""
    if "cluster" not in plan.renders:
        return []
    return [
        Problem(
            path=f"placements.{plan.placement}.network.{each.field}",
            found=f"pools that may grow to {each.asked} {each.what}",
            allowed=f"at most {each.room} {each.unit}",
            hint=_HINT,
            source=source,
        )
        for each in rooms
        if each.asked > each.room
    ]


def most_nodes(plan: Plan) -> int:
    """Nodes that there can be at the same time, with those that an upgrade adds."""
    return most(plan, lambda pool: pool.max_nodes + pool.surge)


def most(plan: Plan, weight: Callable[[PoolPlan], int]) -> int:
    """The largest sum of the pools' weights at the same time: steps of a stage's ladder take one another's place.

    Pools of one step stand beside each other: those of several zones, and those of a generation that drains.
    """
    steps: dict[tuple[str, int], int] = {}
    for pool in plan.accelerator_pools():
        steps[pool.stage, pool.rank] = steps.get((pool.stage, pool.rank), 0) + weight(pool)
    largest = {stage: max(sum_ for (each, _), sum_ in steps.items() if each == stage) for stage, _ in steps}
    return sum(largest.values()) + sum(weight(pool) for pool in plan.pools if pool.role != "accelerator")
