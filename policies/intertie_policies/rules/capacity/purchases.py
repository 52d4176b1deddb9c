"""What is bought for a time, and cannot be given back."""

from collections.abc import Iterator
from datetime import date

from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule

BOUGHT = (
    "aws:ec2/capacityBlockReservation:CapacityBlockReservation",
    "aws:savingsplans/savingsPlan:SavingsPlan",
    "aws:rds/reservedInstance:ReservedInstance",
    "azure-native:billingbenefits:SavingsPlanOrderAlias",
    "azure-native:capacity:Reservation",
    "azure-native:capacity:ReservationOrder",
    "gcp:compute/regionCommitment:RegionCommitment",
)
_DATED = {
    "aws:ec2/capacityReservation:CapacityReservation": "endDate",
    "gcp:compute/futureReservation:FutureReservation": "timeWindow.endTime",
}


@rule(
    "purchase-protected",
    "capacity",
    types=BOUGHT,
    baseline=Level.MANDATORY,
    description="What is bought for a term is protected: no replacement buys it a second time.",
    rationale="A changed property replaces it: a second commitment is bought, and the first is paid to its end.",
    remediation="Set `protect=True` on it, in a stack of its own.",
    references=["Amazon EC2 user guide, capacity blocks", "Google Cloud documentation, committed use discounts"],
)
def purchase_protected(bought: Resource, _context: Context) -> Iterator[Violation]:
    if not bought.node.protect:
        yield fail(bought, "it is not protected: a replacement buys it again")


@rule(
    "reservation-not-expired",
    "capacity",
    types=_DATED,
    description="A dated reservation still lasts for a while when it is made.",
    rationale="Nodes in a reservation that ends are taken away; a stack that outlives it stands without accelerators.",
    remediation="Renew the reservation, or move the pool to another kind of capacity first.",
    references=["Amazon EC2 user guide, On-Demand Capacity Reservations"],
    settings=["capacity"],
)
def reservation_not_expired(resource: Resource, context: Context) -> Iterator[Violation]:
    value = resource.props.at(*_DATED[resource.type].split("."))
    text = value.text
    if text is None:
        return
    try:
        left = (date.fromisoformat(text[:10]) - context.today).days
    except ValueError:
        yield fail(resource, f"{text[:40]!r} is no date", *value.path)
        return
    if left < context.settings.capacity.reservation_min_days:
        yield fail(resource, f"it ends on {text[:10]}, {left} days from now", *value.path)
