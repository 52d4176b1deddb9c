"""The placement's network: one VPC, one regional subnet with ranges for pods and services, and the way out."""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
from pulumi_gcp import compute

from intertie.contract import BuildOptions, GatewayBinding
from intertie.errors import Problem
from intertie.plan import Plan
from intertie.platforms import room
from intertie.platforms.children import child
from intertie.platforms.gke import network_private, network_runner
from intertie.spec import Access

PODS, SERVICES = "pods", "services"
"""Names of the subnet's secondary ranges."""

PODS_PER_NODE = 64
"""Most pods of one node. GKE sets twice as many addresses aside for it: a /25 of the pods' range."""

_RESERVED_BY_SUBNET = 4  # first two and last two addresses (VPC documentation, subnets)
_LARGEST_FRAME = 8896  # bytes; accelerator networks use it, and a smaller one would be split at the border


@dataclass(frozen=True, slots=True)
class Layout:
    """What the cluster is put into. `ready` must exist before the first node: without the way out, it cannot start."""

    network: compute.Network
    subnetwork: compute.Subnetwork
    ready: tuple[pulumi.Resource, ...]


def network(plan: Plan, options: BuildOptions, apis: list[pulumi.Resource]) -> Layout:
    """VPC, subnet, router and address translation."""
    name, opts = child(options, "network", depends_on=apis)
    vpc = compute.Network(
        name,
        name=plan.cluster,
        project=_project(plan),
        auto_create_subnetworks=False,
        mtu=_LARGEST_FRAME,
        routing_mode="REGIONAL",
        opts=opts,
    )
    subnetwork = _subnetwork(plan, options, vpc)
    ways = (*_way_out(plan, options, vpc), *network_private.resolve(plan, options, vpc))
    return Layout(vpc, subnetwork, (subnetwork, *ways, *network_runner.connect(plan, options, vpc)))


def _subnetwork(plan: Plan, options: BuildOptions, vpc: compute.Network) -> compute.Subnetwork:
    name, opts = child(options, "subnetwork")
    return compute.Subnetwork(
        name,
        name=plan.cluster,
        project=_project(plan),
        region=plan.region,
        network=vpc.id,
        ip_cidr_range=plan.addresses.nodes,
        secondary_ip_ranges=[
            compute.SubnetworkSecondaryIpRangeArgs(range_name=PODS, ip_cidr_range=plan.addresses.pods),
            compute.SubnetworkSecondaryIpRangeArgs(range_name=SERVICES, ip_cidr_range=plan.addresses.services),
        ],
        private_ip_google_access=True,  # weights come from the bucket without going through NAT
        log_config=_flow_logs() if plan.operations.flow_logs else None,
        opts=opts,
    )


def _flow_logs() -> compute.SubnetworkLogConfigArgs:
    """Half of all packets are looked at, as Google's own default is: who talked to whom is there, at half the price."""
    return compute.SubnetworkLogConfigArgs(
        aggregation_interval="INTERVAL_10_MIN", flow_sampling=0.5, metadata="INCLUDE_ALL_METADATA"
    )


def _way_out(plan: Plan, options: BuildOptions, vpc: compute.Network) -> tuple[pulumi.Resource, ...]:
    """Nodes have no public address: images and models from outside Google come through NAT, or not at all."""
    if plan.operations.egress == "none":
        return ()
    name, opts = child(options, "router")
    router = compute.Router(
        name, name=plan.cluster, project=_project(plan), region=plan.region, network=vpc.id, opts=opts
    )
    name, opts = child(options, "nat")
    nat = compute.RouterNat(
        name,
        name=plan.cluster,
        project=_project(plan),
        region=plan.region,
        router=router.name,
        nat_ip_allocate_option="AUTO_ONLY",
        source_subnetwork_ip_ranges_to_nat="ALL_SUBNETWORKS_ALL_IP_RANGES",
        # A node that loads an image and a model opens thousands of connections to few hosts; the default of 64 ports
        # would stall it. Independent mapping cannot be had together with dynamic ports.
        enable_dynamic_port_allocation=True,
        enable_endpoint_independent_mapping=False,
        min_ports_per_vm=128,
        max_ports_per_vm=32768,
        log_config=compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
        opts=opts,
    )
    return router, nat


def gateway(plan: Plan) -> GatewayBinding:
    """Annotations of the gateway's load balancer: GKE makes it public unless it is told otherwise."""
    if plan.endpoint is not None and plan.endpoint.access is Access.PUBLIC:
        return GatewayBinding({"cloud.google.com/l4-rbs": "enabled"})
    internal = {
        "networking.gke.io/load-balancer-type": "Internal",
        # Connected networks enter Google's in whatever region is nearest to them.
        "networking.gke.io/internal-load-balancer-allow-global-access": "true",
    }
    return GatewayBinding(internal)


def problems(plan: Plan) -> list[Problem]:
    """What keeps the plan's nodes from getting addresses: GKE would find out when it scales up, pool by pool."""
    wanted = room.most_nodes(plan)
    nodes = IPv4Network(plan.addresses.nodes)
    pods = IPv4Network(plan.addresses.pods)
    share, free = 2 * PODS_PER_NODE, nodes.num_addresses - _RESERVED_BY_SUBNET
    each = "nodes, each of which takes"
    rooms = (
        room.Room("cidr", f"{each} one address of {nodes}", wanted, free),
        room.Room("pods", f"{each} {share} addresses of {pods}", wanted, pods.num_addresses // share),
    )
    return room.problems(plan, rooms, "GKE documentation, IP address ranges of VPC-native clusters")


def _project(plan: Plan) -> str | None:
    return plan.where.account.id if plan.where.account else None
