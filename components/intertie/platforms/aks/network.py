"""Resource group, virtual network, one regional subnet, and the way out through a NAT gateway.

Private endpoints are in `network_endpoints.py`, records in `network_flow_logs.py`.
"""

from dataclasses import dataclass
from ipaddress import ip_network

from pulumi_azure_native import network, resources

from intertie.contract import BuildOptions, GatewayBinding
from intertie.errors import Problem
from intertie.plan import Plan
from intertie.platforms import room
from intertie.platforms.children import child
from intertie.platforms.tags import tags
from intertie.spec import Access

_RESERVED = 5  # addresses of a subnet that Azure keeps (Virtual Network FAQ)
NODE_PODS = 24
"""Prefix of the range that each node takes out of the pods' range. Source: AKS, Azure CNI Overlay."""

_SERVICE = "service.beta.kubernetes.io"
_IDLE_MINUTES = "30"
"""Longest idle time that every release of Azure's load balancer takes. The default of 4 minutes cuts silent streams."""


def problems(plan: Plan) -> list[Problem]:
    """The pods' range must hold all nodes that the pools may grow to; a ladder's steps replace one another."""
    if "cluster" not in plan.renders:
        return []
    return [*_no_way_out(plan), *_too_many(plan)]


def _no_way_out(plan: Plan) -> list[Problem]:
    if plan.operations.egress != "none":
        return []
    return [
        Problem(
            path=f"placements.{plan.placement}.network.egress",
            found="none",
            allowed="nat",
            hint=(
                "take it out: pods prove who they are to Microsoft Entra ID, which has no private address, so without "
                "a way out they get neither weights nor secrets; and AKS' own images need a registry of its own"
            ),
            source="AKS, network isolated clusters; Microsoft Entra Workload ID",
        )
    ]


def _too_many(plan: Plan) -> list[Problem]:
    wanted, nodes = room.most_nodes(plan), ip_network(plan.addresses.nodes)
    free = 2 ** max(NODE_PODS - ip_network(plan.addresses.pods).prefixlen, 0)
    each = "nodes, each of which takes"
    rooms = (
        room.Room("cidr", f"{each} one address of {nodes}", wanted, nodes.num_addresses - _RESERVED),
        room.Room("pods", f"{each} a /{NODE_PODS} of {plan.addresses.pods}", wanted, free),
    )
    return room.problems(plan, rooms, "AKS, Azure CNI Overlay: IP address planning")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the resources of one placement go."""

    plan: Plan
    options: BuildOptions
    group: resources.ResourceGroup


def place(plan: Plan, options: BuildOptions) -> Place:
    """The resource group that holds everything of the placement. Its tags do not reach what is in it."""
    name, opts = child(options, "group")
    group = resources.ResourceGroup(
        name, resource_group_name=plan.cluster, location=plan.region, tags=tags(plan, "azure"), opts=opts
    )
    return Place(plan, options, group)


@dataclass(frozen=True, slots=True)
class Nodes:
    """The network, the subnet of all nodes, and the address by which they are seen outside."""

    vnet: network.VirtualNetwork
    subnet: network.Subnet
    egress: network.PublicIPAddress


def nodes(place: Place) -> Nodes:
    """The subnet of all nodes. Its NAT gateway is attached before any node exists, as AKS wants it."""
    plan, options, group = place.plan, place.options, place.group
    name, opts = child(options, "network")
    virtual = network.VirtualNetwork(
        name,
        virtual_network_name=plan.cluster,
        resource_group_name=group.name,
        location=plan.region,
        # Only the nodes' half of the placement's range: the services' range must lie in no network.
        address_space=network.AddressSpaceArgs(address_prefixes=[plan.addresses.nodes, *gateway_range(plan)]),
        tags=tags(plan, "azure"),
        opts=opts,
    )
    address = _egress_address(place)
    name, opts = child(options, "nodes")
    subnet = network.Subnet(
        name,
        subnet_name="nodes",
        resource_group_name=group.name,
        virtual_network_name=virtual.name,
        address_prefix=plan.addresses.nodes,
        nat_gateway=network.SubResourceArgs(id=_egress(place, address).id),
        default_outbound_access=False,  # can only be chosen now: nothing leaves but through the NAT gateway
        service_endpoints=[network.ServiceEndpointPropertiesFormatArgs(service=each) for each in _services(plan)],
        opts=opts,
    )
    return Nodes(virtual, subnet, address)


def gateway_range(plan: Plan) -> tuple[str, ...]:
    """The range of the VPN gateway's subnet, out of the half that nodes are not in; () without tunnels."""
    return plan.addresses.public[:1] if any(link.tunnels for link in plan.links) else ()


def _services(plan: Plan) -> tuple[str, ...]:
    """Services that are reached over Azure's own network: through the NAT gateway every gigabyte is paid for.

    Weights always, and not by a private endpoint, which is paid by the gigabyte too; the registry, which is known by
    its host alone, if the description wants endpoints. The vault has a private one (`network_endpoints.py`).
    """
    wanted = ("Microsoft.ContainerRegistry", "Microsoft.KeyVault") if plan.operations.endpoints else ()
    return ("Microsoft.Storage", *wanted)


def _egress_address(place: Place) -> network.PublicIPAddress:
    plan, options, group = place.plan, place.options, place.group
    name, opts = child(options, "egress-address")
    return network.PublicIPAddress(
        name,
        public_ip_address_name=f"{plan.cluster}-egress",
        resource_group_name=group.name,
        location=plan.region,
        sku=network.PublicIPAddressSkuArgs(name=network.PublicIPAddressSkuName.STANDARD),
        public_ip_allocation_method=network.IPAllocationMethod.STATIC,
        tags=tags(plan, "azure"),
        opts=opts,
    )


def _egress(place: Place, address: network.PublicIPAddress) -> network.NatGateway:
    plan, options, group = place.plan, place.options, place.group
    name, opts = child(options, "egress")
    return network.NatGateway(
        name,
        nat_gateway_name=f"{plan.cluster}-egress",
        resource_group_name=group.name,
        location=plan.region,
        sku=network.NatGatewaySkuArgs(name=network.NatGatewaySkuName.STANDARD),
        public_ip_addresses=[network.SubResourceArgs(id=address.id)],
        tags=tags(plan, "azure"),
        opts=opts,
    )


def gateway(plan: Plan) -> GatewayBinding:
    """Annotations of the gateway's service: where it can be reached from, and how long a stream may be silent."""
    annotations = {
        f"{_SERVICE}/azure-load-balancer-tcp-idle-timeout": _IDLE_MINUTES,
        # Azure would ask for `GET /` wherever a port says HTTP, get a 404, and call every node unhealthy.
        f"{_SERVICE}/azure-load-balancer-health-probe-protocol": "tcp",
    }
    if plan.endpoint is None or plan.endpoint.access is not Access.PUBLIC:
        annotations[f"{_SERVICE}/azure-load-balancer-internal"] = "true"
        if plan.links:  # Azure lets in connected networks by itself, whatever ranges a service names
            annotations[f"{_SERVICE}/azure-deny-all-except-load-balancer-source-ranges"] = "true"
    return GatewayBinding(annotations)
