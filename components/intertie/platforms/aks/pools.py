"""Node pools: the system pool inside the cluster, every other one as a resource of its own."""

import pulumi
from pulumi_azure_native import authorization, containerservice, network

from intertie import catalog
from intertie.contract import PoolBinding, Toleration
from intertie.errors import Problem
from intertie.plan import LABEL, Plan, PoolPlan, Taint
from intertie.platforms.aks import fabric, reservation
from intertie.platforms.aks.identity import Control, reservation_grants
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child
from intertie.platforms.tags import node_labels, tags, taint_text
from intertie.spec import Claim

Grants = dict[str, authorization.RoleAssignment]
"""The right to use the reservations of a resource group, by that group's id in lower case."""

SPOT_LABEL = "kubernetes.azure.com/scalesetpriority"
SPOT_TAINT = Taint(SPOT_LABEL, "spot", "NoSchedule")
"""Label and taint that AKS puts on spot nodes by itself. Declared too, so that what we want is what is there."""

FIXED = (
    "vmSize", "osType", "osDiskType", "osDiskSizeGB", "scaleSetPriority", "scaleSetEvictionPolicy", "spotMaxPrice",
    "capacityReservationGroupID", "gpuProfile.driver", "vnetSubnetID", "availabilityZones",
)  # fmt: skip
"""What AKS never changes in a pool that exists (names as on the wire). A change means another pool."""

HINT = "k8s.io_cluster-autoscaler_node-template_resources"
"""Tags under it tell the autoscaler what a node of an empty pool would offer; a resource's slash is an underscore."""

_MOST_DISK_GIB = 2000  # AKS takes up to 2048, and machines fail from 2040 on in ways that say nothing of the disk
_DEFAULT_IMAGE = "Ubuntu"  # the only node image that takes every machine type and driver


def problems(plan: Plan) -> list[Problem]:
    """What Azure refuses of pools: reservations without their full id, and disks that no node can have."""
    return [*_groups(plan), *_disks(plan)]


def _disks(plan: Plan) -> list[Problem]:
    """A pod that asks for more disk than the largest node has is never placed. Less than planned only holds fewer."""
    asked = {stage.name: stage.spec.resources.disk for stage in plan.stages if stage.pools}
    return [
        Problem(
            path=f"stages[{name}].resources.disk",
            found=str(disk),
            allowed=f"at most {_MOST_DISK_GIB} GiB, less what the node keeps for itself",
            hint="stream the weights instead of downloading them, or place the stage in another cloud",
            source="AKS: OSDiskSize cannot be larger than 2048 GB",
        )
        for name, disk in asked.items()
        if disk is not None and disk.gib > _MOST_DISK_GIB
    ]


def _groups(plan: Plan) -> list[Problem]:
    """Reserved capacity is named by the full id of its group: the right to use it is given by a part of that id."""
    return [
        Problem(
            path=f"placements.{plan.placement}.capacity.{pool.stage}",
            found=repr(reservation.group_id(pool.claim)),
            allowed="/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Compute/"
            "capacityReservationGroups/<name>",
            hint="az capacity reservation group list --query '[].id'",
            source="AKS API 2025-09-01, capacityReservationGroupID",
        )
        for pool in plan.pools
        if pool.claim is not None
        and pool.kind in reservation.KINDS
        and not reservation.GROUP_ID.fullmatch(reservation.group_id(pool.claim))
    ]


def system(plan: Plan, nodes: network.Subnet) -> containerservice.ManagedClusterAgentPoolProfileArgs:
    """The pool that AKS wants inside the cluster's own resource. Nothing but add-ons tolerates its taint."""
    pool = next(pool for pool in plan.pools if pool.role == "system")
    return containerservice.ManagedClusterAgentPoolProfileArgs(
        name=pool.name,
        mode=containerservice.AgentPoolMode.SYSTEM,
        type=containerservice.AgentPoolType.VIRTUAL_MACHINE_SCALE_SETS,
        vm_size=pool.machine,
        os_type=containerservice.OSType.LINUX,
        os_sku=_image(pool),
        os_disk_type=containerservice.OSDiskType.MANAGED,
        os_disk_size_gb=min(pool.disk_gib, _MOST_DISK_GIB),
        availability_zones=list(zones(plan, pool)) or None,
        vnet_subnet_id=nodes.id,
        orchestrator_version=plan.kubernetes,
        enable_auto_scaling=True,
        min_count=pool.min_nodes,
        max_count=pool.max_nodes,
        count=pool.initial_nodes,
        node_labels=node_labels(pool.labels, "azure"),
        node_taints=[taint_text(taint) for taint in pool.taints],
        tags=tags(plan, "azure"),
    )


def pools(
    place: Place, cluster: containerservice.ManagedCluster, nodes: network.Subnet, control: Control
) -> tuple[containerservice.AgentPool, ...]:
    """All pools but the system pool, in the plan's order."""
    grants = reservation_grants(place, control)
    return tuple(_pool(place, pool, cluster, nodes, grants) for pool in place.plan.pools if pool.role != "system")


def bindings(plan: Plan) -> dict[str, PoolBinding]:
    """How pods reach each pool: its label, and a toleration for each taint, Azure's own among them."""
    return {
        pool.name: PoolBinding(
            selector={f"{LABEL}/pool": pool.name},
            tolerations=tuple(Toleration(t.key, "Equal", t.value, t.effect) for t in taints(pool)),
            fabric_resources=fabric.resources(pool),
            fabric_env=fabric.env(pool),
            fabric_file=fabric.file(pool),
        )
        for pool in plan.pools
    }


def taints(pool: PoolPlan) -> tuple[Taint, ...]:
    """The plan's taints, and the one that Azure adds to spot nodes."""
    return (*pool.taints, SPOT_TAINT) if pool.spot and SPOT_TAINT not in pool.taints else pool.taints


def zones(plan: Plan, pool: PoolPlan) -> tuple[str, ...]:
    """Zones of the pool: its own; those of the placement where it has no accelerators, which are in every zone.

    InfiniBand joins the machines of one scale set in one place: zones only where reserved.
    """
    if pool.role != "accelerator":
        return pool.zones or plan.zones
    return () if pool.fabric == "infiniband" and pool.kind not in reservation.KINDS else pool.zones


def driver(pool: PoolPlan) -> containerservice.GPUDriver:
    """`Install` where the driver is AKS' own; `None` where AKS has none (AMD): it refuses to install what it lacks."""
    theirs = catalog.owner("driver", "azure", pool.vendor).owner != "intertie"
    return containerservice.GPUDriver.INSTALL if theirs else containerservice.GPUDriver.NONE


def hints(pool: PoolPlan) -> dict[str, str]:
    """What the autoscaler of AKS gets wrong of an empty pool: it takes every maker's accelerators for NVIDIA's, and
    knows of no InfiniBand cards."""
    offered = fabric.resources(pool)
    if pool.vendor and pool.vendor != "nvidia":
        accelerator = catalog.accelerator(pool.accelerator)
        offered[accelerator.resource] = str(pool.per_node * accelerator.devices)
    return {f"{HINT}_{resource.replace('/', '_')}": amount for resource, amount in offered.items()}


def _pool(
    place: Place, pool: PoolPlan, cluster: containerservice.ManagedCluster, nodes: network.Subnet, grants: Grants
) -> containerservice.AgentPool:
    plan, reserved = place.plan, _reserved(pool)
    name, opts = _child(place, pool, grants)
    if pool.zones and not zones(plan, pool):
        pulumi.log.info(f"pool {pool.name}: zones {', '.join(pool.zones)} are left out: InfiniBand needs one scale set")
    return containerservice.AgentPool(
        name,
        agent_pool_name=pool.name,
        resource_group_name=place.group.name,
        resource_name_=cluster.name,
        mode=containerservice.AgentPoolMode.USER,
        type=containerservice.AgentPoolType.VIRTUAL_MACHINE_SCALE_SETS,
        vm_size=pool.machine,
        os_type=containerservice.OSType.LINUX,
        os_sku=_image(pool),
        # An ephemeral disk must fit the size's cache or temporary disk, and no source says how large those are.
        os_disk_type=containerservice.OSDiskType.MANAGED,
        os_disk_size_gb=min(pool.disk_gib, _MOST_DISK_GIB),
        availability_zones=list(zones(plan, pool)) or None,
        vnet_subnet_id=nodes.id,
        orchestrator_version=plan.kubernetes,
        enable_auto_scaling=True,
        min_count=0,  # pods hold the floor: a minimum that rises above the count that the state knows may be refused
        max_count=pool.max_nodes,
        count=pool.initial_nodes,
        scale_down_mode=containerservice.ScaleDownMode.DELETE,
        scale_set_priority=containerservice.ScaleSetPriority.SPOT if pool.spot else None,
        scale_set_eviction_policy=containerservice.ScaleSetEvictionPolicy.DELETE if pool.spot else None,
        spot_max_price=-1.0 if pool.spot else None,  # up to the ordinary price: evicted for capacity, never for price
        capacity_reservation_group_id=reservation.group_id(reserved) if reserved else None,
        gpu_profile=containerservice.GPUProfileArgs(driver=driver(pool)) if pool.vendor else None,
        upgrade_settings=_upgrades(plan, pool),
        node_labels=_labels(pool),
        node_taints=[taint_text(taint) for taint in taints(pool)],
        tags={**tags(plan, "azure"), **hints(pool)},
        opts=opts,
    )


def _reserved(pool: PoolPlan) -> Claim | None:
    return pool.claim if pool.kind in reservation.KINDS else None


def _child(place: Place, pool: PoolPlan, grants: Grants) -> tuple[str, pulumi.ResourceOptions]:
    reserved = _reserved(pool)
    return child(
        place.options,
        f"pool-{pool.name}",
        depends_on=[grants[reservation.scope(reserved).lower()]] if reserved else None,
        ignore_changes=["count"],  # the autoscaler's: each update sends the whole pool again
        replace_on_changes=list(FIXED),
        delete_before_replace=True,  # both have the same name
    )


def _labels(pool: PoolPlan) -> dict[str, str]:
    return {**node_labels(pool.labels, "azure"), **({SPOT_LABEL: "spot"} if pool.spot else {})}


def _upgrades(plan: Plan, pool: PoolPlan) -> containerservice.AgentPoolUpgradeSettingsArgs | None:
    """Ordinary pools grow by a node while they upgrade. Accelerators have none to spare: one node after another.

    Of spot pools nothing is said: AKS refuses them a surge, and drains their nodes in its own way.
    """
    if pool.spot:
        return None
    if pool.role != "accelerator":
        return containerservice.AgentPoolUpgradeSettingsArgs(max_surge="1")
    grace = plan.stage(pool.stage).grace_seconds if pool.stage else 0
    return containerservice.AgentPoolUpgradeSettingsArgs(
        max_surge="0",
        max_unavailable="1",
        drain_timeout_in_minutes=min(30 + round(grace / 60), 1440),  # Azure's default and largest value
        undrainable_node_behavior=containerservice.UndrainableNodeBehavior.CORDON,
    )


def _image(pool: PoolPlan) -> str:
    known = next((row for row in catalog.machines(cloud="azure") if row.name == pool.machine), None)
    return (known.image if known else "") or _DEFAULT_IMAGE
