"""Reserved capacity and the pools that use it."""

import re
from collections.abc import Iterator

from intertie import catalog
from intertie_policies.accelerators import last
from intertie_policies.accessor import Value
from intertie_policies.owners import called
from intertie_policies.pools import AKS, EKS, GKE, POOLS, Pool, pools_of
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, rule, stack_rule, unknown
from intertie_policies.templates import GROUP, all_seen, templates, unseen

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
ODCR = "aws:ec2/capacityReservation:CapacityReservation"
BLOCK = "aws:ec2/capacityBlockReservation:CapacityBlockReservation"
AZURE_GROUP = "azure-native:compute:CapacityReservationGroup"
AZURE = "azure-native:compute:CapacityReservation"
GOOGLE = "gcp:compute/reservation:Reservation"
RESERVATIONS = (ODCR, BLOCK, AZURE_GROUP, GOOGLE)
_OTHER_KINDS = ("capacityReservationSpecification", "instanceMarketOptions")
_TARGET = ("capacityReservationSpecification", "capacityReservationTarget")


def reference(resource: Resource) -> Iterator[tuple[Value, str, str]]:
    """(value, cloud, kind) of every reservation that a pool or template names."""
    if resource.type == TEMPLATE:
        yield resource.props.at(*_TARGET, "capacityReservationId"), "aws", "odcr"
    elif resource.type == AKS:
        yield resource["capacityReservationGroupID"], "azure", "crg"
    elif resource.type == GKE:
        affinity = resource["nodeConfig"]["reservationAffinity"]
        if affinity["consumeReservationType"].text == "SPECIFIC_RESERVATION":
            yield from ((value, "gcp", "reservation") for value in affinity["values"].items)


@rule(
    "reservation-reference-valid",
    "capacity",
    types=(TEMPLATE, EKS, GROUP, AKS, GKE),
    baseline=Level.MANDATORY,
    description="A pool names its reservation in the form that its cloud takes.",
    rationale="A reservation that is not found is refused, or silently not used and paid beside the pool.",
    remediation="Use the id, resource id or path of the reservation.",
    references=["Amazon EC2 API", "Azure Resource Manager", "GKE documentation, reservations"],
    apply_time_only=[
        "capacityReservationSpecification.capacityReservationTarget.capacityReservationId",
        "capacityReservationGroupID",
        "nodeConfig.reservationAffinity.values[*]",
    ],
    whole=all_seen("which reservation it targets"),
)
def reservation_reference_valid(resource: Resource, _context: Context) -> Iterator[Violation]:
    for value, cloud, kind in reference(resource):
        row, text = catalog.kind_rule(cloud, kind), value.text
        if text is not None and row is not None and not re.fullmatch(row.id_pattern, text):
            yield fail(resource, f"{text[:80]!r} is no reference to a reservation of kind {kind}", *value.path)


@rule(
    "reservation-targeted",
    "capacity",
    types=(ODCR, GOOGLE),
    description="A reservation is used by those who name it, and by nobody else.",
    rationale="An open reservation is eaten by whatever starts first in the account: the pool it is for finds it full.",
    remediation="AWS: instanceMatchCriteria targeted. Google: specificReservationRequired true.",
    references=["Amazon EC2 user guide, On-Demand Capacity Reservations", "GKE documentation, reservations"],
)
def reservation_targeted(resource: Resource, _context: Context) -> Iterator[Violation]:
    if resource.type == ODCR:
        value = resource["instanceMatchCriteria"]
        if value.text != "targeted" and not value.unknown:
            yield fail(resource, f"{value.text or 'open'}; it must be targeted", "instanceMatchCriteria")
    else:
        value = resource["specificReservationRequired"]
        if not value.flag and not value.unknown:
            yield fail(resource, "any instance of this shape uses it up", "specificReservationRequired")


@stack_rule(
    "reservation-fits-pool",
    "capacity",
    types=(EKS, AKS, GKE),
    baseline=Level.MANDATORY,
    description="Machine type, zone, platform and number of a reservation are those of the pool that uses it.",
    rationale="A pool that differs from its reservation launches beside it, or not at all; both are paid.",
    remediation="Give both the same machine type and zone, and the pool no higher ceiling than is reserved.",
    references=["Amazon EC2 user guide, On-Demand Capacity Reservations", "Azure documentation, capacity reservations"],
)
def reservation_fits_pool(stack: Stack, _context: Context) -> Iterator[Violation]:
    for pool in (pool for each in stack.of_type(EKS, AKS, GKE) for pool in pools_of(each)):
        yield from unseen(pool.resource, "which reservation it targets, and whether that fits")
        reservations = _used_by(stack, pool)
        if pool.cloud == "azure":
            yield from _azure_zones_fit(pool, reservations)
        for reservation in reservations:
            yield from _type_fits(pool, reservation)
            yield from _devices_fit(pool, reservation) if pool.cloud == "gcp" else ()
            yield from _zone_fits(pool, reservation)
            yield from _count_fits(pool, reservation)


def _used_by(stack: Stack, pool: Pool) -> tuple[Resource, ...]:
    """Reservations of this stack that flow into the pool."""
    resource = pool.resource
    if pool.cloud == "aws":
        used = templates(resource)
        return tuple(each for one in used for each in one.uses("capacityReservationSpecification", ODCR))
    if pool.cloud == "azure":
        members = _members(stack)
        groups = resource.uses("capacityReservationGroupID", AZURE_GROUP)
        return tuple(one for group in groups for one in stack.each(members.get(group.urn, []), resource.trace))
    if resource["nodeConfig"]["reservationAffinity"]["consumeReservationType"].text != "SPECIFIC_RESERVATION":
        return ()
    if flowing := resource.uses("nodeConfig", GOOGLE):
        return flowing
    named = resource["nodeConfig"]["reservationAffinity"]["values"].texts
    return tuple(one for name in named for one in called(name, resource, stack, GOOGLE, "name"))


def _members(stack: Stack) -> dict[str, list[str]]:
    """URNs of Azure's reservations by that of their group, looked for once."""
    remembered = stack.index.named
    if AZURE_GROUP not in remembered:
        found: dict[str, list[str]] = {}
        for one in stack.of_type(AZURE):
            for group in one.dependencies(AZURE_GROUP):
                found.setdefault(group.urn, []).append(one.urn)
        remembered[AZURE_GROUP] = found
    return remembered[AZURE_GROUP]


def _machine_of(reservation: Resource) -> Value:
    if reservation.type == ODCR:
        return reservation["instanceType"]
    if reservation.type == AZURE:
        return reservation["sku"]["name"]
    return reservation["specificReservation"]["instanceProperties"]["machineType"]


def _type_fits(pool: Pool, reservation: Resource) -> Iterator[Violation]:
    wanted = _machine_of(reservation).text
    names = {name for machine in pool.machines if (name := machine.text)}
    if wanted and names and names != {wanted}:
        message = f"{reservation.name} reserves {wanted}; the pool runs {', '.join(sorted(names))}"
        yield fail(pool.resource, message)
    platform = reservation["instancePlatform"].text if reservation.type == ODCR else None
    if platform and platform != "Linux/UNIX":
        yield fail(pool.resource, f"{reservation.name} reserves {platform}; nodes run Linux/UNIX")
    if pool.spot:
        yield fail(pool.resource, f"spot nodes do not run in {reservation.name}")


def _zone_fits(pool: Pool, reservation: Resource) -> Iterator[Violation]:
    if reservation.type == ODCR:
        zone = reservation["availabilityZone"].text
        subnets = pool.resource.uses("subnetIds", "aws:ec2/subnet:Subnet")
        zones = {name for subnet in subnets if (name := subnet["availabilityZone"].text)}
        if not subnets and not pool.props["subnetIds"].absent:
            told = f"its subnets are not made in this stack, so nobody sees whether they lie in {zone}: make them in it"
            yield unknown(pool.resource, pool.props["subnetIds"], told)
    elif reservation.type == GOOGLE:
        zone = reservation["zone"].text
        zones = {name for value in pool.zones if (name := value.text)} or _own_zone(pool)
    else:
        return
    if zone and zones and zones != {zone}:
        yield fail(pool.resource, f"{reservation.name} lies in {zone}; the pool in {', '.join(sorted(zones))}")


def _own_zone(pool: Pool) -> set[str]:
    """The zone of a pool that lies in one; a region is none."""
    place = pool.props["location"].text or ""
    return {place} if place.count("-") > 1 else set()


def _azure_zones_fit(pool: Pool, reservations: tuple[Resource, ...]) -> Iterator[Violation]:
    """The members of a group lie in a zone each: a pool has no zone beside theirs."""
    held = {zone for reservation in reservations for zone in reservation["zones"].texts}
    zones = {name for value in pool.zones if (name := value.text)}
    if held and zones - held:
        told = f"its group holds machines in {', '.join(sorted(held))}; the pool lies in {', '.join(sorted(zones))}"
        yield fail(pool.resource, told, "availabilityZones")


def _devices_fit(pool: Pool, reservation: Resource) -> Iterator[Violation]:
    """Accelerators that are attached to N1 machines are reserved with them."""
    held = reservation["specificReservation"]["instanceProperties"]["guestAccelerators"].items
    reserved = {(last(each["acceleratorType"].text or ""), each["acceleratorCount"].number) for each in held}
    asked = {(last(each["type"].text or ""), each["count"].number) for each in pool.attached}
    if reserved and asked and reserved != asked:
        both = (", ".join(sorted(f"{count or 0:g} {type_}" for type_, count in each)) for each in (reserved, asked))
        holds, attaches = both
        yield fail(pool.resource, f"{reservation.name} reserves {holds}; the pool attaches {attaches}")


def _count_fits(pool: Pool, reservation: Resource) -> Iterator[Violation]:
    paths = {ODCR: ("instanceCount",), AZURE: ("sku", "capacity"), GOOGLE: ("specificReservation", "count")}
    reserved, most = reservation.props.at(*paths[reservation.type]).number, pool.ceiling.number
    if reserved is not None and most is not None and most > reserved:
        yield fail(pool.resource, f"up to {most:g} nodes; {reservation.name} holds {reserved:g}")


@stack_rule(
    "reservation-used",
    "capacity",
    types=RESERVATIONS,
    description="A reservation that a stack makes is used by a pool of that stack.",
    rationale="A reservation is billed from the moment it exists, whether anything runs in it or not.",
    remediation="Name it in the pool that it is for, or make it in the stack that uses it.",
    references=["Amazon EC2 user guide, On-Demand Capacity Reservations, pricing"],
)
def reservation_used(stack: Stack, _context: Context) -> Iterator[Violation]:
    pools = [resource for resource in stack.of_type(*POOLS) if any(pools_of(resource))]
    if not pools:
        return  # capacity has a stack of its own: who uses it stands elsewhere
    used: set[str] = set()
    for resource in (*pools, *stack.of_type(TEMPLATE)):
        used |= set(resource.node.depends_on)
    for reservation in stack.of_type(*RESERVATIONS):
        if reservation.urn not in used:
            yield fail(reservation, "no pool of this stack uses it")


def _on_demand_by_template(stack: Stack, _context: Context) -> Iterator[Violation]:
    """Managed groups of machines that are not sold on demand, whose template says no other kind of capacity."""
    for resource in stack.of_type(EKS):
        for pool in pools_of(resource):
            rows = [row for row in pool.rows() if row.accelerator and row.kinds and "on-demand" not in row.kinds]
            if not rows or pool.spot or pool.props["capacityType"].text == "CAPACITY_BLOCK":
                continue
            yield from unseen(resource, "by which kind of capacity its machines are had")
            for template in templates(resource):
                if not any(template[key].given or template[key].unknown for key in _OTHER_KINDS):
                    sold = ", ".join(rows[0].kinds)
                    yield fail(resource, f"{rows[0].name} is not sold as on-demand; it is sold as {sold}")


@rule(
    "machine-had-by-kind",
    "capacity",
    types=(EKS, AKS, GKE),
    baseline=Level.MANDATORY,
    description="A pool asks for its machines by a kind of capacity that they are sold by.",
    rationale="Some accelerator machines are sold as reservations or spot only: a pool of another kind stays empty.",
    remediation="Use a kind of capacity that the machine is sold by (`intertie catalog machines`).",
    references=["Google Cloud documentation, consumption options of accelerator machines"],
    apply_time_only=["capacityReservationGroupID", "launchTemplate"],
    whole=_on_demand_by_template,
)
def machine_had_by_kind(resource: Resource, _context: Context) -> Iterator[Violation]:
    for pool in pools_of(resource):
        accelerated = [row for row in pool.rows() if row.accelerator]
        if not accelerated:
            continue
        kind = kind_of_pool(pool) if not _undecided(pool) else ""
        for row in accelerated:
            if kind and row.kinds and kind not in row.kinds:
                yield fail(resource, f"{row.name} is not sold as {kind}; it is sold as {', '.join(row.kinds)}")


def _undecided(pool: Pool) -> bool:
    """Whether only apply can tell what kind of capacity it is."""
    if pool.cloud == "aws":
        return pool.props["capacityType"].unknown
    if pool.cloud == "azure":
        return pool.props["scaleSetPriority"].unknown
    return any(pool.node[key].unknown for key in ("spot", "preemptible", "flexStart", "reservationAffinity"))


def kind_of_pool(pool: Pool) -> str:
    """`spot`, `on-demand` or `flex-start`; "" for reserved pools, whose kind stands in the reservation."""
    if pool.spot:
        return "spot"
    if pool.cloud == "aws":
        reserved = pool.props["capacityType"].text == "CAPACITY_BLOCK" or not pool.props["launchTemplate"].absent
        return "" if reserved else "on-demand"
    if pool.cloud == "azure":
        return "on-demand" if pool.props["capacityReservationGroupID"].absent else ""
    if pool.node["flexStart"].flag or pool.props["queuedProvisioning"]["enabled"].flag:
        return "flex-start"
    named = pool.node["reservationAffinity"]["consumeReservationType"].text
    return "on-demand" if named in (None, "NO_RESERVATION") else ""
