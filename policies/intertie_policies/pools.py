"""Node pools of all clouds in the same words, for rules about capacity and cost.

    for pool in pools_of(resource):
        pool.machines      # values: "p5.48xlarge"
        pool.ceiling       # most nodes, over all zones; absent: nothing bounds it
        pool.accelerator() # catalogue row, None for CPU machines and for machines that nobody knows

A resource holds one pool or several: the profiles inside an AKS cluster, GKE's inline pools.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from intertie import catalog
from intertie.catalog import Machine
from intertie_policies import accessor
from intertie_policies.accelerators import model_of
from intertie_policies.accessor import State, Value
from intertie_policies.resources import Resource, Stack
from intertie_policies.templates import EKS, LAUNCH, foreign, templates

AKS = "azure-native:containerservice:AgentPool"
GKE = "gcp:container/nodePool:NodePool"
AKS_CLUSTER = "azure-native:containerservice:ManagedCluster"
GKE_CLUSTER = "gcp:container/cluster:Cluster"
EKS_CLUSTER = "aws:eks/cluster:Cluster"
POOLS = (EKS, AKS, GKE, AKS_CLUSTER, GKE_CLUSTER)
CLUSTERS = (EKS_CLUSTER, AKS_CLUSTER, GKE_CLUSTER)
_ACCELERATED_FAMILIES = {
    "aws": re.compile(r"(?:p|g|gr|inf|trn|dl)\d"),
    "azure": re.compile(r"standard_n[cdgv]", re.IGNORECASE),
    "gcp": re.compile(r"(?:a\d+x?|g\d+|ct\d\w*|tpu\d\w*)-"),
}
"""How the machines with accelerators begin, for those that the catalogue does not know (yet). Source: Amazon EC2
instance types, accelerated computing; Azure sizes, GPU accelerated; Compute Engine, accelerator-optimized."""
ATTACHABLE = "n1-"  # Google's machines that have accelerators only where some are attached


@dataclass(frozen=True, slots=True)
class Pool:
    """One pool. `props` are the pool's own properties, wherever in the resource they lie."""

    resource: Resource
    cloud: str  # aws | azure | gcp
    props: Value

    @property
    def machines(self) -> tuple[Value, ...]:
        """Machine types that its nodes may be. () where the cloud's default says it, and, in resource rules, where a
        launch template does: only stack rules see templates."""
        if self.cloud == "aws":
            return self.props["instanceTypes"].items or launched(self.resource)
        if self.cloud == "gcp":
            return (self.node["machineType"],)
        sizes = [each["size"] for each in self._manual()]
        return tuple(sizes) if sizes else (self.props["vmSize"],)

    @property
    def by_template(self) -> bool:
        """Whether its launch template alone says what its machines are."""
        if self.cloud != "aws":
            return False
        named, template = self.props["instanceTypes"].quietly(), self.props["launchTemplate"].quietly()
        return named.state is not State.UNKNOWN and not named.items and template.state is not State.ABSENT

    @property
    def node(self) -> Value:
        """Settings of one node: GKE keeps them apart from the pool's."""
        return self.props["nodeConfig"] if self.cloud == "gcp" else self.props

    @property
    def attached(self) -> tuple[Value, ...]:
        """Accelerators that are attached to a machine type of Google."""
        return self.node["guestAccelerators"].items if self.cloud == "gcp" else ()

    def rows(self) -> tuple[Machine, ...]:
        """Catalogue rows of its machine types; left out are those that the catalogue does not know, and those that
        have accelerators only where some are attached, where none are."""
        names = [name for machine in self.machines if (name := machine.text)]
        found = (catalogued(self.cloud, name) for name in names if not name.startswith(ATTACHABLE) or self.attached)
        return tuple(row for row in found if row is not None)

    @property
    def models(self) -> tuple[str, ...]:
        """Its accelerators in the catalogue's words: those that are attached, else those of its machine types."""
        attached = [model_of(type_) for each in self.attached if (type_ := each["type"].text)]
        return tuple(attached) or tuple(row.accelerator for row in self.rows() if row.accelerator)

    @property
    def accelerated(self) -> bool:
        """Whether its nodes have accelerators, as far as machine types and attached accelerators say."""
        return has_accelerators(self.cloud, self.machines) or bool(self.attached)

    @property
    def per_node(self) -> int | None:
        """Accelerators of one node, of the largest of its machine types; None where nobody knows."""
        attached = [int(count) for each in self.attached if (count := each["count"].number)]
        counts = attached or [row.count for row in self.rows() if row.accelerator]
        return max(counts) if counts else None

    @property
    def spot(self) -> bool:
        """Whether the cloud may take its nodes back at any time."""
        if self.cloud == "aws":
            return self.props["capacityType"].text == "SPOT"
        if self.cloud == "azure":
            return (self.props["scaleSetPriority"].text or "").lower() == "spot"
        return bool(self.node["spot"].flag) or bool(self.node["preemptible"].flag)

    @property
    def grows(self) -> bool:
        """Whether something changes the number of its nodes by itself."""
        if self.cloud == "aws":
            return True  # a managed group is an autoscaling group: the autoscaler may always move it
        if self.cloud == "azure":
            return bool(self.props["enableAutoScaling"].flag)
        return not self.props["autoscaling"].absent

    @property
    def ceiling(self) -> Value:
        """Most nodes over all zones."""
        if self.cloud == "aws":
            return self.props["scalingConfig"]["maxSize"]
        if self.cloud == "azure":
            return self.props["maxCount"] if self.grows else self._counted()
        return self._gke_nodes("totalMaxNodeCount", "maxNodeCount")

    @property
    def floor(self) -> Value:
        """Fewest nodes over all zones."""
        if self.cloud == "aws":
            return self.props["scalingConfig"]["minSize"]
        if self.cloud == "azure":
            return self.props["minCount"] if self.grows else self._counted()
        return self._gke_nodes("totalMinNodeCount", "minNodeCount")

    @property
    def zones(self) -> tuple[Value, ...]:
        """Zones that it is pinned to; () where the cloud chooses. EKS names subnets instead: see the stack."""
        if self.cloud == "azure":
            return self.props["availabilityZones"].items
        return self.props["nodeLocations"].items if self.cloud == "gcp" else ()

    def _manual(self) -> tuple[Value, ...]:
        """Sizes and counts of an AKS pool of single machines, which names several."""
        return self.props["virtualMachinesProfile"]["scale"]["manual"].items

    def _counted(self) -> Value:
        manual = self._manual()
        counts = [each["count"].number for each in manual]
        if not manual or None in counts:
            return manual[counts.index(None)]["count"] if manual else self.props["count"]
        return manual[0]["count"].derived(sum(count or 0 for count in counts))

    def _gke_nodes(self, total: str, per_zone: str) -> Value:
        """GKE counts per zone unless it is told `total…`; a zonal default of three zones holds where none is named."""
        scaling = self.props["autoscaling"]
        if not self.grows:
            fixed = self.props["nodeCount"]
            return self._times_zones(self.props["initialNodeCount"] if fixed.quietly().state is State.ABSENT else fixed)
        if not scaling[total].absent:
            return scaling[total]
        return self._times_zones(scaling[per_zone])

    def _times_zones(self, value: Value) -> Value:
        number = value.number
        if number is None:
            return value
        return value.derived(number * (len(self.zones) or self._zones_of_location()))

    def _zones_of_location(self) -> int:
        location = self.props["location"].quietly().text or ""
        return 1 if location.count("-") > 1 else 3


def pools_of(resource: Resource) -> Iterator[Pool]:
    """The pools that a resource holds, without those of a default that is removed at once."""
    if resource.type in (EKS, AKS, GKE):
        cloud = {EKS: "aws", AKS: "azure", GKE: "gcp"}[resource.type]
        yield Pool(resource, cloud, resource.props)
    elif resource.type == AKS_CLUSTER:
        yield from (Pool(resource, "azure", profile) for profile in resource["agentPoolProfiles"].items)
    elif resource.type == GKE_CLUSTER:
        yield from (Pool(resource, "gcp", inline) for inline in resource["nodePools"].items)
        if _keeps_default(resource.props):
            yield Pool(resource, "gcp", resource.props)


def _keeps_default(cluster: Value) -> bool:
    """Whether GKE's default pool stays, with machines that the cluster's own `nodeConfig` says."""
    removed, autopilot = (cluster[key].quietly().flag for key in ("removeDefaultNodePool", "enableAutopilot"))
    inline, own = (cluster[key].quietly().state is not State.ABSENT for key in ("nodePools", "nodeConfig"))
    return own and not (removed or autopilot or inline)


def pools_in(stack: Stack) -> Iterator[Pool]:
    """The pools of all resources of a stack."""
    for resource in stack.of_type(*POOLS):
        yield from pools_of(resource)


def launched(resource: Resource) -> tuple[Value, ...]:
    """The machine type that the launch template of a pool or group says, which only stack rules see. Unknown where the
    template is of another stack, or asks for any machine with certain properties."""
    if resource.stack is None:
        return ()
    found: list[Value] = []
    for template in templates(resource):
        any_of = template["instanceRequirements"].quietly().state is not State.ABSENT
        found.append(accessor.undecided(template.props, "instanceType") if any_of else template["instanceType"])
    if (value := foreign(resource)) is not None:
        found.append(accessor.undecided(resource.props, *value.path, "instanceType"))
    return tuple(each for each in found if each.quietly().state is not State.ABSENT)


def has_accelerators(cloud: str, machines: tuple[Value, ...]) -> bool:
    """Whether one of these machine types has accelerators built in: by the catalogue, else by its family's name."""
    return any(_accelerated(cloud, name) for machine in machines if (name := machine.text))


def uncatalogued(cloud: str, name: str) -> bool:
    """Whether a machine type has accelerators, of which nobody knows the model."""
    return catalogued(cloud, name) is None and _accelerated(cloud, name)


def _accelerated(cloud: str, name: str) -> bool:
    row = catalogued(cloud, name)
    if row is None:
        return bool(_ACCELERATED_FAMILIES[cloud].match(name))
    return bool(row.accelerator) and not name.startswith(ATTACHABLE)


def catalogued(cloud: str, name: str) -> Machine | None:
    """The catalogue's row of a machine type, which Azure takes in any case; None for one that it does not know."""
    return _rows().get((cloud, name.lower() if cloud == "azure" else name))


@cache
def _rows() -> dict[tuple[str, str], Machine]:
    return {(row.cloud, row.name.lower() if row.cloud == "azure" else row.name): row for row in catalog.machines()}


__all__ = [
    "AKS", "AKS_CLUSTER", "CLUSTERS", "EKS", "EKS_CLUSTER", "GKE", "GKE_CLUSTER", "LAUNCH", "POOLS", "Pool",
    "catalogued", "has_accelerators", "launched", "pools_in", "pools_of", "uncatalogued",
]  # fmt: skip
