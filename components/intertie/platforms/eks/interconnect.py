"""Connections of the network with those of other placements: tunnels to other clouds, peerings within AWS.

Two ends are two stacks. What an end makes needs what the other one has: as long as that is not known, the gateway
alone is made.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
from pulumi_aws import ec2

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.links import Link, Tunnel
from intertie.plan.naming import digest
from intertie.platforms.children import child
from intertie.platforms.eks.network import Network
from intertie.platforms.interconnect import tunnel_key
from intertie.platforms.tags import tags

Published = Mapping[str, list[Any]]
"""Placement → what it must be told of this end."""

_CIPHERS = {"encryption": ["AES256", "AES256-GCM-16"], "integrity": ["SHA2-256"], "groups": [14]}
"""What is agreed on, instead of all that AWS takes, down to SHA-1 and 1024-bit groups."""


def build(plan: Plan, options: BuildOptions, network: Network) -> Published:
    """All connections of the plan, as far as the other ends are known."""
    made: dict[str, list[Any]] = {}
    if any(link.tunnels for link in plan.links):
        gateway = _gateway(plan, options, network)
        for link in (link for link in plan.links if link.tunnels):
            made[link.placement] = list(_connections(plan, options, gateway, link))
    for link in (link for link in plan.links if not link.tunnels):
        made[link.placement] = _peering(plan, options, network, link)
    return made


def _gateway(plan: Plan, options: BuildOptions, network: Network) -> ec2.VpnGateway:
    """One per network: AWS attaches no second. The private subnets learn from it what is reached through tunnels."""
    name, opts = child(options, "vpn-gateway")
    gateway = ec2.VpnGateway(
        name,
        region=plan.region,
        vpc_id=network.vpc.id,
        amazon_side_asn=str(next(link.own_asn for link in plan.links if link.tunnels)),
        tags=_named(plan, plan.cluster),
        opts=opts,
    )
    name, opts = child(options, "vpn-routes")
    ec2.VpnGatewayRoutePropagation(
        name, region=plan.region, vpn_gateway_id=gateway.id, route_table_id=network.routes.id, opts=opts
    )
    return gateway


def _connections(plan: Plan, options: BuildOptions, gateway: ec2.VpnGateway, link: Link) -> Iterator[Any]:
    """A connection with two tunnels for each address of the other end; the four addresses of the tunnels here."""
    for number, address in enumerate(options.peers.get(link.placement, ())):
        role = f"vpn-{link.placement}-{number}"
        name, opts = child(options, f"{role}-customer")
        customer = ec2.CustomerGateway(
            name,
            region=plan.region,
            type="ipsec.1",
            ip_address=address,
            bgp_asn=str(link.asn),
            tags=_named(plan, f"{plan.cluster}-{link.placement}-{number}"),
            opts=opts,
        )
        made = _connection(plan, options, role, gateway, customer, link, number)
        yield from (made.tunnel1_address, made.tunnel2_address)


def _connection(  # noqa: PLR0917
    plan: Plan,
    options: BuildOptions,
    role: str,
    gateway: ec2.VpnGateway,
    customer: ec2.CustomerGateway,
    link: Link,
    number: int,
) -> ec2.VpnConnection:
    first, second = [tunnel for tunnel in link.tunnels if tunnel.other == number]
    name, opts = child(options, role)
    return ec2.VpnConnection(
        name,
        region=plan.region,
        type="ipsec.1",
        vpn_gateway_id=gateway.id,
        customer_gateway_id=customer.id,
        static_routes_only=False,
        **_tunnel(1, first, tunnel_key(options, link, first)),
        **_tunnel(2, second, tunnel_key(options, link, second)),
        tags=_named(plan, f"{plan.cluster}-{link.placement}-{number}"),
        opts=opts,
    )


def _tunnel(number: int, tunnel: Tunnel, key: pulumi.Output[str]) -> dict[str, Any]:
    """Settings of one of the two tunnels: addresses inside, key, and what is agreed on, in both phases."""
    settings: dict[str, Any] = {
        "inside_cidr": tunnel.inside,
        "preshared_key": key,
        "ike_versions": ["ikev2"],
        "startup_action": "start",  # either end may begin: after a failure nobody waits for the other one
    }
    for phase in ("phase1", "phase2"):
        settings[f"{phase}_encryption_algorithms"] = _CIPHERS["encryption"]
        settings[f"{phase}_integrity_algorithms"] = _CIPHERS["integrity"]
        settings[f"{phase}_dh_group_numbers"] = _CIPHERS["groups"]
    return {f"tunnel{number}_{field}": value for field, value in settings.items()}


def _peering(plan: Plan, options: BuildOptions, network: Network, link: Link) -> list[Any]:
    """One end asks, with the other one's network; the other one accepts what was asked for. Both lead traffic there."""
    known = options.peers.get(link.placement, ())
    if not known:
        return [] if link.asks else [network.vpc.id]
    role = f"peering-{link.placement}"
    named = _named(plan, f"{plan.cluster}-{link.placement}")
    name, opts = child(options, role)
    made = (
        ec2.VpcPeeringConnection(
            name,
            region=plan.region,
            vpc_id=network.vpc.id,
            peer_vpc_id=known[0],
            peer_region=link.region,
            peer_owner_id=link.account or None,
            auto_accept=False,
            tags=named,
            opts=opts,
        )
        if link.asks
        else ec2.VpcPeeringConnectionAccepter(
            name, region=plan.region, vpc_peering_connection_id=known[0], auto_accept=True, tags=named, opts=opts
        )
    )
    for cidr in link.ranges:
        name, opts = child(options, f"{role}-{digest(cidr, 6)}")
        ec2.Route(
            name,
            region=plan.region,
            route_table_id=network.routes.id,
            destination_cidr_block=cidr,
            vpc_peering_connection_id=made.id,
            opts=opts,
        )
    return [made.id] if link.asks else [network.vpc.id]


def _named(plan: Plan, name: str) -> dict[str, str]:
    return {**tags(plan, "aws"), "Name": name}
