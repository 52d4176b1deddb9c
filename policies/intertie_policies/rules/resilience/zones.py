"""Clusters that survive a zone."""

from collections.abc import Iterator

from intertie_policies.accessor import State
from intertie_policies.pools import AKS_CLUSTER, EKS_CLUSTER, GKE_CLUSTER
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Violation, fail, rule


@rule(
    "clusters-span-zones",
    "resilience",
    types=[EKS_CLUSTER, AKS_CLUSTER, GKE_CLUSTER],
    description="The control plane and system pool of a cluster span at least two zones.",
    rationale="Accelerators may stand where they are offered; what steers them has no reason to fall with one zone.",
    remediation="EKS: subnets in two zones. AKS: availabilityZones of the system pool. GKE: a region as location.",
    references=["Amazon EKS user guide, network requirements", "AKS documentation, availability zones",
                "GKE documentation, regional clusters"],
)  # fmt: skip
def clusters_span_zones(cluster: Resource, _context: Context) -> Iterator[Violation]:
    if cluster.type == EKS_CLUSTER:
        subnets = cluster["vpcConfig"]["subnetIds"]
        if not subnets.unknown and len(subnets.items) < 2:
            yield fail(cluster, f"{len(subnets.items)} subnets; needed: 2 in two zones", *subnets.path)
    elif cluster.type == AKS_CLUSTER:
        yield from _system_pools(cluster)
    else:
        location = cluster["location"]
        if (location.text or "").count("-") > 1:
            yield fail(cluster, f"{location.text} is one zone; needed: a region", *location.path)


def _system_pools(cluster: Resource) -> Iterator[Violation]:
    for profile in cluster["agentPoolProfiles"].items:
        if profile["mode"].text == "User":
            continue
        zones = profile["availabilityZones"]
        count = len(zones.items)
        if count < 2 and not zones.unknown and profile["mode"].quietly().state is not State.UNKNOWN:
            yield fail(cluster, f"the system pool is in {count or 'no'} zone by name; needed: 2", *zones.path)
