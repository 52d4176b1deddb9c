"""Upgrades by generation: new pools beside the old ones, which drain and are then taken out of the description.

    generation: 1                    pools as always
    generation: 2, retiring: [1]     stages move to new pools; the old ones take nobody and shrink to nothing
    generation: 2                    the old ones are gone

A pool's name follows from its stage, step and generation, so that an old pool is never changed in place.
"""

from collections.abc import Sequence
from dataclasses import replace

from intertie.plan.naming import digest
from intertie.plan.operations import Operations
from intertie.plan.trail import Trail, listed
from intertie.plan.types import LABEL, PoolPlan, StagePlan, Taint

RETIRING = Taint(f"{LABEL}/retiring", "true", "NoSchedule")
"""On every node of a retiring pool: what runs there may finish, and nothing new comes."""

Planned = tuple[tuple[PoolPlan, ...], tuple[StagePlan, ...]]


def generations(
    pools: Sequence[PoolPlan], stages: Sequence[StagePlan], operations: Operations, trail: Trail
) -> Planned:
    """The pools of the current generation, then those of the ones that retire; stages are on the current ones."""
    if operations.generation == 1:
        return tuple(pools), tuple(stages)
    current = [_of(pool, operations.generation) for pool in pools]
    names = {pool.name: new.name for pool, new in zip(pools, current, strict=True)}
    moved = tuple(replace(stage, pools=tuple(names[name] for name in stage.pools)) for stage in stages)
    old = [_retired(_of(pool, earlier)) for earlier in operations.retiring for pool in pools]
    why = "`cluster.generation`: pools are replaced side by side, and never upgraded in place"
    trail.choose("cluster.generation", operations.generation, why)
    if old:
        shown = listed(pool.name for pool in old)
        trail.choose("cluster.retiring", shown, "they drain; take them out when they are empty")
    _note_reserved(old, trail)
    return (*current, *old), moved


def name_of(name: str, generation: int) -> str:
    """`^[a-z][a-z0-9]{0,11}$`: the name itself in the first generation, later its beginning and a hash of both."""
    return name if generation == 1 else f"{name[:6]}{digest(f'{name}/{generation}', 5)}{name[-1]}"


def _of(pool: PoolPlan, generation: int) -> PoolPlan:
    name = name_of(pool.name, generation)
    labels = {**dict(pool.labels), f"{LABEL}/pool": name}
    return replace(pool, name=name, generation=generation, labels=tuple(sorted(labels.items())))


def _retired(pool: PoolPlan) -> PoolPlan:
    """Its most nodes stay, so that nothing is taken away under what runs; the autoscaler empties it."""
    return replace(pool, retiring=True, min_nodes=0, initial_nodes=0, taints=(*pool.taints, RETIRING))


def _note_reserved(old: Sequence[PoolPlan], trail: Trail) -> None:
    reserved = [pool.name for pool in old if pool.kind not in ("on-demand", "spot", "flex-start")]
    if reserved:
        trail.note(
            f"pools {listed(reserved)} retire within their reservation: new nodes come as old ones go, so capacity is "
            "short by what is moving"
        )
