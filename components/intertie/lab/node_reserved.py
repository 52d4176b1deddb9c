"""How much of a machine each cloud leaves to pods: the rest is the system's, the kubelet's, and kept from eviction."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from intertie.lab.kube import quantity

_MIB = Decimal(2**20)
_GIB = Decimal(2**30)
_EVICTION = 100 * _MIB  # of memory, on all three clouds
_DISK_SHARE = Decimal("0.9")  # the kubelet evicts at 10 % of free disk
_PODS = {"aws": 110, "azure": 250, "gcp": 110}
"""Pods per node where the pool does not say: EKS' recommended upper bound for large machines, AKS' with overlay
networking, GKE's default."""

_STEPS_CPU = ((1, "0.06"), (1, "0.01"), (2, "0.005"), (None, "0.0025"))
_STEPS_MEMORY = ((4, "0.25"), (4, "0.20"), (8, "0.10"), (112, "0.06"), (None, "0.02"))
_AZURE_CPU = ((1, 60), (2, 100), (4, 140), (8, 180), (16, 260), (32, 420), (64, 740))


def allocatable(cloud: str, capacity: Mapping[str, str]) -> dict[str, str]:
    """What of a node's capacity pods can have, without devices.

    Sources: GKE documentation, plan node sizes; Amazon EKS AMI, bootstrap script and nodeadm (kube-reserved); AKS
    documentation, node resource reservations. Other clusters reserve nothing that is known.
    """
    left = {name: amount for name, amount in capacity.items() if "/" not in name}
    cpu, memory = quantity.parse(capacity["cpu"]), quantity.parse(capacity["memory"])
    pods = int(quantity.parse(capacity.get("pods", str(_PODS.get(cloud, 110)))))
    memory -= sum(quantity.parse(amount) for name, amount in capacity.items() if name.startswith("hugepages-"))
    left["pods"] = str(pods)
    left["cpu"] = quantity.cores(cpu - _cpu(cloud, cpu))
    left["memory"] = quantity.kibibytes(memory - _memory(cloud, memory, pods))
    if "ephemeral-storage" in capacity:
        left["ephemeral-storage"] = str(int(quantity.parse(capacity["ephemeral-storage"]) * _DISK_SHARE))
    return left


def _cpu(cloud: str, cores: Decimal) -> Decimal:
    if cloud == "azure":
        reserved = max((millis for size, millis in _AZURE_CPU if size <= cores), default=60)
        return Decimal(reserved) / 1000
    return _graded(cores, _STEPS_CPU) if cloud in ("aws", "gcp") else Decimal(0)


def _memory(cloud: str, memory: Decimal, pods: int) -> Decimal:
    if cloud == "aws":
        return (255 + 11 * pods) * _MIB + _EVICTION
    if cloud == "azure":
        return min((20 * pods + 50) * _MIB, memory / 4) + _EVICTION
    if cloud == "gcp":
        return _graded(memory / _GIB, _STEPS_MEMORY) * _GIB + _EVICTION
    return Decimal(0)


def _graded(amount: Decimal, steps: Sequence[tuple[int | None, str]]) -> Decimal:
    """A share of the first part, another of the next, and so on."""
    taken, left = Decimal(0), amount
    for width, share in steps:
        part = left if width is None else min(left, Decimal(width))
        taken += part * Decimal(share)
        left -= part
    return taken
