"""Managed node groups: system, CPU, and one per step of a ladder, each in the way its capacity is obtained."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil, floor

import pulumi
from pulumi_aws import eks, iam

from intertie import catalog
from intertie.catalog import Machine
from intertie.contract import BuildOptions, PoolBinding, Toleration
from intertie.errors import PlanError, Problem
from intertie.plan import LABEL, Plan, PoolPlan
from intertie.platforms.children import child
from intertie.platforms.eks import fabric, pools_launch
from intertie.platforms.eks.network import Network
from intertie.platforms.tags import node_labels, tags, taint_upper

RESERVED = ("odcr", "capacity-block")
HINT = "k8s.io/cluster-autoscaler/node-template/resources"  # tells the autoscaler what a group at zero would have
_GPU_LABEL = "k8s.amazonaws.com/accelerator"  # on nodes that carry it, the autoscaler waits for the devices
_SPOT_TYPES = 4
_ALLOCATABLE = 0.85  # of a disk: the kubelet evicts at 10 % free, and the file system and the system take their share
_AUTOSCALERS = "scalingConfig.desiredSize"  # the current size is its own
_LEFT_AS_THEY_ARE = ("version", "releaseVersion", "launchTemplate", "amiType", "updateConfig")
"""Of retiring groups: an update of nodes that are about to go would drain them for nothing."""


@dataclass(frozen=True, slots=True)
class Pools:
    """The node groups, and how pods get onto them."""

    groups: Mapping[str, eks.NodeGroup]  # by the pool's name
    bindings: Mapping[str, PoolBinding]
    efa_machines: tuple[str, ...] = field(default=())  # machine types whose nodes have EFA interfaces


def machine_of(plan: Plan, pool: PoolPlan) -> Machine:
    """The pool's machine type in the catalogue; PlanError when it is not there, for then its node image is unknown."""
    try:
        return catalog.machine("aws", pool.machine)
    except KeyError:
        allowed = "a machine type of the catalogue (`intertie catalog machines`)"
        raise PlanError(plan.placement, [Problem(f"pools.{pool.name}.machine", pool.machine, allowed)]) from None


def pool_zones(plan: Plan, pool: PoolPlan) -> tuple[str, ...]:
    """Zones of the pool's subnets; () is all of the cluster's.

    A reservation lies in one zone, and subnets of others would launch beside it; a placement group does not span zones.
    """
    if (pool.kind in RESERVED or fabric.cards(pool)) and len(pool.zones) != 1:
        problem = Problem(
            path=f"pools.{pool.name}.zones",
            found=", ".join(pool.zones) or "no zone",
            allowed="one zone: that of the reservation"
            if pool.kind in RESERVED
            else "one zone: replicas span machines",
            hint="give the claim its `zone`, or name one in the placement's `zones`",
            source="AWS EC2 user guide, capacity reservations and placement groups",
        )
        raise PlanError(plan.placement, [problem])
    return pool.zones


def build(
    plan: Plan,
    options: BuildOptions,
    cluster: eks.Cluster,
    network: Network,
    *,
    nodes: tuple[iam.Role, list[pulumi.Resource]],
    after: Iterable[pulumi.Resource],
) -> Pools:
    """One managed node group per pool of the plan, after all that a node needs to join."""
    role, rights = nodes
    first = [*rights, *network.ready, *after]
    groups = {
        pool.name: _group(plan, options, pool, cluster=cluster, network=network, role=role, first=first)
        for pool in plan.pools
    }
    efa_machines = tuple(sorted({pool.machine for pool in fabric.joined(plan)}))
    return Pools(groups, {pool.name: binding(pool) for pool in plan.pools}, efa_machines)


def _group(
    plan: Plan,
    options: BuildOptions,
    pool: PoolPlan,
    *,
    cluster: eks.Cluster,
    network: Network,
    role: iam.Role,
    first: list[pulumi.Resource],
) -> eks.NodeGroup:
    machine = machine_of(plan, pool)
    template = pools_launch.template(
        plan, options, pool, machine, cluster=cluster, network=network, efa=bool(fabric.cards(pool))
    )
    # A replacement is made before the old group goes, but in a reservation only what the old one frees can be had.
    name, opts = child(
        options,
        f"{pool.name}-nodes",
        depends_on=first,
        ignore_changes=[_AUTOSCALERS, *(_LEFT_AS_THEY_ARE if pool.retiring else ())],
        delete_before_replace=True if pool.kind in RESERVED else None,
    )
    return eks.NodeGroup(
        name,
        region=plan.region,
        cluster_name=cluster.name,
        node_group_name_prefix=f"{pool.name}-",
        node_role_arn=role.arn,
        version=plan.kubernetes,
        subnet_ids=network.subnets(pool_zones(plan, pool)),
        ami_type=machine.image,
        capacity_type=capacity_type(pool),
        instance_types=instance_types(plan, pool, machine),
        launch_template=eks.NodeGroupLaunchTemplateArgs(id=template.id, version=template.latest_version.apply(str)),
        scaling_config=scaling(pool),
        update_config=_update(pool),
        node_repair_config=repair(pool),
        labels=labels(pool),
        taints=[_taint(*taint_upper(taint)) for taint in pool.taints],
        tags={**tags(plan, "aws"), **hints(pool, machine)},
        opts=opts,
    )


def capacity_type(pool: PoolPlan) -> str:
    """How EKS obtains the machines. An on-demand capacity reservation is on-demand with a target."""
    return {"spot": "SPOT", "capacity-block": "CAPACITY_BLOCK"}.get(pool.kind, "ON_DEMAND")


def instance_types(plan: Plan, pool: PoolPlan, machine: Machine) -> list[str] | None:
    """Machine types of the group, the planned one first; None where the launch template must name it.

    Spot takes more than one, so that the loss of one type is not the loss of the pool: machines of the region with the
    same accelerators and at least the CPU and memory of the planned one, which is what the autoscaler reckons with. Not
    when the user named the machine, nor for replicas over several machines, which must be equal.
    """
    if pool.kind == "capacity-block":
        return None
    named = pool.claim is not None and pool.claim.machine is not None
    if pool.kind != "spot" or named or pool.hosts > 1:
        return [pool.machine]
    alike = [
        other.name
        for other in catalog.machines("aws", machine.accelerator)
        if _can_stand_in(other, machine) and catalog.offered("aws", plan.region, other.name) is not None
    ]
    return [pool.machine, *alike][:_SPOT_TYPES]


def _can_stand_in(other: Machine, machine: Machine) -> bool:
    same = (other.count, other.arch, other.image) == (machine.count, machine.arch, machine.image)
    enough = other.vcpus >= machine.vcpus and other.memory_gib >= machine.memory_gib
    return same and enough and "spot" in other.kinds and other.name != machine.name


def labels(pool: PoolPlan) -> dict[str, str]:
    """Intertie's labels, and those that add-ons of this cloud look for."""
    found = node_labels(pool.labels, "aws")
    if pool.vendor == "nvidia":
        found[_GPU_LABEL] = pool.accelerator
    return {**found, **fabric.labels(pool)}


def hints(pool: PoolPlan, machine: Machine) -> dict[str, str]:
    """Tags that tell Cluster Autoscaler what a node of an empty group would offer.

    Labels and taints it reads from EKS; devices other than NVIDIA's and the disk it cannot know.
    """
    disk = machine.local_disk_gib or pool.disk_gib
    resources = {"ephemeral-storage": f"{floor(disk * _ALLOCATABLE)}Gi"}
    if machine.accelerator is not None:
        accelerator = catalog.accelerator(machine.accelerator)
        resources[accelerator.resource] = str(machine.count * accelerator.devices)
    resources |= fabric.resources(pool)
    return {f"{HINT}/{resource}": amount for resource, amount in resources.items()}


def binding(pool: PoolPlan) -> PoolBinding:
    """How pods get onto the pool, and what replicas over several machines ask for besides."""
    tolerated = tuple(Toleration(taint.key, "Equal", taint.value, taint.effect) for taint in pool.taints)
    return PoolBinding({f"{LABEL}/pool": pool.name}, tolerated, fabric.resources(pool), fabric.env(pool))


def scaling(pool: PoolPlan) -> eks.NodeGroupScalingConfigArgs:
    """What a group starts with, and how far it may grow.

    EKS refuses a minimum above a group's present size, and that size is the autoscaler's: a floor that rises, as it
    does when a placement is promoted, would stop the update. So the floor is held by the pods that always run, and is
    what a group starts with; only the system's nodes, whose number never changes, have a minimum. A Capacity Block
    starts at zero: launches before its window fail, and the autoscaler grows the pool in it.
    """
    most = max(pool.max_nodes, 1)  # EKS takes no group that cannot grow
    least = pool.min_nodes if pool.role == "system" else 0
    start = 0 if pool.kind == "capacity-block" else pool.initial_nodes
    return eks.NodeGroupScalingConfigArgs(min_size=least, max_size=most, desired_size=min(max(start, least), most))


def _update(pool: PoolPlan) -> eks.NodeGroupUpdateConfigArgs:
    """Accelerator nodes go before their successors come: a spare one is seldom to be had, and never reserved."""
    strategy = "DEFAULT" if pool.surge else "MINIMAL"
    return eks.NodeGroupUpdateConfigArgs(max_unavailable=1, update_strategy=strategy)


def repair(pool: PoolPlan) -> eks.NodeGroupNodeRepairConfigArgs:
    """One node at a time, and none when more than half are ill: then it is not the nodes."""
    return eks.NodeGroupNodeRepairConfigArgs(
        enabled=True,
        max_parallel_nodes_repaired_count=1,
        max_unhealthy_node_threshold_count=max(1, ceil(pool.max_nodes / 2)),
    )


def _taint(key: str, value: str, effect: str) -> eks.NodeGroupTaintArgs:
    return eks.NodeGroupTaintArgs(key=key, value=value, effect=effect)
