"""Compute Engine reservations: read out of claims, and made on their own. Billed from creation, used or not."""

import re

import pulumi
from pulumi_gcp import compute

from intertie import catalog
from intertie.contract import BuildOptions
from intertie.errors import InputError
from intertie.plan import Plan
from intertie.plan.naming import safe_name
from intertie.platforms.children import child
from intertie.spec import Claim

KINDS = ("reservation", "future-reservation")
"""Kinds that a pool takes by name. A future reservation is taken by the name of the reservation that it delivers."""

_LINK = re.compile(r"(?:.*/)?projects/(?P<project>[^/]+)/(?:zones/[^/]+/)?reservations/(?P<rest>.+)")
_LONGEST_NAME = 63


def reference(claim: Claim) -> str:
    """The reservation as GKE wants it named: `name`, or `projects/<project>/reservations/<name>` of another project."""
    text = str(getattr(claim, "id", ""))
    link = _LINK.fullmatch(text)
    return f"projects/{link['project']}/reservations/{link['rest']}" if link else text.rpartition("reservations/")[2]


def create(
    plan: Plan, options: BuildOptions, *, machine: str, zone: str, count: int, until: str = ""
) -> pulumi.Output[str]:
    """Reserves `count` machines in `zone` for the placement; the name that a claim of kind `reservation` gives.

    For those alone that ask for it by name, else any machine in the project would use it up. Protected and retained:
    what is given back may not be had again; with `until` Google ends it by itself. Raises InputError for a machine type
    or zone that cannot be.
    """
    known = _checked(plan, machine, zone)
    name, opts = child(
        options,
        "reservation",
        protect=True,
        retain_on_delete=True,
        # Google writes into these what the machine type implies; taken for a change, that would replace it.
        ignore_changes=[
            "specificReservation.instanceProperties.guestAccelerators",
            "specificReservation.instanceProperties.localSsds",
        ],
    )
    return compute.Reservation(
        name,
        name=safe_name(f"{plan.cluster}-{machine}-{zone}", _LONGEST_NAME),
        project=plan.where.account.id if plan.where.account else None,
        zone=zone,
        description=f"{count} {machine} for pipeline {plan.spec.name}, placement {plan.placement}",
        specific_reservation=compute.ReservationSpecificReservationArgs(
            count=count,
            instance_properties=compute.ReservationSpecificReservationInstancePropertiesArgs(
                machine_type=machine, guest_accelerators=_attached(known)
            ),
        ),
        specific_reservation_required=True,
        delete_at_time=until or None,
        opts=opts,
    ).name


def _attached(
    machine: catalog.Machine,
) -> list[compute.ReservationSpecificReservationInstancePropertiesGuestAcceleratorArgs] | None:
    """GPUs that are attached to a general machine type; the others have theirs built in, and naming them is refused."""
    if not machine.name.startswith("n1-"):
        return None
    return [
        compute.ReservationSpecificReservationInstancePropertiesGuestAcceleratorArgs(
            accelerator_type=machine.device_type, accelerator_count=machine.count
        )
    ]


def _checked(plan: Plan, machine: str, zone: str) -> catalog.Machine:
    if not re.fullmatch(re.escape(plan.region) + r"-[a-z]", zone):
        raise InputError(f"`zone` must be a zone of {plan.region}, such as {plan.region}-b, not {zone!r}")
    rows = {row.name: row for row in catalog.machines(cloud="gcp") if "reservation" in row.kinds}
    can = [name for name, row in rows.items() if not _is_tpu(row)]
    if machine not in can:
        tpu = "TPUs are reserved by Google on request; " if machine in rows else ""
        known = f"{tpu}the catalogue knows {', '.join(can)}"
        raise InputError(f"`machine` must be one that can be reserved here, not {machine!r}; {known}")
    return rows[machine]


def _is_tpu(machine: catalog.Machine) -> bool:
    return machine.accelerator is not None and catalog.accelerator(machine.accelerator).vendor == "google"
