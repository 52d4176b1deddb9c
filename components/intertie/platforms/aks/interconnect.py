"""Connections of the network with those of other placements: tunnels to other clouds, peerings within Azure.

Two ends are two stacks. What an end makes needs what the other one has: as long as that is not known, the gateway
alone is made.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pulumi
from pulumi_azure_native import network

from intertie.plan.links import Link, Tunnel
from intertie.plan.naming import safe_name
from intertie.platforms.aks.network import Nodes, Place, gateway_range
from intertie.platforms.children import child
from intertie.platforms.interconnect import tunnel_key
from intertie.platforms.tags import tags

Published = Mapping[str, list[Any]]
"""Placement → what it must be told of this end."""

_LONGEST = 80  # characters of a name (Azure resource naming rules, Microsoft.Network)
_INSTANCES = ("first", "second")
_ALL_ZONES = ("1", "2", "3")


class _Gateway(NamedTuple):
    """Two instances, each with an address outside, and the ids by which its addresses inside are set."""

    made: network.VirtualNetworkGateway
    addresses: list[network.PublicIPAddress]
    configurations: list[pulumi.Output[str]]


def build(place: Place, nodes: Nodes) -> Published:
    """All connections of the plan, as far as the other ends are known."""
    plan = place.plan
    made: dict[str, list[Any]] = {}
    if any(link.tunnels for link in plan.links):
        gateway = _gateway(place, nodes)
        for link in (link for link in plan.links if link.tunnels):
            made[link.placement] = [address.ip_address for address in gateway.addresses]
            _connect(place, gateway, link)
    for link in (link for link in plan.links if not link.tunnels):
        made[link.placement] = [nodes.vnet.id]
        _peer(place, nodes, link)
    return made


def _gateway(place: Place, nodes: Nodes) -> _Gateway:
    """Both instances carry traffic: either may fail. Azure takes half an hour or longer to make it."""
    plan, options, group = place.plan, place.options, place.group
    called = f"{plan.cluster}-vpn"
    subnet = _subnet(place, nodes)
    addresses = [_address(place, number) for number in range(len(_INSTANCES))]
    path = f"providers/Microsoft.Network/virtualNetworkGateways/{called}/ipConfigurations"
    configurations = [pulumi.Output.concat(group.id, f"/{path}/{instance}") for instance in _INSTANCES]
    name, opts = child(options, "vpn-gateway")
    made = network.VirtualNetworkGateway(
        name,
        virtual_network_gateway_name=called,
        resource_group_name=group.name,
        location=plan.region,
        gateway_type=network.VirtualNetworkGatewayType.VPN,
        vpn_type=network.VpnType.ROUTE_BASED,
        sku=network.VirtualNetworkGatewaySkuArgs(name="VpnGw1AZ", tier="VpnGw1AZ"),
        active_active=True,
        enable_bgp=True,
        bgp_settings=_speaker(place, configurations),
        ip_configurations=[
            network.VirtualNetworkGatewayIPConfigurationArgs(
                name=instance,
                private_ip_allocation_method=network.IPAllocationMethod.DYNAMIC,
                subnet=network.SubResourceArgs(id=subnet.id),
                public_ip_address=network.SubResourceArgs(id=address.id),
            )
            for instance, address in zip(_INSTANCES, addresses, strict=True)
        ],
        tags=tags(plan, "azure"),
        opts=opts,
    )
    return _Gateway(made, addresses, configurations)


def _speaker(place: Place, configurations: list[pulumi.Output[str]]) -> network.BgpSettingsArgs:
    """Number of the router, and the addresses that each instance has inside the tunnels."""
    tunnels = [tunnel for link in place.plan.links for tunnel in link.tunnels]
    inside = [
        network.IPConfigurationBgpPeeringAddressArgs(
            ipconfiguration_id=configuration,
            custom_bgp_ip_addresses=[tunnel.own_inside for tunnel in tunnels if tunnel.own == number],
        )
        for number, configuration in enumerate(configurations)
    ]
    number = next(link.own_asn for link in place.plan.links if link.tunnels)
    return network.BgpSettingsArgs(asn=number, bgp_peering_addresses=inside)


def _subnet(place: Place, nodes: Nodes) -> network.Subnet:
    """Azure knows it by this name alone. After the nodes' subnet: a network takes one change at a time."""
    name, opts = child(place.options, "vpn-subnet", depends_on=[nodes.subnet])
    return network.Subnet(
        name,
        subnet_name="GatewaySubnet",
        resource_group_name=place.group.name,
        virtual_network_name=nodes.vnet.name,
        address_prefix=gateway_range(place.plan)[0],
        opts=opts,
    )


def _address(place: Place, number: int) -> network.PublicIPAddress:
    plan = place.plan
    name, opts = child(place.options, f"vpn-address-{number}")
    return network.PublicIPAddress(
        name,
        public_ip_address_name=f"{plan.cluster}-vpn-{number}",
        resource_group_name=place.group.name,
        location=plan.region,
        sku=network.PublicIPAddressSkuArgs(name=network.PublicIPAddressSkuName.STANDARD),
        public_ip_allocation_method=network.IPAllocationMethod.STATIC,
        zones=list(plan.zones) if tuple(plan.zones) == _ALL_ZONES else None,  # in all of them, or in none by name
        tags=tags(plan, "azure"),
        opts=opts,
    )


def _connect(place: Place, gateway: _Gateway, link: Link) -> None:
    """A far end and a connection for each tunnel: one address of the other end belongs to one of our instances."""
    addresses = place.options.peers.get(link.placement, ())
    if not addresses:
        return
    plan, options, group = place.plan, place.options, place.group
    for number, tunnel in enumerate(link.tunnels):
        called = safe_name(f"{plan.cluster}-{link.placement}", _LONGEST - 2) + f"-{number}"
        name, opts = child(options, f"vpn-{link.placement}-{number}-gateway")
        there = network.LocalNetworkGateway(
            name,
            local_network_gateway_name=called,
            resource_group_name=group.name,
            location=plan.region,
            gateway_ip_address=addresses[tunnel.other],
            bgp_settings=network.BgpSettingsArgs(asn=link.asn, bgp_peering_address=tunnel.other_inside),
            tags=tags(plan, "azure"),
            opts=opts,
        )
        _connection(place, gateway, link, tunnel, there, called, f"vpn-{link.placement}-{number}")


def _connection(  # noqa: PLR0917
    place: Place,
    gateway: _Gateway,
    link: Link,
    tunnel: Tunnel,
    there: network.LocalNetworkGateway,
    called: str,
    role: str,
) -> None:
    plan, options = place.plan, place.options
    name, opts = child(options, role, additional_secret_outputs=["sharedKey"])
    network.VirtualNetworkGatewayConnection(
        name,
        virtual_network_gateway_connection_name=called,
        resource_group_name=place.group.name,
        location=plan.region,
        connection_type=network.VirtualNetworkGatewayConnectionType.IPSEC,
        connection_protocol=network.VirtualNetworkGatewayConnectionProtocol.IK_EV2,
        virtual_network_gateway1=network.VirtualNetworkGatewayArgs(id=gateway.made.id),
        local_network_gateway2=network.LocalNetworkGatewayArgs(id=there.id),
        shared_key=tunnel_key(options, link, tunnel),
        enable_bgp=True,
        gateway_custom_bgp_ip_addresses=_inside(gateway, link, tunnel),
        ipsec_policies=[_policy()],
        tags=tags(plan, "azure"),
        opts=opts,
    )


def _inside(
    gateway: _Gateway, link: Link, tunnel: Tunnel
) -> list[network.GatewayCustomBgpIpAddressIpConfigurationArgs]:
    """The instance of this tunnel by its address in it; Azure wants one of the other instance too, which stays idle."""
    chosen: list[network.GatewayCustomBgpIpAddressIpConfigurationArgs] = []
    for number, configuration in enumerate(gateway.configurations):
        own = tunnel if tunnel.own == number else next(each for each in link.tunnels if each.own == number)
        chosen.append(
            network.GatewayCustomBgpIpAddressIpConfigurationArgs(
                ip_configuration_id=configuration, custom_bgp_ip_address=own.own_inside
            )
        )
    return chosen


def _policy() -> network.IpsecPolicyArgs:
    """What is agreed on, instead of all that Azure takes, down to SHA-1 and 1024-bit groups."""
    return network.IpsecPolicyArgs(
        ike_encryption=network.IkeEncryption.AES256,
        ike_integrity=network.IkeIntegrity.SHA256,
        dh_group=network.DhGroup.DH_GROUP14,
        ipsec_encryption=network.IpsecEncryption.AES256,
        ipsec_integrity=network.IpsecIntegrity.SHA256,
        pfs_group=network.PfsGroup.PFS14,
        sa_life_time_seconds=3600,
        sa_data_size_kilobytes=102_400_000,
    )


def _peer(place: Place, nodes: Nodes, link: Link) -> None:
    """This end's half; traffic flows when the other end has made its own."""
    known = place.options.peers.get(link.placement, ())
    if not known:
        return
    name, opts = child(place.options, f"peering-{link.placement}", depends_on=[nodes.subnet])
    network.VirtualNetworkPeering(
        name,
        virtual_network_peering_name=link.placement,
        virtual_network_name=nodes.vnet.name,
        resource_group_name=place.group.name,
        remote_virtual_network=network.SubResourceArgs(id=known[0]),
        allow_virtual_network_access=True,
        allow_forwarded_traffic=False,
        opts=opts,
    )
