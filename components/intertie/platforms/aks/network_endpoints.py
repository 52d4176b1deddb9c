"""Private endpoints: the vault with the pipeline's secrets answers inside of the network, under its own name."""

import pulumi
from pulumi_azure_native import network, privatedns

from intertie.contract import Bound
from intertie.platforms.aks.network import Nodes, Place
from intertie.platforms.aks.secret_store import Store
from intertie.platforms.children import child
from intertie.platforms.tags import tags

VAULT = ("vault", "privatelink.vaultcore.azure.net")
"""What of a vault is reached, and the zone of its names. Source: Azure private endpoint DNS zone values."""


def build(place: Place, nodes: Nodes, store: Store | None) -> tuple[pulumi.Resource, ...]:
    """The vault's endpoint, if there are secrets and the description wants endpoints."""
    if store is None or not place.plan.operations.endpoints:
        return ()
    return private(place, nodes, "secrets", store.vault.id, VAULT)


def private(place: Place, nodes: Nodes, what: str, target: Bound, kind: tuple[str, str]) -> tuple[pulumi.Resource, ...]:
    """An address for `target` in the nodes' subnet, and the names by which it is found there."""
    part, zone_name = kind
    name, opts = child(place.options, f"{what}-endpoint")
    endpoint = network.PrivateEndpoint(
        name,
        private_endpoint_name=f"{place.plan.cluster}-{what}",
        resource_group_name=place.group.name,
        location=place.plan.region,
        subnet=network.SubnetArgs(id=nodes.subnet.id),
        private_link_service_connections=[
            network.PrivateLinkServiceConnectionArgs(name=what, private_link_service_id=target, group_ids=[part])
        ],
        custom_network_interface_name=f"{place.plan.cluster}-{what}",
        tags=tags(place.plan, "azure"),
        opts=opts,
    )
    return endpoint, *_names(place, nodes, what, endpoint, zone_name)


def _names(
    place: Place, nodes: Nodes, what: str, endpoint: network.PrivateEndpoint, zone_name: str
) -> tuple[pulumi.Resource, ...]:
    """The private zone, linked to the network, and the record that the endpoint keeps in it."""
    name, opts = child(place.options, f"{what}-zone")
    zone = privatedns.PrivateZone(
        name,
        private_zone_name=zone_name,
        resource_group_name=place.group.name,
        location="global",
        tags=tags(place.plan, "azure"),
        opts=opts,
    )
    name, opts = child(place.options, f"{what}-zone-link")
    link = privatedns.VirtualNetworkLink(
        name,
        virtual_network_link_name=place.plan.cluster,
        private_zone_name=zone.name,
        resource_group_name=place.group.name,
        location="global",
        virtual_network=privatedns.SubResourceArgs(id=nodes.vnet.id),
        registration_enabled=False,
        # Without it the zone would hide every other vault of the world that has a private endpoint somewhere.
        resolution_policy=privatedns.ResolutionPolicy.NX_DOMAIN_REDIRECT,
        tags=tags(place.plan, "azure"),
        opts=opts,
    )
    name, opts = child(place.options, f"{what}-zone-records")
    records = network.PrivateDnsZoneGroup(
        name,
        private_dns_zone_group_name="default",
        private_endpoint_name=endpoint.name,
        resource_group_name=place.group.name,
        private_dns_zone_configs=[network.PrivateDnsZoneConfigArgs(name=what, private_dns_zone_id=zone.id)],
        opts=opts,
    )
    return link, records
