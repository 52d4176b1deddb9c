"""Connections of the network with those of other placements: tunnels to other clouds, peerings within Google.

Two ends are two stacks. What an end makes needs what the other one has: as long as that is not known, the gateway
alone is made.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pulumi
from pulumi_gcp import compute

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.links import Link, Tunnel
from intertie.plan.naming import safe_name
from intertie.platforms.children import child
from intertie.platforms.interconnect import tunnel_key
from intertie.platforms.tags import tags

Published = Mapping[str, list[Any]]
"""Placement → what it must be told of this end."""

_LONGEST = 63  # characters of a name (Compute Engine documentation, naming resources)
_REDUNDANCY = {2: "TWO_IPS_REDUNDANCY", 4: "FOUR_IPS_REDUNDANCY"}


class _Ends(NamedTuple):
    """What all tunnels of the placement go through."""

    gateway: compute.HaVpnGateway
    router: compute.Router


def build(plan: Plan, options: BuildOptions, network: compute.Network) -> Published:
    """All connections of the plan, as far as the other ends are known."""
    made: dict[str, list[Any]] = {}
    if any(link.tunnels for link in plan.links):
        ends = _Ends(_gateway(plan, options, network), _router(plan, options, network))
        for link in (link for link in plan.links if link.tunnels):
            made[link.placement] = [_address(ends.gateway, number) for number in range(2)]
            _connect(plan, options, ends, link)
    for link in (link for link in plan.links if not link.tunnels):
        made[link.placement] = [network.self_link]
        _peer(plan, options, network, link)
    return made


def _gateway(plan: Plan, options: BuildOptions, network: compute.Network) -> compute.HaVpnGateway:
    """Two interfaces with an address each: Google promises 99.99 % for tunnels from both."""
    name, opts = child(options, "vpn-gateway")
    return compute.HaVpnGateway(
        name,
        name=plan.cluster,
        project=_project(plan),
        region=plan.region,
        network=network.id,
        gateway_ip_version="IPV4",
        stack_type="IPV4_ONLY",
        labels=tags(plan, "gcp"),
        opts=opts,
    )


def _address(gateway: compute.HaVpnGateway, number: int) -> pulumi.Output[Any]:
    return gateway.vpn_interfaces.apply(lambda interfaces: interfaces[number].ip_address)


def _router(plan: Plan, options: BuildOptions, network: compute.Network) -> compute.Router:
    """It tells the other ends of nodes and pods alone: services' addresses mean nothing outside the cluster."""
    link = next(link for link in plan.links if link.tunnels)
    name, opts = child(options, "vpn-router")
    ranges = [compute.RouterBgpAdvertisedIpRangeArgs(range=each) for each in link.own_ranges]
    bgp = compute.RouterBgpArgs(asn=link.own_asn, advertise_mode="CUSTOM", advertised_ip_ranges=ranges)
    return compute.Router(
        name,
        name=f"{plan.cluster}-vpn",
        project=_project(plan),
        region=plan.region,
        network=network.id,
        bgp=bgp,
        opts=opts,
    )


def _connect(plan: Plan, options: BuildOptions, ends: _Ends, link: Link) -> None:
    addresses = options.peers.get(link.placement, ())
    if not addresses:
        return
    name, opts = child(options, f"vpn-{link.placement}-gateway", depends_on=[ends.gateway])  # once the API is on
    there = compute.ExternalVpnGateway(
        name,
        name=safe_name(f"{plan.cluster}-{link.placement}", _LONGEST),
        project=_project(plan),
        redundancy_type=_REDUNDANCY[len(addresses)],
        interfaces=[
            compute.ExternalVpnGatewayInterfaceArgs(id=number, ip_address=address)
            for number, address in enumerate(addresses)
        ],
        labels=tags(plan, "gcp"),
        opts=opts,
    )
    for number, tunnel in enumerate(link.tunnels):
        _tunnel(plan, options, ends, there, link, tunnel, number)


def _tunnel(  # noqa: PLR0917
    plan: Plan,
    options: BuildOptions,
    ends: _Ends,
    there: compute.ExternalVpnGateway,
    link: Link,
    tunnel: Tunnel,
    number: int,
) -> None:
    """A tunnel, with the router's end and neighbour in it."""
    role = f"vpn-{link.placement}-{number}"
    called = safe_name(f"{plan.cluster}-{link.placement}", _LONGEST - 2) + f"-{number}"
    name, opts = child(options, role)
    made = compute.VPNTunnel(
        name,
        name=called,
        project=_project(plan),
        region=plan.region,
        vpn_gateway=ends.gateway.id,
        vpn_gateway_interface=tunnel.own,
        peer_external_gateway=there.id,
        peer_external_gateway_interface=tunnel.other,
        ike_version=2,
        shared_secret=tunnel_key(options, link, tunnel),
        router=ends.router.id,
        labels=tags(plan, "gcp"),
        opts=opts,
    )
    _neighbour(plan, options, ends.router, made, link, tunnel, role, called)


def _neighbour(  # noqa: PLR0917
    plan: Plan,
    options: BuildOptions,
    router: compute.Router,
    made: compute.VPNTunnel,
    link: Link,
    tunnel: Tunnel,
    role: str,
    called: str,
) -> None:
    """The router's end in the tunnel, and the other end's router. Both are called as the tunnel is."""
    name, opts = child(options, f"{role}-interface")
    interface = compute.RouterInterface(
        name,
        name=called,
        project=_project(plan),
        region=plan.region,
        router=router.name,
        ip_range=f"{tunnel.own_inside}/30",
        vpn_tunnel=made.name,
        opts=opts,
    )
    name, opts = child(options, f"{role}-peer")
    compute.RouterPeer(
        name,
        name=called,
        project=_project(plan),
        region=plan.region,
        router=router.name,
        interface=interface.name,
        ip_address=tunnel.own_inside,
        peer_ip_address=tunnel.other_inside,
        peer_asn=link.asn,
        opts=opts,
    )


def _peer(plan: Plan, options: BuildOptions, network: compute.Network, link: Link) -> None:
    """This end's half; traffic flows when the other end has made its own. Ranges of subnets are told to one another."""
    known = options.peers.get(link.placement, ())
    if not known:
        return
    name, opts = child(options, f"peering-{link.placement}")
    compute.NetworkPeering(
        name,
        name=safe_name(f"{plan.cluster}-{link.placement}", _LONGEST),
        network=network.self_link,
        peer_network=known[0],
        export_custom_routes=False,
        import_custom_routes=False,
        opts=opts,
    )


def _project(plan: Plan) -> str | None:
    return plan.where.account.id if plan.where.account else None
