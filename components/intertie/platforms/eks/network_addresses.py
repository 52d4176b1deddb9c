"""Whether the subnets of an EKS cluster hold what its pools may grow to: nodes and pods have addresses of the same.

The network add-on takes addresses by the interface: as many whole interfaces as its pods fill, and one more that waits
(`WARM_ENI_TARGET` is 1 as it comes). A large accelerator machine so takes a hundred addresses for ten pods.
Source: amazon-vpc-cni-k8s, ENI and IP target; Amazon EKS user guide, managed node update behaviour.
"""

import csv
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Network
from math import ceil

from intertie import catalog
from intertie.errors import Problem
from intertie.plan import Plan, PoolPlan
from intertie.platforms import room
from intertie.platforms.eks import network

SOURCE = "Amazon EKS user guide, VPC and subnet considerations; amazon-vpc-cni-k8s, ENI and IP target"
RESERVED = 5  # of every subnet, by AWS (VPC user guide, subnet sizing)
OTHERS = 32
"""Addresses of a subnet for what is no node: the control plane, private endpoints, load balancers, the collector."""
DAEMONS = 20
"""Pods that every node has besides its replicas, at most: agents of the cluster, exporters, device plugins."""
_LARGE = 30  # CPUs from which a node has room for 250 pods, else for 110 (EKS AMI, eni-max-pods)
SURGE = 2  # nodes that an update of a group adds per zone (EKS user guide, managed node update behaviour)


def problems(plan: Plan) -> list[Problem]:
    """What keeps nodes or pods from getting addresses, a zone at a time. () where the tier has no cluster."""
    if "cluster" not in plan.renders:
        return []
    zones = network.zones(plan)
    rooms = []
    for zone, number in zones.items():
        cidr = plan.addresses.private[number]
        asked = room.most(plan, lambda pool, zone=zone: _taken(pool, zone, len(zones)))
        free = IPv4Network(cidr).num_addresses - RESERVED - OTHERS
        rooms.append(room.Room("cidr", f"addresses of nodes and pods in {zone}, of {cidr}", asked, free, "addresses"))
    return room.problems(plan, rooms, SOURCE)


def _taken(pool: PoolPlan, zone: str, zones: int) -> int:
    """Addresses of a pool in a zone: its nodes are spread evenly over its own zones, or over all."""
    if pool.zones and zone not in pool.zones:
        return 0
    nodes = ceil(pool.max_nodes / (len(pool.zones) or zones)) + (SURGE if pool.surge else 0)
    return nodes * node_addresses(pool)


def node_addresses(pool: PoolPlan) -> int:
    """Addresses that one full node of the pool holds."""
    known = limits().get(pool.machine)
    if known is None:  # then its node image is unknown too, which `pools` says
        return 0
    interfaces, each = known
    many = 110 if catalog.machine("aws", pool.machine).vcpus < _LARGE else 250
    pods = pool.per_node + DAEMONS if pool.role == "accelerator" else many
    return min(interfaces, ceil(pods / (each - 1)) + 1) * each


@cache
def limits() -> dict[str, tuple[int, int]]:
    """By machine type: interfaces of its first card, which are all that the add-on uses, and addresses of each."""
    text = files("intertie.platforms.eks").joinpath("data", "interfaces.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["machine"]: (int(row["interfaces"]), int(row["addresses"])) for row in rows}
