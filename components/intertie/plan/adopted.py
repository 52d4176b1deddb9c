"""An existing cluster: stages are matched to the pools that the description says it has."""

from collections.abc import Sequence
from dataclasses import dataclass

from intertie import catalog
from intertie.plan.candidate import Candidate, served
from intertie.plan.images import Image
from intertie.plan.memory import usable_gib
from intertie.plan.parallel import Spread, fits, sizing, splits
from intertie.plan.site import Site
from intertie.plan.sizing import Room, need, size
from intertie.plan.stages import cpu_stage, resolved
from intertie.plan.substitution import record, refuse
from intertie.plan.tiers import replicas
from intertie.plan.trail import Trail, listed
from intertie.plan.types import PoolPlan, StagePlan, Taint
from intertie.spec import CollectorKind, ExistingPool, Runtime, StageSpec

_OBJECTS = "monitors and alert rules are objects of the cluster"
_COLLECTED = {
    CollectorKind.ANNOTATIONS: "pods say where metrics are, and no alert rules are made",
    CollectorKind.PROMETHEUS_OPERATOR: _OBJECTS,
    CollectorKind.GOOGLE_MANAGED: _OBJECTS,
    CollectorKind.AZURE_MANAGED: "monitors are objects of the cluster, and no alert rules are made",
}
"""How each collector is told what to ask for."""


@dataclass(frozen=True, slots=True)
class Known:
    """A pool of the cluster with what the catalogue adds: accelerators of a node, and whether nodes are joined."""

    pool: ExistingPool
    machine: catalog.Machine | None
    per_node: int

    @property
    def fabric(self) -> str:
        return self.machine.fabric if self.machine is not None else "none"


def adopted(
    site: Site, stages: Sequence[StageSpec], trail: Trail
) -> tuple[tuple[PoolPlan, ...], tuple[StagePlan, ...]]:
    """Pools as the cluster has them, and stages on them. `stages` are in order."""
    known = [
        _known(site, index, pool, trail)
        for index, pool in enumerate(site.where.adopt.pools if site.where.adopt else ())
    ]
    plans, users = [], {entry.pool.name: set() for entry in known}
    for stage in stages:
        plan = _on_accelerators(site, stage, known, trail) if stage.accelerators else _on_cpu(site, stage, known, trail)
        if plan is not None:
            plans.append(plan)
            for name in plan.pools:
                users[name].add(stage.name)
    _note_metrics(site, stages, trail)
    _choose_collector(site, trail)
    order = sorted(known, key=lambda entry: bool(entry.pool.accelerator))
    return tuple(_pool(entry, sorted(users[entry.pool.name])) for entry in order), tuple(plans)


def _note_metrics(site: Site, stages: Sequence[StageSpec], trail: Trail) -> None:
    """Kubernetes' own autoscaler reads CPU from metrics-server: without one, replicas stay as they are and nobody says.

    Our clusters and those of Azure and Google have one; whether any other has it is not known without its credentials.
    """
    named = site.where.adopt is not None and "metrics-server" in site.where.adopt.provides
    comes_along = site.cloud != "other" and catalog.owner("metrics-server", site.cloud).owner == "cloud"
    scaled = [stage.name for stage in stages if _on_cpu_load(stage)]
    if scaled and not named and not comes_along:
        trail.note(
            f"stages scaled on CPU ({listed(scaled)}) need metrics-server in the cluster, else they stay at "
            f"`replicas.min`; {site.path}.adopt.provides: [metrics-server] says that it is there"
        )


def _choose_collector(site: Site, trail: Trail) -> None:
    """Who collects metrics: only the description can say."""
    named = site.where.adopt.collector if site.where.adopt else None
    kind = named.kind if named is not None else CollectorKind.ANNOTATIONS
    why = "`adopt.collector` of the description" if named is not None else "nobody is named"
    trail.choose(f"{site.path}.adopt.collector", kind.value, f"{why}: {_COLLECTED[kind]}")


def _on_cpu_load(stage: StageSpec) -> bool:
    """Whether CPU decides how many replicas run: by wish, or since nothing else is known of the image."""
    unknown = not stage.accelerators or stage.runtime is Runtime.CUSTOM
    metric = stage.scaling.metric
    return stage.replicas.min < stage.replicas.max and (metric == "cpu" or (metric is None and unknown))


def _known(site: Site, index: int, pool: ExistingPool, trail: Trail) -> Known:
    path = f"{site.path}.adopt.pools[{index}]"
    names = [other.name for other in site.where.adopt.pools] if site.where.adopt else []
    if pool.name in names[:index]:
        trail.problem(f"{path}.name", pool.name, "a name that no other pool has")
    machine = None
    if pool.machine is not None:
        try:
            machine = catalog.machine(site.cloud, pool.machine)
        except KeyError:
            trail.note(f"{path}.machine: the catalogue does not know {pool.machine}; `per_node` is taken as written")
    per_node = pool.per_node or (machine.count if machine is not None else 0)
    if pool.accelerator is not None and not per_node:
        trail.problem(
            f"{path}.per_node", "none", "accelerators of one node", "the catalogue does not know it: write it"
        )
    if machine is not None and machine.accelerator != pool.accelerator:
        has = machine.accelerator or "no accelerator"
        trail.problem(
            f"{path}.accelerator", pool.accelerator or "none", f"{has}, as {machine.name} has", "", machine.fact.source
        )
    return Known(pool, machine, per_node)


def _on_cpu(site: Site, stage: StageSpec, known: Sequence[Known], trail: Trail) -> StagePlan | None:
    names = tuple(entry.pool.name for entry in known if entry.pool.accelerator is None)
    if not names:
        trail.problem(f"{site.path}.adopt.pools", "no CPU pool", f"one for the stage {stage.name!r}", "add it")
        return None
    return cpu_stage(site, stage, names, trail)


def _on_accelerators(site: Site, stage: StageSpec, known: Sequence[Known], trail: Trail) -> StagePlan | None:
    rejected: list[tuple[str, str]] = []
    for position, name in enumerate(stage.accelerators):
        pools = [entry for entry in known if entry.pool.accelerator == name and entry.per_node]
        found = _candidate(stage, name, pools)
        if isinstance(found, str):
            rejected.append((name, found))
            continue
        later = [(other, "less preferred") for other in stage.accelerators[position + 1 :]]
        record(stage, found, [*rejected, *later], trail)
        return _stage(site, stage, found, pools, trail)
    refuse(site, stage, rejected, trail)
    return None


def _candidate(stage: StageSpec, name: str, pools: Sequence[Known]) -> Candidate | str:
    known = served(stage, name)
    if isinstance(known, str):
        return known
    if not pools:
        return "no pool of the cluster has it"
    accelerator, image = known
    if accelerator.vendor == "google":
        return _slice(stage, accelerator, pools, image)
    joined = [entry.per_node for entry in pools if entry.fabric != "none"]
    sized = size(stage, accelerator, Room(max(entry.per_node for entry in pools), max(joined, default=0)))
    return sized if isinstance(sized, str) else Candidate(accelerator, image, sized, ())


def _slice(stage: StageSpec, accelerator: catalog.Accelerator, pools: Sequence[Known], image: Image) -> Candidate | str:
    """A pod takes all chips of its machine; slices over several machines are not looked for on a cluster of others."""
    wanted, usable = need(stage), usable_gib(accelerator)
    for chips in sorted({entry.per_node for entry in pools}):
        if (
            splits(chips, wanted.kv_heads)
            and fits(wanted, usable, chips, 1)
            and chips >= (stage.accelerator_count or 1)
        ):
            return Candidate(accelerator, image, sizing(wanted, usable, Spread(chips, 1, 1)), ())
    return "no pool has nodes with enough chips for one replica"


def _stage(site: Site, stage: StageSpec, found: Candidate, pools: Sequence[Known], trail: Trail) -> StagePlan:
    sized = found.sizing
    per_node = sized.accelerators // sized.nodes
    able = [p for p in pools if p.per_node >= per_node and (sized.nodes == 1 or p.fabric != "none")]
    if found.accelerator.vendor == "google":
        able = [p for p in able if p.per_node == per_node]
    room = sum(
        p.pool.nodes // sized.nodes if sized.nodes > 1 else p.pool.nodes * (p.per_node // per_node) for p in able
    )
    floor = replicas(site.where.standby, stage.replicas, accelerated=True)[0]
    if room < floor:
        trail.problem(
            f"{site.path}.adopt.pools", f"{listed(p.pool.name for p in able)}: room for {room} replicas",
            f"room for the floor of {floor} of the stage {stage.name!r}", "raise `nodes`, or lower `replicas.min`",
        )  # fmt: skip
    names = tuple(p.pool.name for p in able)
    trail.choose(f"stages[{stage.name}].pools", listed(names), f"pools of the cluster with {found.accelerator.name}")
    return resolved(site, stage, found, trail, pools=[_pool(p, (stage.name,)) for p in able], room=room)


def _pool(entry: Known, users: Sequence[str]) -> PoolPlan:
    """The pool under its own name and labels: it is not made, so nothing of ours is on it."""
    pool = entry.pool
    vendor = ""
    if pool.accelerator is not None:
        rows = (row for row in catalog.accelerators() if row.name == pool.accelerator)
        vendor = next((row.vendor for row in rows), "")
    return PoolPlan(
        name=pool.name,
        role="accelerator" if pool.accelerator else "cpu",
        machine=pool.machine or "",
        arch=entry.machine.arch if entry.machine is not None else "amd64",
        min_nodes=0,
        max_nodes=pool.nodes,
        initial_nodes=0,
        zones=(),
        disk_gib=0,
        labels=tuple(sorted(pool.labels.items())),
        taints=tuple(map(_taint, pool.taints)),
        stage=users[0] if len(users) == 1 and pool.accelerator else "",
        accelerator=pool.accelerator or "",
        vendor=vendor,
        per_node=entry.per_node,
        fabric=entry.fabric,
    )


def _taint(text: str) -> Taint:
    """`key=value:Effect` or `key:Effect`, as kubectl writes them."""
    pair, effect = text.rsplit(":", 1)
    key, _, value = pair.partition("=")
    return Taint(key, value, effect)
