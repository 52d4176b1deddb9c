"""How much of a node one pod asks for, and how much disk and shared memory it gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intertie import catalog
from intertie.plan import Plan, StagePlan
from intertie.workload.manifest import milli

GIB = 2**30
NODE_SHARE = 0.7
"""Part of a machine's CPU and memory that its accelerator pods share: the rest is the system's and the node agents'."""
UNKNOWN_MACHINE_MEMORY = 8 * GIB
"""What a pod on accelerators asks for where neither description nor catalogue knows better: then without a limit."""
_SHARED_MEMORY_MOST = 16 * GIB
_READ_BUFFER_LEAST = 2 * GIB
_LOGS_AND_TEMPORARY = 10 * GIB


@dataclass(frozen=True, slots=True)
class Demand:
    """What one pod of a stage asks for."""

    cpu: float  # cores
    memory: int  # bytes
    limited: bool  # whether more memory than that is refused
    disk: int  # bytes of ephemeral storage
    cache: int  # bytes of it that hold downloaded weights and compiled kernels
    shared_memory: int  # bytes; 0 where no processes share tensors

    def read_buffer(self, processes: int) -> int:
        """Bytes in which each process may hold weights that it reads: a quarter of the pod's memory for all of them."""
        return max(_READ_BUFFER_LEAST, self.memory // 4 // max(1, processes))

    def requirements(self, stage: StagePlan, fabric: Mapping[str, str]) -> dict[str, Any]:
        """The container's `resources`. Devices are limits too; memory that is known has itself as limit, CPU none."""
        devices = {stage.resource: str(stage.per_pod)} if stage.on_accelerators else {}
        memory = {"memory": _mebibytes(self.memory)}
        requests = {"cpu": milli(self.cpu), **memory, "ephemeral-storage": _mebibytes(self.disk)}
        limits = {**(memory if self.limited else {}), **devices, **fabric}
        return {"requests": {**requests, **devices, **fabric}, "limits": limits}


def demand(plan: Plan, stage: StagePlan, *, downloads: bool) -> Demand:
    """CPU and memory that the description gives; else, on accelerators, the pod's share of the smallest machine."""
    asked = stage.spec.resources
    given = asked.model_fields_set if "resources" in stage.spec.model_fields_set else frozenset[str]()
    cpu, memory, limited = asked.cpu, asked.memory.bytes, True
    if stage.on_accelerators:
        share = _machine_share(plan, stage)
        limited = share is not None or "memory" in given
        cpu = asked.cpu if "cpu" in given or share is None else share[0]
        memory = asked.memory.bytes if "memory" in given else share[1] if share else UNKNOWN_MACHINE_MEMORY
    cache = _cache(stage, downloads=downloads) if stage.on_accelerators else 0
    return Demand(
        cpu=cpu,
        memory=memory,
        limited=limited,
        disk=asked.disk.bytes if asked.disk is not None else cache + _LOGS_AND_TEMPORARY,
        cache=cache,
        shared_memory=_shared_memory(stage, memory),
    )


def _machine_share(plan: Plan, stage: StagePlan) -> tuple[float, int] | None:
    """Cores and bytes of one pod, so that it fits on every machine type of the ladder. None where none is known."""
    shares: list[tuple[float, int]] = []
    for name in stage.pools:
        pool = plan.pool(name)
        try:
            machine = catalog.machine(plan.cloud, pool.machine)
            counted = catalog.accelerator(stage.accelerator).devices
        except KeyError:
            continue
        part = NODE_SHARE * min(1.0, stage.per_pod / max(1, pool.per_node * counted))
        shares.append((round(machine.vcpus * part, 1), int(machine.memory_gib * part) * GIB))
    if not shares:
        return None
    return min(cores for cores, _ in shares), max(GIB, min(size for _, size in shares))


def _cache(stage: StagePlan, *, downloads: bool) -> int:
    """Compiled kernels always; the weights too when they come from the hub."""
    kernels = 10 * GIB
    if not downloads or stage.spec.model is None:
        return kernels
    stored = stage.spec.model.size.bytes if stage.spec.model.size is not None else _weights(stage)
    return kernels + int(stored * 1.1)


def _weights(stage: StagePlan) -> int:
    """What the hub sends: at most 2 bytes for each parameter, for weights are quantized after they were loaded."""
    model = stage.spec.model
    return int(model.parameters) * (4 if model.precision == "fp32" else 2) if model is not None else 0


def _shared_memory(stage: StagePlan, memory: int) -> int:
    """For processes that hand tensors to each other: a quarter of the pod's memory. It counts as the pod's memory."""
    if not stage.on_accelerators:
        return 0
    return min(_SHARED_MEMORY_MOST, max(GIB, memory // 4))


def _mebibytes(size: int) -> str:
    mebibytes = max(1, size // 2**20)
    return f"{mebibytes // 1024}Gi" if mebibytes % 1024 == 0 else f"{mebibytes}Mi"
