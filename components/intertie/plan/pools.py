"""Accelerator pools: one per step of the ladder, the floor of the replicas on the first that can hold it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from intertie import catalog
from intertie.plan.candidate import Candidate, Rung
from intertie.plan.hosts import replicas_on
from intertie.plan.naming import pool_name
from intertie.plan.site import Site
from intertie.plan.startup import weights_gib
from intertie.plan.tiers import replicas
from intertie.plan.trail import Trail
from intertie.plan.types import LABEL, PoolPlan, Taint
from intertie.plan.zones import pool_zones
from intertie.spec import CapacityKind, StageSpec, Tier

MOST_SLICES = 50
IMAGES_GIB = 100  # room for the node's own files and two runtime images
LEAST_DISK_GIB, MOST_DISK_GIB = 200, 4000


@dataclass(frozen=True, slots=True)
class Order:
    """What pools are made for: a stage, at a placement, on the accelerators that were chosen."""

    site: Site
    stage: StageSpec
    found: Candidate


@dataclass(frozen=True, slots=True)
class Rack:
    """What one step can hold: `nodes` at most; a replica takes `hosts` of them, or shares one with others."""

    rung: Rung
    nodes: int
    hosts: int
    per_node: int

    @property
    def replicas(self) -> int:
        return self.nodes // self.hosts if self.hosts > 1 else self.nodes * self.per_node

    def nodes_for(self, count: int) -> int:
        return count * self.hosts if self.hosts > 1 else math.ceil(count / self.per_node)


def racks(stage: StageSpec, found: Candidate) -> tuple[Rack, ...]:
    """Most nodes of each step: its `count`, else what the most replicas need."""
    sized = found.sizing
    made = []
    for rung in found.rungs:
        per_node = 1 if sized.nodes > 1 else max(1, replicas_on(rung.machine, stage, sized.accelerators))
        whole = Rack(rung, 0, sized.nodes, per_node)
        made.append(Rack(rung, rung.step.claim.count or whole.nodes_for(stage.replicas.max), sized.nodes, per_node))
    return tuple(made)


def floors(site: Site, stage: StageSpec, steps: Sequence[Rack], trail: Trail) -> tuple[int, ...]:
    """Replicas of the floor on each step: first come, first filled; nodes that expire by themselves hold none."""
    left = replicas(site.where.standby, stage.replicas, accelerated=True)[0]
    held = []
    for rack in steps:
        take = 0 if rack.rung.step.claim.kind is CapacityKind.FLEX_START else min(left, rack.replicas)
        held.append(take)
        left -= take
    if left:
        _too_small(site, stage, steps, sum(held), trail)
    return tuple(held)


def _too_small(site: Site, stage: StageSpec, steps: Sequence[Rack], held: int, trail: Trail) -> None:
    path = f"{site.path}.capacity.{stage.name}"
    floor = replicas(site.where.standby, stage.replicas, accelerated=True)[0]
    found = " → ".join(rack.rung.step.kind for rack in steps)
    flex = next((r.rung.step for r in steps if r.rung.step.claim.kind is CapacityKind.FLEX_START), None)
    if flex is not None and held == 0 and len(steps) == 1:
        instead = "`replicas.min: 0`" if site.where.standby is Tier.HOT else "the tier pilot"
        trail.problem(
            path, f"{found} alone for a floor of {floor}", f"another step beside it, or {instead}",
            f"its nodes live {flex.rule.max_days} days at most", flex.rule.fact.source,
        )  # fmt: skip
        return
    trail.problem(
        path, f"{found}: room for {held} replicas", f"room for the floor of {floor}",
        "raise `count`, add a step, or lower `replicas.min`",
    )  # fmt: skip


def accelerator_pools(site: Site, stage: StageSpec, found: Candidate, trail: Trail) -> tuple[PoolPlan, ...]:
    """The pools of a stage, in the order of its ladder."""
    steps = racks(stage, found)
    held = floors(site, stage, steps, trail)
    order = Order(site, stage, found)
    pools: list[PoolPlan] = []
    for rack, floor in zip(steps, held, strict=True):
        pools += _of_step(order, rack, floor, trail)
    room = sum(rack.replicas for rack in steps)
    if room < stage.replicas.max:
        trail.note(
            f"stages[{stage.name}]: the ladder has room for {room} replicas, and `replicas.max` is {stage.replicas.max}"
        )
    return tuple(pools)


def _of_step(order: Order, rack: Rack, floor: int, trail: Trail) -> list[PoolPlan]:
    step, machine, stage = rack.rung.step, rack.rung.machine, order.stage
    place = f"stages[{stage.name}].capacity[{step.rank}]"
    zones = pool_zones(order.site, step.claim, machine, hosts=rack.hosts, path=f"{place}.zones", trail=trail)
    if rack.replicas < 1:
        trail.problem(f"{step.path}.count", rack.nodes, f"at least {rack.hosts} nodes", "one replica spans that many")
    why = "`machine` of the claim" if step.claim.machine else f"the smallest with the {_accelerators(order.found)}"
    trail.choose(f"{place}.machine", f"{machine.name} as {step.kind}", why, (), machine.fact.source)
    low, high = rack.nodes_for(floor), max(rack.nodes, rack.hosts)
    count = f"`count` of the claim; a floor of {floor} replicas" if step.claim.count else _why_nodes(stage, rack, floor)
    trail.choose(f"{place}.count", f"{low} to {high} nodes", count)
    if order.found.topology and rack.hosts > 1:
        return _slices(order, rack, floor, zones, trail)
    return [_pool(order, rack, pool_name(stage.name, step.rank), (low, high), zones)]


def _accelerators(found: Candidate) -> str:
    count = found.sizing.accelerators // found.sizing.nodes
    return f"{count} accelerator{'s' if count > 1 else ''} of a replica"


def _why_nodes(stage: StageSpec, rack: Rack, floor: int) -> str:
    share = f"{rack.hosts} nodes per replica" if rack.hosts > 1 else f"up to {rack.per_node} per node"
    return f"{floor} to {stage.replicas.max} replicas, {share}"


def _slices(order: Order, rack: Rack, floor: int, zones: tuple[str, ...], trail: Trail) -> list[PoolPlan]:
    """A slice over several machines is a pool of its own, whole or empty: as many pools as replicas."""
    if rack.replicas > MOST_SLICES:
        trail.problem(
            f"{order.site.stage_path(order.stage)}.replicas.max",
            rack.replicas,
            f"at most {MOST_SLICES} slices over several machines",
            "each is a node pool of its own; `count` in `capacity` bounds a step",
            "GKE documentation, multi-host TPU slice node pools",
        )
        return []
    pools = []
    for part in range(max(1, rack.replicas)):
        name = pool_name(order.stage.name, rack.rung.step.rank, part)
        pools.append(_pool(order, rack, name, (rack.hosts if part < floor else 0, rack.hosts), zones))
    return pools


def _pool(order: Order, rack: Rack, name: str, size: tuple[int, int], zones: tuple[str, ...]) -> PoolPlan:
    machine, step, accelerator = rack.rung.machine, rack.rung.step, order.found.accelerator
    labels = {
        "accelerator": accelerator.name,
        "capacity": step.kind,
        "pool": name,
        "stage": order.stage.name,
        "vendor": accelerator.vendor,
    }
    return PoolPlan(
        name=name,
        role="accelerator",
        machine=machine.name,
        arch=machine.arch,
        min_nodes=size[0],
        max_nodes=size[1],
        initial_nodes=size[0],
        zones=zones,
        disk_gib=disk_gib(order.stage, rack.per_node),
        labels=tuple((f"{LABEL}/{key}", value) for key, value in sorted(labels.items())),
        taints=taints(order.site.cloud, accelerator),
        stage=order.stage.name,
        accelerator=accelerator.name,
        vendor=accelerator.vendor,
        per_node=machine.count,
        claim=step.claim,
        rank=step.rank,
        fabric=machine.fabric,
        topology=order.found.topology,
        hosts=rack.hosts,
    )


def disk_gib(stage: StageSpec, per_node: int) -> int:
    """Boot disk: images, and for each replica on the node its weights and what it asks for; steps of 50 GiB."""
    own = stage.resources.disk.gib if stage.resources.disk is not None else 0.0
    wanted = IMAGES_GIB + per_node * (weights_gib(stage.model) + own)
    return min(MOST_DISK_GIB, max(LEAST_DISK_GIB, math.ceil(wanted / 50) * 50))


def taints(cloud: str, accelerator: catalog.Accelerator) -> tuple[Taint, ...]:
    """The taint that keeps other pods off, unless the cloud adds it by itself."""
    try:
        by_cloud = catalog.owner("taint", cloud, accelerator.vendor).owner == "cloud"
    except KeyError:
        by_cloud = False
    return () if by_cloud else (Taint(accelerator.resource, "present", "NoSchedule"),)
