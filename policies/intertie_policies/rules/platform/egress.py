"""The way out of a cluster's network."""

from collections.abc import Iterator
from dataclasses import dataclass

from intertie_policies.accelerators import last
from intertie_policies.accessor import State, Value
from intertie_policies.owners import called, clusters_of
from intertie_policies.pools import AKS, AKS_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, stack_rule

_SUBNET = "azure-native:network:Subnet"
_NETWORK = "azure-native:network:VirtualNetwork"
_NEEDED = {
    "userassignednatgateway": ("natGateway", "NAT gateway"),
    "userdefinedrouting": ("routeTable", "route table"),
}
"""By outbound type: the property of a subnet that must be there, and what it is."""


@dataclass(frozen=True, slots=True)
class _Subnet:
    name: str
    way_out: Value

    @property
    def bare(self) -> bool:
        """Whether nothing is attached. An id that another resource gives is there at apply."""
        return self.way_out.absent or self.way_out["id"].quietly().state is State.ABSENT


@stack_rule(
    "cluster-egress-attached",
    "platform",
    types=(AKS_CLUSTER,),
    baseline=Level.MANDATORY,
    description="Node subnets of a stack have the NAT gateway or route table that the outbound type of AKS counts on.",
    rationale="AKS attaches neither by itself: nodes never reach a registry, and the cluster fails after half an hour.",
    remediation="Attach the subnet's natGateway (userAssignedNATGateway) or routeTable (userDefinedRouting).",
    references=["AKS documentation, outbound types", "AKS documentation, NAT gateway"],
    apply_time_only=["agentPoolProfiles[*].vnetSubnetID", "vnetSubnetID"],
)
def cluster_egress_attached(stack: Stack, _context: Context) -> Iterator[Violation]:
    pools = [(pool, clusters_of(pool, stack)) for pool in stack.of_type(AKS)]
    for cluster in stack.of_type(AKS_CLUSTER):
        needed = _NEEDED.get((cluster["networkProfile"]["outboundType"].text or "").lower())
        if needed is None:
            continue
        profiles = cluster["agentPoolProfiles"].items
        yield from _bare(cluster, "agentPoolProfiles", profiles, stack, needed)
        for pool, owners in pools:
            if any(owner.urn == cluster.urn for owner in owners):
                yield from _bare(pool, "vnetSubnetID", (pool.props,), stack, needed)


def _bare(
    user: Resource, prop: str, pools: tuple[Value, ...], stack: Stack, needed: tuple[str, str]
) -> Iterator[Violation]:
    """Node subnets without a way out. Where others flow in beside them, only names tell which they are."""
    key, what = needed
    ids = [pool["vnetSubnetID"] for pool in pools if pool["vnetSubnetID"].quietly().state is not State.ABSENT]
    subnets = _subnets(user, prop, ids, stack, key) if ids else []
    bare = [subnet for subnet in subnets if subnet.bare]
    if len(bare) < len(subnets) and not _only_nodes(user, prop, pools):
        wanted = {last(text).lower() for id_ in ids if (text := id_.text)}
        bare = [subnet for subnet in bare if subnet.name.lower() in wanted]
    for subnet in bare:
        yield fail(user, f"its nodes' subnet {subnet.name} has no {what}", prop)


def _only_nodes(user: Resource, prop: str, pools: tuple[Value, ...]) -> bool:
    """Whether every subnet that flows in is one of nodes: not one of pods, nor some of a network's."""
    inside = prop == "agentPoolProfiles" and any(
        pool["podSubnetID"].quietly().state is not State.ABSENT for pool in pools
    )
    return prop in user.node.property_dependencies and not inside and not user.uses(prop, _NETWORK)


def _subnets(user: Resource, prop: str, ids: list[Value], stack: Stack, key: str) -> list[_Subnet]:
    """Subnets of this stack that flow in, on their own or inside their network; else those whose name is written."""
    found = [_Subnet(_name(subnet), subnet[key]) for subnet in user.uses(prop, _SUBNET)]
    for network in user.uses(prop, _NETWORK) if not found else ():
        found += [_Subnet(each["name"].quietly().text or "", each[key]) for each in network["subnets"].items]
    if found:
        return found
    addresses = {text for id_ in ids if (text := id_.quietly().text)}
    return [
        _Subnet(_name(subnet), subnet[key])
        for address in sorted(addresses)
        for subnet in called(address, user, stack, _SUBNET, "subnetName")
        if _lies_in(subnet, address)
    ]


def _lies_in(subnet: Resource, address: str) -> bool:
    """Whether a subnet of the right name is in the network of the address, as far as both are written."""
    network = subnet["virtualNetworkName"].quietly().text
    return network is None or f"/virtualnetworks/{network}/".lower() in address.lower()


def _name(subnet: Resource) -> str:
    return subnet["subnetName"].quietly().text or subnet.name
