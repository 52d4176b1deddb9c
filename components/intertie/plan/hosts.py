"""What a machine has left for pods, and how many replicas stand on one."""

import math

from intertie import catalog
from intertie.spec import StageSpec

ALLOCATABLE_SOURCE = "GKE documentation, plan node sizes: the largest reservation of the three clouds, counted on all"
AGENTS_CPU, AGENTS_GIB = 0.5, 0.5  # network, storage, metrics and device agents that run on every node

_CPU_STEPS = ((1, 0.06), (1, 0.01), (2, 0.005), (math.inf, 0.0025))
_MEMORY_STEPS = ((4, 0.25), (4, 0.20), (8, 0.10), (112, 0.06), (math.inf, 0.02))
_EVICTION_GIB = 100 / 1024


def _reserved(total: float, steps: tuple[tuple[float, float], ...]) -> float:
    reserved = 0.0
    for width, part in steps:
        reserved += min(total, width) * part
        total = max(0.0, total - width)
    return reserved


def allocatable(machine: catalog.Machine) -> tuple[float, float]:
    """CPU cores and GiB of memory that pods can ask for, after what the node and its agents take."""
    cpu = machine.vcpus - _reserved(machine.vcpus, _CPU_STEPS) - AGENTS_CPU
    memory = machine.memory_gib - _reserved(machine.memory_gib, _MEMORY_STEPS) - _EVICTION_GIB - AGENTS_GIB
    return cpu, memory


def replicas_on(machine: catalog.Machine, stage: StageSpec, accelerators: int) -> int:
    """Pods of a stage that fit on one machine, each with that many accelerators (0 for a CPU stage)."""
    cpu, memory = allocatable(machine)
    limits = [cpu / stage.resources.cpu, memory / stage.resources.memory.gib]
    if accelerators:
        limits.append(machine.count / accelerators)
    return max(0, math.floor(min(limits)))
