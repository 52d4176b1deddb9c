"""Capacity reservation groups: read out of claims, and made on their own."""

import re

import pulumi
from pulumi_azure_native import compute, resources

from intertie import catalog
from intertie.contract import BuildOptions
from intertie.errors import InputError
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.tags import tags
from intertie.spec import Claim

GROUP_ID = re.compile(
    r"(?P<scope>/subscriptions/[^/]+/resourceGroups/[^/]+)"
    r"/providers/Microsoft\.Compute/capacityReservationGroups/[^/]+",
    re.IGNORECASE,
)
KINDS = ("crg", "azure-block")
"""Kinds that a pool takes by the id of their group. AKS sees no difference; Azure's prices and windows do."""
_KEPT = {"protect": True, "retain_on_delete": True}


def claimed(plan: Plan) -> tuple[Claim, ...]:
    """The plan's claims on reserved capacity, in the order of the pools."""
    return tuple(pool.claim for pool in plan.pools if pool.claim is not None and pool.kind in KINDS)


def group_id(claim: Claim) -> str:
    """The id of the reservation group that `claim` names."""
    return str(getattr(claim, "id", ""))


def scope(claim: Claim) -> str:
    """Resource group of the claim's reservation group: where AKS wants the cluster's identity to have its role."""
    match = GROUP_ID.fullmatch(group_id(claim))
    if match is None:
        raise ValueError(f"{group_id(claim)!r} is not the id of a capacity reservation group")
    return match["scope"]


def create(
    plan: Plan, options: BuildOptions, *, machine: str, zone: str, count: int, until: str = ""
) -> pulumi.Output[str]:
    """Reserves `count` machines in `zone` and gives the group's id, as a claim of kind `crg` names it.

    Billing starts at once, used or not. It has a resource group of its own, so that the role that a cluster gets
    there covers nothing else, and survives `destroy`: what is given back may not be had again. Raises InputError for a
    machine type or zone that cannot be, and for an end, which Azure's reservations do not have.
    """
    _check(machine, zone, until)
    where = f"{plan.cluster}-{machine}-{zone}"
    name, opts = child(options, "group", **_KEPT)
    holder = resources.ResourceGroup(
        name, resource_group_name=where, location=plan.region, tags=tags(plan, "azure"), opts=opts
    )
    name, opts = child(options, "reservations", **_KEPT)
    reservations = compute.CapacityReservationGroup(
        name,
        capacity_reservation_group_name=where,
        resource_group_name=holder.name,
        location=plan.region,
        zones=[zone],
        tags=tags(plan, "azure"),
        opts=opts,
    )
    name, opts = child(options, "reservation", **_KEPT)
    reserved = compute.CapacityReservation(
        name,
        capacity_reservation_name=machine,
        capacity_reservation_group_name=reservations.name,
        resource_group_name=holder.name,
        location=plan.region,
        sku=compute.SkuArgs(name=machine, capacity=float(count)),
        zones=[zone],  # must be the group's
        tags=tags(plan, "azure"),
        opts=opts,
    )
    # An empty group would be taken by a pool with a warning and no capacity: hand it out when it is filled.
    return pulumi.Output.all(reservations.id, reserved.id).apply(lambda ids: ids[0])


def _check(machine: str, zone: str, until: str) -> None:
    if until:
        raise InputError(f"`until` must be left out: Azure keeps a reservation until somebody ends it, not {until!r}")
    if not re.fullmatch(r"[1-9]", zone):
        raise InputError(
            f"`zone` must be the number of an availability zone as Azure writes it (1, 2 or 3), not {zone!r}"
        )
    can = [row.name for row in catalog.machines(cloud="azure") if "crg" in row.kinds]
    if machine not in can:
        raise InputError(
            f"`machine` must be one that Azure reserves, not {machine!r}; the catalogue knows {', '.join(can)}"
        )
