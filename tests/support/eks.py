"""What tests of EKS look for in a recorded cluster."""

from collections.abc import Iterator
from functools import cache

from intertie.graph import Graph, Resource
from intertie.plan import Plan, PoolPlan
from intertie.spec.placement import PlacementSpec
from support.building import Built, build
from support.plans import plan, spec

CLUSTER = "aws:eks/cluster:Cluster"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
SUBNET = "aws:ec2/subnet:Subnet"
ADDON = "aws:eks/addon:Addon"
RELEASE = "kubernetes:helm.sh/v3:Release"


def group(built: Built, pool: str) -> Resource:
    return built.one(NODE_GROUP, f"{pool}-nodes")


def template(built: Built, pool: str) -> Resource:
    return built.one(TEMPLATE, f"{pool}-template")


def sources(graph: Graph, resource: Resource, path: str) -> list[Resource]:
    """The resources whose outputs an input is made of."""
    urns = resource.property_dependencies[path]
    return [other for other in graph if other.urn in urns]


def zones_of(graph: Graph, node_group: Resource) -> set[str]:
    """Zones in which a node group launches."""
    return {subnet.inputs["availabilityZone"] for subnet in sources(graph, node_group, "subnetIds")}


def of_aws(graph: Graph) -> Iterator[Resource]:
    return (resource for resource in graph if resource.type.startswith("aws:"))


@cache
def built() -> Built:
    """The cluster of the plan as it comes."""
    return build(plan())


@cache
def with_pool(pool: PoolPlan) -> Built:
    """A cluster whose accelerators are this one pool."""
    return build(plan(pools=(pool,)))


def placed(**changes: object) -> Plan:
    """The plan of a description whose placement says something else."""
    described = spec("aws")
    here = PlacementSpec.model_validate({**described.placements["here"].model_dump(exclude_none=True), **changes})
    return plan(spec=described.model_copy(update={"placements": {"here": here}}))
