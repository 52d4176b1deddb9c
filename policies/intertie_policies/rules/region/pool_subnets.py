"""Pools of AWS whose nodes must lie in one zone, which the pool's subnets say."""

from collections.abc import Iterator
from dataclasses import dataclass

from intertie_policies.accessor import State, Value
from intertie_policies.owners import called
from intertie_policies.pools import EKS
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, stack_rule, unknown
from intertie_policies.templates import GROUP, foreign, templates, unseen

_SUBNET = "aws:ec2/subnet:Subnet"
_PLACEMENT = "aws:ec2/placementGroup:PlacementGroup"
_FABRIC = ("efa", "efa-only")
_NOT_ALL_SEEN = "not all of its subnets are made in this stack, so nobody sees their zones: make them in it"


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the subnets of a pool lie."""

    key: str  # the property that names them
    zones: tuple[str, ...]  # those that are known, in order
    hidden: bool  # whether some of several subnets are not of this stack

    @property
    def one_zone(self) -> bool:
        return len(self.zones) < 2 and not self.hidden


def _spread(pool: Resource) -> Spread:
    key = "subnetIds" if pool.type == EKS else "vpcZoneIdentifiers"
    subnets, named = pool.uses(key, _SUBNET), pool[key].quietly()
    zones = {zone for subnet in subnets if (zone := _zone(subnet))}
    if pool.type == GROUP:
        zones |= set(pool["availabilityZones"].texts)  # instead of subnets: those that each zone has by default
    hidden = not subnets if named.state is State.UNKNOWN else len(named.items) > max(len(subnets), 1)
    return Spread(key, tuple(sorted(zones)), hidden)


def _zone(subnet: Resource) -> str:
    return subnet["availabilityZone"].text or subnet["availabilityZoneId"].text or ""


@stack_rule(
    "reserved-pool-in-one-zone",
    "region",
    types=(EKS, GROUP),
    baseline=Level.MANDATORY,
    description="A pool of AWS on reserved capacity has subnets of one zone: the reservation's.",
    rationale="In its other zones the pool launches on demand beside a reservation that is paid, or fails.",
    remediation="Give the pool subnets of the reservation's zone only.",
    references=["Amazon EKS user guide, capacity reservations"],
)
def reserved_pool_in_one_zone(stack: Stack, _context: Context) -> Iterator[Violation]:
    for pool in stack.of_type(EKS, GROUP):
        spread = _spread(pool)
        if spread.one_zone:
            continue
        if not _reserved(pool):
            yield from unseen(pool, "whether it targets a reservation, which has one zone")
        elif len(spread.zones) > 1:
            yield fail(pool, f"its subnets lie in {', '.join(spread.zones)}", spread.key)
        else:
            yield unknown(pool, pool[spread.key], _NOT_ALL_SEEN)


def _reserved(pool: Resource) -> bool:
    """Whether the pool is a capacity block's, or its template targets a reservation."""
    if pool["capacityType"].text == "CAPACITY_BLOCK":
        return True
    target = ("capacityReservationSpecification", "capacityReservationTarget")
    return any(template.props.at(*target).quietly().entries for template in templates(pool))


@stack_rule(
    "close-pool-in-one-zone",
    "region",
    types=(EKS, GROUP),
    baseline=Level.MANDATORY,
    description="A pool of several nodes on EFA, or in a cluster placement group, has subnets of one zone.",
    rationale="EFA traffic does not cross zones, and no such group does: nodes of one model hang, or never start.",
    remediation="Give the pool subnets of one zone; for more zones make a pool for each.",
    references=[
        "Amazon EC2 user guide, Elastic Fabric Adapter, limitations",
        "Amazon EC2 user guide, placement groups, rules and limitations",
    ],
)
def close_pool_in_one_zone(stack: Stack, _context: Context) -> Iterator[Violation]:
    for pool in stack.of_type(EKS, GROUP):
        ties, hidden = tuple(_ties(pool, stack)), _hidden_group(pool, stack)
        if not ties and hidden is None and foreign(pool) is None:
            continue
        most = (pool["scalingConfig"] if pool.type == EKS else pool.props)["maxSize"].number
        if most is not None and most < 2:
            continue
        spread = _spread(pool)
        if spread.one_zone:
            continue
        if ties and len(spread.zones) > 1:
            yield fail(pool, f"it has {ties[0]}, and its subnets lie in {', '.join(spread.zones)}", spread.key)
        elif ties:
            yield unknown(pool, pool[spread.key], _NOT_ALL_SEEN)
        elif hidden is not None:
            told = "its placement group is not made in this stack, so nobody sees whether it spans zones: make it here"
            yield unknown(pool, hidden, told)
        else:
            yield from unseen(pool, "whether its machines have EFA interfaces, whose traffic stays in one zone")


def _ties(pool: Resource, stack: Stack) -> Iterator[str]:
    """What holds its nodes together."""
    for template in templates(pool):
        if any(interface["interfaceType"].text in _FABRIC for interface in template["networkInterfaces"].items):
            yield "EFA interfaces"
    for user, prop, name in _named_groups(pool):
        for group in _groups(user, prop, name, stack):
            if group["strategy"].text == "cluster":
                yield "a cluster placement group"


def _hidden_group(pool: Resource, stack: Stack) -> Value | None:
    """Where a placement group is named that is not of this stack."""
    named = _named_groups(pool)
    return next((name for user, prop, name in named if not _groups(user, prop, name, stack)), None)


def _named_groups(pool: Resource) -> Iterator[tuple[Resource, str, Value]]:
    """(resource, property, name or id) of each placement group that its machines are in."""
    places = [(pool, "placementGroup", pool["placementGroup"])] if pool.type == GROUP else []
    for template in templates(pool):
        places += [(template, "placement", template["placement"][key]) for key in ("groupName", "groupId")]
    yield from (place for place in places if place[2].quietly().state is not State.ABSENT)


def _groups(user: Resource, prop: str, name: Value, stack: Stack) -> tuple[Resource, ...]:
    flowing = user.uses(prop, _PLACEMENT)
    text = name.quietly().text
    return flowing or (called(text, user, stack, _PLACEMENT, "name") if text else ())
