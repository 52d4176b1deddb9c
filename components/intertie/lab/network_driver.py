"""Interfaces that pods claim: the cloud's network driver shows those of a node to the scheduler, as devices of a class.

Which nodes have it is in `data/claimed_devices.csv`, from the cloud's documentation and not from Intertie's catalogue.
What is claimed is decided by the real scheduler, and written by the real controllers.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from intertie.lab.device_plugins import holds
from intertie.lab.world import Pool

MARK = "lab.intertie.dev/claimable"
"""Annotation of nodes that an autoscaler imagines: the driver whose devices pods can claim there."""

_API = "resource.k8s.io/v1"


@dataclass(frozen=True, slots=True)
class Shown:
    """The devices of a node."""

    driver: str  # also the name of their DeviceClass
    devices: int


def shown(cloud: str, pool: Pool) -> Shown | None:
    """What the driver shows of each node of a pool; None where it does not run."""
    for row in _rows():
        if (row["cloud"], row["machine"]) == (cloud, pool.machine):
            there = all(holds(fact, pool) for fact in row["needs"].split(";"))
            return Shown(row["driver"], int(row["devices"])) if there else None
    return None


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = files("intertie.lab").joinpath("data", "claimed_devices.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def objects(node: Mapping[str, Any], given: Shown) -> tuple[dict[str, Any], ...]:
    """The class, and the list of a node's devices, which goes with the node."""
    about = node["metadata"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": about["name"], "uid": about["uid"]}
    device_class = {
        "apiVersion": _API,
        "kind": "DeviceClass",
        "metadata": {"name": given.driver},
        "spec": {"selectors": [{"cel": {"expression": f'device.driver == "{given.driver}"'}}]},
    }
    listed = {
        "apiVersion": _API,
        "kind": "ResourceSlice",
        "metadata": {"name": f"{about['name']}-{given.driver}", "ownerReferences": [owner]},
        "spec": {
            "driver": given.driver,
            "nodeName": about["name"],
            "pool": {"name": about["name"], "generation": 1, "resourceSliceCount": 1},
            "devices": [{"name": f"gpu{number}rdma0"} for number in range(given.devices)],
        },
    }
    return device_class, listed
