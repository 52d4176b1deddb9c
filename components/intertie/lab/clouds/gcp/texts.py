"""What Google Cloud says when machines cannot be had, or cannot be so. Texts of public issues, see data/errors.json."""

from collections.abc import Mapping
from typing import Any

from intertie.lab import values
from intertie.lab.capacity import Shortage
from intertie.lab.errors import CloudError
from intertie.lab.machines import Machine
from intertie.lab.world import Pool

FAILED = 'Error waiting for creating GKE NodePool: NodePool {pool} was created in the error state "ERROR": {reason}'
_STOCKOUT = (
    "{zone}: Deploy error: Not all instances running in IGM. Expected {wanted}, running 0. Current errors:"
    " [ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS]: Instance creation failed: The zone 'projects/lab/zones/{zone}' does"
    " not have enough resources available to fulfill the request. '(resource type:compute)'."
)
_QUOTA = (
    "Insufficient regional quota to satisfy request: resource \"{quota}\": request requires '{wanted:.1f}' and is short"
    " '{short:.1f}'. project has a quota of '{limit:.1f}' with '{left:.1f}' available. View and manage quotas at"
    " https://console.cloud.google.com/iam-admin/quotas?usage=USED"
)
_NOT_OFFERED = "Machine type with name '{machine}' does not exist in zone '{zone}'"
_RESERVED = "Reservation {name} does not have enough resources for the request: no matching reservation in zone {zone}"
_HYPERDISK_ONLY = ("a3-ultragpu", "a4-", "a4x-", "g4-", "ct6e-", "tpu7x-")


def shape(config: Mapping[str, Any], machine: Machine | None) -> str | None:
    """Why a node cannot be so: accelerators that the machine type does not have, disks that it does not take."""
    if machine is None:
        return None
    count = sum(int(each) for each in values.at(config, "guestAccelerators[].count"))
    built_in = machine.devices.get("nvidia.com/gpu", 0)
    if built_in and count and count != built_in:
        kind = values.one(config, "guestAccelerators[].type")
        return f"[{machine.name}] is not compatible with accelerators [type: {kind}, count: {count}]: it has {built_in}"
    if count and not built_in and not machine.name.startswith("n1-"):
        return f"Accelerators cannot be attached to machine type {machine.name}"
    disk = str(config.get("diskType") or "")
    if disk.startswith("pd-") and machine.name.startswith(_HYPERDISK_ONLY):
        return f"{disk} disk type cannot be used by {machine.name} machine type"
    return None


def shortage(short: Shortage, pool: Pool, region: str) -> CloudError:
    """The error of the pool whose machines cannot be had."""
    if short.kind == "quota":
        quota = short.what.removeprefix("spot:")
        left = max(short.limit - short.used, 0)
        text = _QUOTA.format(
            quota=f"PREEMPTIBLE_{quota}" if short.what.startswith("spot:") else quota,
            wanted=short.wanted, short=short.wanted - left, limit=short.limit, left=left,
        )  # fmt: skip
        return CloudError("forbidden", text)
    if short.kind == "offer":
        return CloudError("badRequest", _NOT_OFFERED.format(machine=pool.machine, zone=short.zone))
    if short.kind == "reservation":
        return CloudError("badRequest", _RESERVED.format(name=short.what, zone=short.zone or region))
    return CloudError("ZONE_RESOURCE_POOL_EXHAUSTED", _STOCKOUT.format(zone=short.zone, wanted=short.wanted))
