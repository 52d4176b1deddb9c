"""What one node of a machine type has, from the clouds' own lists: `clouds/data/machines.csv`, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from intertie.lab.tables import rows

MEMORY_SHARE = {"aws": 0.95, "azure": 0.975, "gcp": 0.975}
"""Part of a machine's memory that its kubelet reports: hypervisor and kernel keep the rest. Assumptions, after what
nodes of a few sizes report in public issues."""

_GB_TO_GIB = 1000**3 / 1024**3


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine type. `devices`: Kubernetes resource → how many, once its plugin is there."""

    cloud: str
    name: str
    vcpus: int
    memory_mib: int
    arch: str
    devices: Mapping[str, int]
    local_disk_gb: int
    pods: int
    quota: str
    source: str

    def resources(self, disk_gib: float, extra: Mapping[str, int] | None = None) -> dict[str, str]:
        """Capacity of a node with a disk of that size. `extra` are devices attached to it or networks chosen for it."""
        devices = {name: count for name, count in self.devices.items() if name != "vpc.amazonaws.com/efa"}
        return {
            "cpu": str(self.vcpus),
            "memory": f"{int(self.memory_mib * MEMORY_SHARE[self.cloud])}Mi",
            "ephemeral-storage": f"{int(disk_gib)}Gi",
            "pods": str(self.pods),
            **{name: str(count) for name, count in {**devices, **(extra or {})}.items()},
        }

    @property
    def local_disk_gib(self) -> float:
        return self.local_disk_gb * _GB_TO_GIB


def find(cloud: str, name: str) -> Machine | None:
    """The machine type; None when no list has it."""
    return _all().get((cloud, name.lower()))


@cache
def _all() -> Mapping[tuple[str, str], Machine]:
    return {
        (row["cloud"], row["name"].lower()): _machine(row) for row in rows("intertie.lab.clouds", "data/machines.csv")
    }


def _machine(row: Mapping[str, str]) -> Machine:
    devices = dict(each.split("=") for each in row["devices"].split(";") if each)
    return Machine(
        row["cloud"], row["name"], int(row["vcpus"]), int(row["memory_mib"]), row["arch"],
        {name: int(count) for name, count in devices.items()}, int(row["local_disk_gb"]), int(row["pods"]),
        row["quota"], row["source"],
    )  # fmt: skip
