"""The pools without accelerators: `system` for what runs the cluster, `general` for CPU stages and shared services."""

import math
from collections.abc import Sequence

from intertie import catalog
from intertie.plan.hosts import ALLOCATABLE_SOURCE, allocatable, replicas_on
from intertie.plan.site import Site
from intertie.plan.tiers import replicas
from intertie.plan.trail import Trail
from intertie.plan.types import LABEL, PoolPlan, Taint
from intertie.spec import StageSpec, Tier

SYSTEM, GENERAL = "system", "general"
DISK_GIB = 100
SYSTEM_VCPUS, SYSTEM_GIB = 4, 16
SERVICES_CPU, SERVICES_GIB = 2.0, 4.0  # gateway, scaler and controllers that run beside the stages
_SYSTEM_TAINT = Taint("CriticalAddonsOnly", "true", "NoSchedule")
_SYSTEM_SOURCE = "AKS documentation, system node pools: at least two nodes of 4 vCPUs; the same is done everywhere"


def cpu_pools(site: Site, stages: Sequence[StageSpec], trail: Trail) -> tuple[PoolPlan, ...]:
    """The system pool and the general pool. `stages`: the CPU stages."""
    rows = _machines(site)
    system = next((row for row in rows if row.vcpus >= SYSTEM_VCPUS and row.memory_gib >= SYSTEM_GIB), None)
    if system is None:
        trail.problem(f"{site.path}.cloud", site.cloud, "a cloud with CPU machines in the catalogue")
        return ()
    standing = site.where.standby is not Tier.COLD
    trail.choose("pools[system].machine", system.name, "the smallest with 4 vCPUs and 16 GiB", (), _SYSTEM_SOURCE)
    low = 2 if standing else 0
    first = PoolPlan(
        SYSTEM, "system", system.name, system.arch, low, 4, low, (), DISK_GIB, _labels(SYSTEM), (_SYSTEM_TAINT,)
    )
    general = _general(site, stages, rows, system, trail)
    return (first, general) if general is not None else (first,)


def _machines(site: Site) -> list[catalog.Machine]:
    """CPU machines of the cloud, smallest first: those shown in the region, else all, for CPU types are everywhere."""
    rows = [row for row in catalog.machines(site.cloud) if row.accelerator is None and row.arch == "amd64"]
    shown = [row for row in rows if catalog.offered(site.cloud, site.where.region, row.name) is not None]
    return shown or rows


def _labels(name: str) -> tuple[tuple[str, str], ...]:
    return ((f"{LABEL}/pool", name),)


def _general(
    site: Site, stages: Sequence[StageSpec], rows: Sequence[catalog.Machine], small: catalog.Machine, trail: Trail
) -> PoolPlan | None:
    """The smallest machine that every CPU stage fits on; a stage that the largest one does not hold is a problem."""
    able = (row for row in rows if row.vcpus >= small.vcpus and all(replicas_on(row, stage, 0) for stage in stages))
    machine = next(able, None)
    if machine is None:
        _too_large(site, stages, max(rows, key=lambda row: (row.memory_gib, row.vcpus)), trail)
        return None
    low, high = _nodes(site, stages, machine)
    why = "the smallest that holds the largest CPU stage" if stages else "there are no CPU stages: shared services only"
    trail.choose("pools[general].machine", machine.name, why, (), f"{machine.fact.source}; {ALLOCATABLE_SOURCE}")
    trail.choose(
        "pools[general].count", f"{low} to {high} nodes", "the floor and the ceiling of the CPU stages' replicas"
    )
    disk = DISK_GIB + sum(math.ceil(s.resources.disk.gib) for s in stages if s.resources.disk is not None)
    return PoolPlan(GENERAL, "cpu", machine.name, machine.arch, low, high, low, (), disk, _labels(GENERAL), ())


def _too_large(site: Site, stages: Sequence[StageSpec], biggest: catalog.Machine, trail: Trail) -> None:
    for stage in stages:
        if not replicas_on(biggest, stage, 0):
            trail.problem(
                f"{site.stage_path(stage)}.resources",
                f"{stage.resources.cpu:g} CPU and {stage.resources.memory}",
                f"what fits one CPU machine of {site.cloud}",
                f"the largest in the catalogue is {biggest.name}: {biggest.vcpus} vCPUs, {biggest.memory_gib:g} GiB",
                biggest.fact.source,
            )


def _nodes(site: Site, stages: Sequence[StageSpec], machine: catalog.Machine) -> tuple[int, int]:
    """Fewest and most nodes: the floor packs replicas together, the ceiling gives each stage nodes of its own."""
    cpu, memory = allocatable(machine)
    floors = [(stage, replicas(site.where.standby, stage.replicas, accelerated=False)[0]) for stage in stages]
    need_cpu = SERVICES_CPU + sum(count * stage.resources.cpu for stage, count in floors)
    need_memory = SERVICES_GIB + sum(count * stage.resources.memory.gib for stage, count in floors)
    packed = math.ceil(max(need_cpu / cpu, need_memory / memory))
    services = math.ceil(max(SERVICES_CPU / cpu, SERVICES_GIB / memory))
    apart = sum(math.ceil(stage.replicas.max / replicas_on(machine, stage, 0)) for stage in stages)
    if site.where.standby in (Tier.PILOT, Tier.COLD):
        return 0, max(2, services + apart)
    drained = site.where.standby is Tier.HOT or any(count > 1 for _, count in floors)
    low = max(2 if drained else 1, packed)  # two: one can be drained without an outage
    return low, max(low, 2, services + apart)
