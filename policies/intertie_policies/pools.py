"""Node pools of all clouds in the same words, for rules about capacity and cost.

    for pool in pools_of(resource):
        pool.machines      # values: "p5.48xlarge"
        pool.ceiling       # most nodes, over all zones; absent: nothing bounds it
        pool.accelerator() # catalogue row, None for CPU machines and for machines that nobody knows

A resource holds one pool or several: the profiles inside an AKS cluster, GKE's inline pools.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from intertie import catalog
from intertie.catalog import Machine
from intertie_policies.accessor import Value
from intertie_policies.resources import Resource

EKS = "aws:eks/nodeGroup:NodeGroup"
AKS = "azure-native:containerservice:AgentPool"
GKE = "gcp:container/nodePool:NodePool"
AKS_CLUSTER = "azure-native:containerservice:ManagedCluster"
GKE_CLUSTER = "gcp:container/cluster:Cluster"
EKS_CLUSTER = "aws:eks/cluster:Cluster"
POOLS = (EKS, AKS, GKE, AKS_CLUSTER, GKE_CLUSTER)
CLUSTERS = (EKS_CLUSTER, AKS_CLUSTER, GKE_CLUSTER)


@dataclass(frozen=True, slots=True)
class Pool:
    """One pool. `props` are the pool's own properties, wherever in the resource they lie."""

    resource: Resource
    cloud: str  # aws | azure | gcp
    props: Value

    @property
    def machines(self) -> tuple[Value, ...]:
        """Machine types that its nodes may be. () where a launch template or the cloud's default says it."""
        if self.cloud == "aws":
            return self.props["instanceTypes"].items
        found = self.props["vmSize"] if self.cloud == "azure" else self.node["machineType"]
        return (found,)

    @property
    def node(self) -> Value:
        """Settings of one node: GKE keeps them apart from the pool's."""
        return self.props["nodeConfig"] if self.cloud == "gcp" else self.props

    def rows(self) -> tuple[Machine, ...]:
        """Catalogue rows of its machine types; those that the catalogue does not know are left out."""
        names = (machine.text for machine in self.machines)
        found = (_machine(self.cloud, name) for name in names if name)
        return tuple(row for row in found if row is not None)

    @property
    def accelerated(self) -> bool:
        """Whether its nodes have accelerators, as far as machine types, guest accelerators and taints say."""
        if any(row.accelerator for row in self.rows()):
            return True
        return self.cloud == "gcp" and bool(self.node["guestAccelerators"].quietly().items)

    @property
    def per_node(self) -> int | None:
        """Accelerators of one node, of the largest of its machine types; None where nobody knows."""
        counts = [row.count for row in self.rows() if row.accelerator]
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
            return self.props["maxCount"] if self.grows else self.props["count"]
        return self._gke_nodes("totalMaxNodeCount", "maxNodeCount")

    @property
    def floor(self) -> Value:
        """Fewest nodes over all zones."""
        if self.cloud == "aws":
            return self.props["scalingConfig"]["minSize"]
        if self.cloud == "azure":
            return self.props["minCount"] if self.grows else self.props["count"]
        return self._gke_nodes("totalMinNodeCount", "minNodeCount")

    @property
    def zones(self) -> tuple[Value, ...]:
        """Zones that it is pinned to; () where the cloud chooses. EKS names subnets instead: see the stack."""
        if self.cloud == "azure":
            return self.props["availabilityZones"].items
        return self.props["nodeLocations"].items if self.cloud == "gcp" else ()

    def _gke_nodes(self, total: str, per_zone: str) -> Value:
        """GKE counts per zone unless it is told `total…`; a zonal default of three zones holds where none is named."""
        scaling = self.props["autoscaling"]
        if not self.grows:
            return self._times_zones(self.props["nodeCount"])
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


def _machine(cloud: str, name: str) -> Machine | None:
    try:
        return catalog.machine(cloud, name)
    except KeyError:
        return None


__all__ = ["AKS", "AKS_CLUSTER", "CLUSTERS", "EKS", "EKS_CLUSTER", "GKE", "GKE_CLUSTER", "POOLS", "Pool", "pools_of"]
