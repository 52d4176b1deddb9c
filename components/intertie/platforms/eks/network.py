"""The network of an EKS cluster: one private and one public subnet per zone, one way out or none.

Private endpoints are in `network_endpoints.py`, the runner's way in `network_runner.py`, records in
`network_flow_logs.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import ec2

from intertie.contract import BuildOptions
from intertie.errors import PlanError, Problem
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.eks import network_endpoints, network_flow_logs, network_runner
from intertie.platforms.tags import tags

LEAST_ZONES = 2  # EKS refuses fewer
MOST_ZONES = 4  # address ranges that a plan has per placement


@dataclass(frozen=True, slots=True)
class Network:
    """What the rest of the cluster needs of its network."""

    vpc: ec2.Vpc
    private: Mapping[str, ec2.Subnet]  # by zone
    routes: ec2.RouteTable  # of the private subnets
    ready: tuple[pulumi.Resource, ...]  # what nodes need to reach the control plane and the registries

    def subnets(self, zones: Iterable[str] = ()) -> list[pulumi.Output[str]]:
        """Ids of the private subnets in `zones`; of all when none is named."""
        return [self.private[zone].id for zone in (tuple(zones) or tuple(self.private))]


def zones(plan: Plan) -> dict[str, int]:
    """Zones of the cluster's subnets, sorted, each with the number of its address range.

    What the placement and its pools name comes first; up to the two that EKS needs it is filled with the region's
    first letters, since which zones an account has cannot be known without asking it. The number follows the zone's
    letter, so that a zone that is added later moves no existing subnet. Raises PlanError over four zones.
    """
    named = {*plan.zones, *(zone for pool in plan.pools for zone in pool.zones)}
    for letter in "abcd":
        if len(named) >= LEAST_ZONES:
            break
        named.add(plan.region + letter)
    if len(named) > MOST_ZONES:
        allowed = f"at most {MOST_ZONES} zones, the address ranges of a placement"
        found = ", ".join(sorted(named))
        path = f"placements.{plan.placement}.zones"
        raise PlanError(plan.placement, [Problem(path, found, allowed, "use fewer zones for the pools")])
    return _numbered(sorted(named))


def _numbered(names: list[str]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for name in names:
        wanted = (ord(name[-1]) - ord("a")) % MOST_ZONES
        tries = ((wanted + step) % MOST_ZONES for step in range(MOST_ZONES))
        numbers[name] = next(number for number in tries if number not in numbers.values())
    return numbers


def build(plan: Plan, options: BuildOptions) -> Network:
    """VPC, subnets, gateways and routes. Every resource carries its region, so that any provider can serve it."""
    own, around_public = plan.addresses.blocks
    name, opts = child(options, "vpc")
    vpc = ec2.Vpc(
        name,
        region=plan.region,
        cidr_block=own,
        enable_dns_support=True,
        enable_dns_hostnames=True,  # with `support`: what the private address of the API needs
        tags=_named(plan, plan.cluster),
        opts=opts,
    )
    _default_group(plan, options, vpc)
    private = _route_table(plan, options, vpc, "private")
    ready: list[pulumi.Resource] = [private]
    subnets: dict[str, ec2.Subnet] = {}
    for zone, number in zones(plan).items():
        subnets[zone] = _subnet(plan, options, vpc, zone=zone, kind="private", cidr=plan.addresses.private[number])
        ready.append(_association(plan, options, subnets[zone], private, zone=zone, kind="private"))
    ready += _public_side(plan, options, vpc, around_public, private)
    addresses = [subnet.id for subnet in subnets.values()]
    ready += network_endpoints.build(plan, options, vpc, addresses, private)
    ready += network_runner.connect(plan, options, vpc, private)
    network_flow_logs.record(plan, options, vpc)
    return Network(vpc, subnets, private, tuple(ready))


def _public_side(
    plan: Plan, options: BuildOptions, vpc: ec2.Vpc, cidr: str, private: ec2.RouteTable
) -> list[pulumi.Resource]:
    """The way out for nodes, and public subnets for load balancers. Where nothing goes out, nothing comes in either."""
    if plan.operations.egress == "none":
        return []
    public_range = _public_range(plan, options, vpc, cidr)
    gateway = _internet_gateway(plan, options, vpc)
    egress = _nat_gateway(plan, options, vpc, gateway)
    public = _route_table(plan, options, vpc, "public")
    made: list[pulumi.Resource] = [
        _default_route(plan, options, private, "private", {"nat_gateway_id": egress.id}),
        public,
        _default_route(plan, options, public, "public", {"gateway_id": gateway.id}),
    ]
    for zone, number in zones(plan).items():
        outer = _subnet(
            plan, options, vpc, zone=zone, kind="public", cidr=plan.addresses.public[number], after=[public_range]
        )
        made.append(_association(plan, options, outer, public, zone=zone, kind="public"))
    return made


def _default_group(plan: Plan, options: BuildOptions, vpc: ec2.Vpc) -> None:
    """The group that every VPC comes with lets its members talk to each other and out: ours has no rule at all."""
    name, opts = child(options, "default-group")
    ec2.DefaultSecurityGroup(
        name, region=plan.region, vpc_id=vpc.id, tags=_named(plan, f"{plan.cluster}-default"), opts=opts
    )


def _public_range(plan: Plan, options: BuildOptions, vpc: ec2.Vpc, cidr: str) -> ec2.VpcIpv4CidrBlockAssociation:
    """The public range beside the VPC's own: EKS refuses service addresses that lie in any range of the VPC."""
    name, opts = child(options, "public-range")
    return ec2.VpcIpv4CidrBlockAssociation(name, region=plan.region, vpc_id=vpc.id, cidr_block=cidr, opts=opts)


def _internet_gateway(plan: Plan, options: BuildOptions, vpc: ec2.Vpc) -> ec2.InternetGateway:
    name, opts = child(options, "internet-gateway")
    return ec2.InternetGateway(name, region=plan.region, vpc_id=vpc.id, tags=_named(plan, plan.cluster), opts=opts)


def _nat_gateway(plan: Plan, options: BuildOptions, vpc: ec2.Vpc, gateway: ec2.InternetGateway) -> ec2.NatGateway:
    """One regional gateway: it serves every zone from within the zone, and needs neither subnets nor addresses."""
    name, opts = child(options, "nat", depends_on=[gateway])
    return ec2.NatGateway(
        name,
        region=plan.region,
        availability_mode="regional",
        connectivity_type="public",
        vpc_id=vpc.id,
        tags=_named(plan, plan.cluster),
        opts=opts,
    )


def _route_table(plan: Plan, options: BuildOptions, vpc: ec2.Vpc, kind: str) -> ec2.RouteTable:
    """A table without routes within: those fight with routes beside it."""
    name, opts = child(options, f"{kind}-routes")
    return ec2.RouteTable(
        name, region=plan.region, vpc_id=vpc.id, tags=_named(plan, f"{plan.cluster}-{kind}"), opts=opts
    )


def _default_route(
    plan: Plan, options: BuildOptions, table: ec2.RouteTable, kind: str, target: Mapping[str, Any]
) -> ec2.Route:
    name, opts = child(options, f"{kind}-default-route")
    return ec2.Route(
        name, region=plan.region, route_table_id=table.id, destination_cidr_block="0.0.0.0/0", opts=opts, **target
    )


def _subnet(
    plan: Plan,
    options: BuildOptions,
    vpc: ec2.Vpc,
    *,
    zone: str,
    kind: str,
    cidr: str,
    after: Iterable[pulumi.Resource] = (),
) -> ec2.Subnet:
    role = "kubernetes.io/role/internal-elb" if kind == "private" else "kubernetes.io/role/elb"
    found_by = {role: "1", f"kubernetes.io/cluster/{plan.cluster}": "shared"}  # how load balancers find their subnets
    name, opts = child(options, f"{kind}-{zone}", depends_on=list(after) or None)
    return ec2.Subnet(
        name,
        region=plan.region,
        vpc_id=vpc.id,
        availability_zone=zone,
        cidr_block=cidr,
        map_public_ip_on_launch=False,  # nothing but load balancers lives in public subnets, and they bring their own
        tags={**_named(plan, f"{plan.cluster}-{kind}-{zone}"), **found_by},
        opts=opts,
    )


def _association(
    plan: Plan, options: BuildOptions, subnet: ec2.Subnet, table: ec2.RouteTable, *, zone: str, kind: str
) -> ec2.RouteTableAssociation:
    name, opts = child(options, f"{kind}-{zone}-routes")
    return ec2.RouteTableAssociation(name, region=plan.region, subnet_id=subnet.id, route_table_id=table.id, opts=opts)


def _named(plan: Plan, name: str) -> dict[str, str]:
    """The plan's tags, and the one that the console shows as name."""
    return {**tags(plan, "aws"), "Name": name}
