"""Who says how many nodes there are, and what upgrades need."""

import re
from collections.abc import Iterator

from intertie_policies.fleet import FLEETS, fleets
from intertie_policies.pools import AKS, AKS_CLUSTER, EKS, GKE, POOLS, pools_in, pools_of
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, rule, stack_rule

_SNAKE = re.compile(r"[a-z0-9]_[a-z0-9]")
_GROUP = "aws:autoscaling/group:Group"
_WORKLOADS = ("kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:StatefulSet")
_SCALERS = {
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler": ("spec", "scaleTargetRef", "name"),
    "kubernetes:keda.sh/v1alpha1:ScaledObject": ("spec", "scaleTargetRef", "name"),
}


@rule(
    "count-left-to-autoscaler",
    "capacity",
    types=(EKS, AKS, GKE, _GROUP),
    baseline=Level.MANDATORY,
    description="Where an autoscaler sets the number of nodes, the program ignores that number.",
    rationale="Every update sets it back: accelerator nodes that serve are taken away, or bought again.",
    remediation="ignore_changes: scalingConfig.desiredSize (EKS), count (AKS), nodeCount and initialNodeCount (GKE).",
    references=["Amazon EKS, Pulumi and Terraform provider documentation of node groups"],
)
def count_left_to_autoscaler(resource: Resource, _context: Context) -> Iterator[Violation]:
    for path in _counts(resource):
        if not resource.ignores(path):
            yield fail(resource, f"an autoscaler moves {path}, and updates set it back", *path.split("."))


def _counts(resource: Resource) -> Iterator[str]:
    """The counts that something else moves."""
    if resource.type == EKS:
        scaling = resource["scalingConfig"]
        low, high = scaling["minSize"].number, scaling["maxSize"].number
        if low is not None and high is not None and low != high and not scaling["desiredSize"].absent:
            yield "scalingConfig.desiredSize"
    elif resource.type == AKS:
        if resource["enableAutoScaling"].flag and not resource["count"].absent:
            yield "count"
    elif resource.type == GKE:
        if not resource["autoscaling"].absent and not resource["initialNodeCount"].absent:
            yield "initialNodeCount"
    elif not resource["desiredCapacity"].absent and resource["minSize"].text != resource["maxSize"].text:
        yield "desiredCapacity"


@stack_rule(
    "replicas-left-to-scaler",
    "capacity",
    types=tuple(_SCALERS),
    description="Where a scaler sets the number of replicas, the workload does not.",
    rationale="Every update sets the number back, under load.",
    remediation="Leave `spec.replicas` out of workloads that have a HorizontalPodAutoscaler or ScaledObject.",
    references=["Kubernetes documentation, migrating Deployments to horizontal autoscaling"],
)
def replicas_left_to_scaler(stack: Stack, _context: Context) -> Iterator[Violation]:
    scaled = {
        (_namespace(scaler), name)
        for type_, path in _SCALERS.items()
        for scaler in stack.of_type(type_)
        if (name := scaler.props.at(*path).text)
    }
    for workload in stack.of_type(*_WORKLOADS):
        name = workload["metadata"]["name"].text
        replicas = workload["spec"]["replicas"]
        if (
            name
            and (_namespace(workload), name) in scaled
            and not replicas.absent
            and not workload.ignores("spec.replicas")
        ):
            yield fail(workload, "a scaler sets the replicas too", "spec", "replicas")


def _namespace(resource: Resource) -> str:
    return resource["metadata"]["namespace"].quietly().text or ""  # unknown in both, where the program makes it


@rule(
    "ignored-paths-on-wire",
    "capacity",
    baseline=Level.MANDATORY,
    description="Nested paths in ignore_changes are written as on the wire: camelCase.",
    rationale="The SDK translates whole top-level names only: `scaling_config.desired_size` ignores nothing.",
    remediation="Write `scalingConfig.desiredSize`.",
    references=["Pulumi Python SDK, resource options"],
)
def ignored_paths_on_wire(resource: Resource, _context: Context) -> Iterator[Violation]:
    if resource.cloud == "kubernetes" or resource.cloud is None:
        return  # keys of labels and annotations may hold anything
    for path in resource.node.ignore_changes:
        if _SNAKE.search(path.split('["', maxsplit=1)[0]) and ("." in path or "[" in path):
            yield fail(resource, f"{path[:80]!r} is no path on the wire, and ignores nothing")


@rule(
    "scaling-bounds-ordered",
    "capacity",
    types=(EKS, AKS, GKE, AKS_CLUSTER),
    baseline=Level.MANDATORY,
    description="A pool's minimum, count and maximum are in this order, and the maximum is at least one.",
    rationale="The clouds refuse a pool whose bounds cross.",
    remediation="Order the numbers.",
    references=["Amazon EKS API, NodegroupScalingConfig", "AKS documentation, cluster autoscaler"],
)
def scaling_bounds_ordered(resource: Resource, _context: Context) -> Iterator[Violation]:
    for pool in pools_of(resource):
        if not pool.grows:
            continue
        low, high = pool.floor, pool.ceiling
        least, most = low.number, high.number
        if least is not None and most is not None and least > most:
            yield fail(resource, f"at least {least:g}, at most {most:g}", *low.path)
        if most is not None and most < 1:
            yield fail(resource, f"at most {most:g}; a pool that grows has one at least", *high.path)
        wanted = pool.props["scalingConfig"]["desiredSize"] if pool.cloud == "aws" else None
        count = wanted.number if wanted is not None else None
        if (
            wanted is not None
            and count is not None
            and not (least or 0) <= count <= (most if most is not None else count)
        ):
            yield fail(resource, f"{count:g} is outside of {low.text or 0} to {high.text or count}", *wanted.path)


@rule(
    "reserved-pool-upgrades-in-place",
    "capacity",
    types=(AKS, GKE),
    description="A pool on reserved capacity is upgraded node by node, without surge.",
    rationale="A surge asks for a machine beside those that are reserved: nobody has it, and the upgrade hangs.",
    remediation="maxSurge 0 and maxUnavailable 1, or reserve the surge too.",
    references=["AKS documentation, node surge upgrade", "GKE documentation, surge upgrades"],
    apply_time_only=["capacityReservationGroupID"],
)
def reserved_pool_upgrades_in_place(pool: Resource, _context: Context) -> Iterator[Violation]:
    if pool.type == AKS and pool["capacityReservationGroupID"].absent:
        return
    affinity = pool["nodeConfig"]["reservationAffinity"]["consumeReservationType"]
    if pool.type == GKE and affinity.text != "SPECIFIC_RESERVATION":
        return
    surge, strategy = pool["upgradeSettings"]["maxSurge"], pool["upgradeSettings"]["strategy"].text
    if strategy == "BLUE_GREEN":
        yield fail(pool, "a blue-green upgrade needs every machine twice", "upgradeSettings", "strategy")
    elif surge.absent or (surge.text is not None and surge.text.rstrip("%") != "0"):
        found = surge.text or "the default, which surges"
        yield fail(pool, f"maxSurge {found}; allowed: 0", *surge.path)


@rule(
    "accelerator-limits-in-total",
    "capacity",
    types=(GKE,),
    description="Limits of a GKE accelerator pool over several zones are given in total, not per zone.",
    rationale="GKE multiplies `maxNodeCount` by the zones: four turn into twelve, at the price of twelve.",
    remediation="Use totalMinNodeCount and totalMaxNodeCount, or one zone.",
    references=["GKE documentation, cluster autoscaler"],
)
def accelerator_limits_in_total(resource: Resource, _context: Context) -> Iterator[Violation]:
    for pool in pools_of(resource):
        per_zone = pool.props["autoscaling"]["maxNodeCount"]
        if pool.accelerated and not per_zone.absent and len(pool.zones) != 1:
            zones = len(pool.zones) or "all"
            yield fail(resource, f"maxNodeCount holds for each of {zones} zones", *per_zone.path)


@stack_rule(
    "stack-accelerators-within-limit",
    "capacity",
    types=FLEETS,
    description="All pools of a stack at their ceilings stay within the limit and within the quota of the cloud.",
    rationale="Beyond the quota pools stop growing in the middle of a peak; beyond the limit nobody has agreed to pay.",
    remediation="Lower ceilings, or raise `capacity.max_accelerators_per_stack` or the quota.",
    settings=["capacity"],
)
def stack_within_limit(stack: Stack, context: Context) -> Iterator[Violation]:
    limits = context.settings.capacity
    total, by_quota = 0.0, dict.fromkeys(limits.quota, 0.0)
    for resource in stack.of_type(*POOLS):
        for pool in pools_of(resource):
            most = pool.ceiling.number if pool.accelerated else None
            if most is None:
                continue
            count = most * (pool.per_node or 0)
            total += count
            for model in pool.models[:1]:
                key = f"{pool.cloud}:{resource.region.text}:{model}" if by_quota else ""
                if key in by_quota:
                    by_quota[key] += count
    total += _outside_of_pools(stack)
    if total > limits.max_accelerators_per_stack:
        yield fail(stack, f"up to {total:g} accelerators; allowed: {limits.max_accelerators_per_stack}")
    for key, count in by_quota.items():
        if count > limits.quota[key]:
            yield fail(stack, f"up to {count:g} accelerators of {key}; the quota is {limits.quota[key]}")


def _outside_of_pools(stack: Stack) -> float:
    """Accelerators of groups of one's own at their ceilings."""
    own = [fleet for fleet in fleets(stack) if fleet.resource.type not in POOLS and fleet.accelerated]
    return sum((fleet.ceiling.number or 0) * fleet.per_node for fleet in own)


@stack_rule(
    "warm-capacity-kept",
    "capacity",
    types=POOLS,
    description="The accelerator pools of a stack keep as many nodes warm as its objective needs.",
    rationale="An accelerator node takes minutes to come and minutes to load: at zero nodes the first requests fail.",
    remediation="Raise the minimum of a pool, or lower `capacity.min_warm_nodes`.",
    settings=["capacity"],
)
def warm_capacity_kept(stack: Stack, context: Context) -> Iterator[Violation]:
    wanted = context.settings.capacity.min_warm_nodes
    if not wanted:
        return
    pools = [pool for pool in pools_in(stack) if pool.accelerated]
    kept = sum(pool.floor.number or 0 for pool in pools)
    if pools and kept < wanted:
        yield fail(pools[0].resource, f"{kept:g} nodes are kept; {wanted} are needed")
