"""Node pools: one per pool of the plan, and how pods get onto them.

Almost all of a node's configuration is fixed when its pool is made: what is chosen here is chosen for good.
"""

from math import ceil

import pulumi
from pulumi_gcp import container, serviceaccount

from intertie import catalog
from intertie.contract import BuildOptions, PoolBinding, Toleration
from intertie.errors import Problem
from intertie.plan import LABEL, Plan, PoolPlan, Taint
from intertie.platforms.children import child
from intertie.platforms.gke import fabric, pools_ladder, reservation
from intertie.platforms.tags import node_labels, tags, taint_upper

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
"""Scopes of the nodes: all, for what a node may do is said by the roles of its service account."""

GPU_TAINT = Taint("nvidia.com/gpu", "present", "NoSchedule")
"""Declared, since GKE adds it only when some other pool was there before, and an order is not a promise."""

TPU_TAINT = Taint("google.com/tpu", "present", "NoSchedule")
"""GKE adds it to every TPU node: tolerated, never declared a second time."""

SPOT_TAINT = Taint("cloud.google.com/gke-spot", "true", "NoSchedule")
"""GKE adds only the label of this name: without the taint, system pods move onto nodes that vanish."""

_LOCAL_DISK_GIB = 375
_ZONES_OF_REGION = 3  # that GKE spreads a pool over when none is named


def problems(plan: Plan) -> list[Problem]:
    """What GKE would refuse about the pools: close machines over several zones, and what their networks take."""
    if "pools" not in plan.renders:
        return []
    found = [_zone_problem(plan, pool) for pool in plan.pools if _one_zone(pool) and len(zones(plan, pool)) != 1]
    return [*found, *fabric.problems(plan)]


def zones(plan: Plan, pool: PoolPlan) -> tuple[str, ...]:
    """Zones of the pool: its own, else those that a source names for the machine type. () is the cluster's zones."""
    if pool.zones or pool.role != "accelerator":
        return pool.zones
    offering = catalog.offered("gcp", plan.region, pool.machine)
    return offering.zones if offering else ()


def pools(
    plan: Plan, options: BuildOptions, cluster: container.Cluster, account: serviceaccount.Account
) -> dict[str, container.NodePool]:
    """All pools by name, in the plan's order. Accelerators wait for the system pool: system pods need a place."""
    made: dict[str, container.NodePool] = {}
    for pool in plan.pools:
        system = [made[each.name] for each in plan.pools if each.role == "system" and each.name in made]
        before = system if pool.role == "accelerator" else []
        made[pool.name] = _pool(plan, pool, options, cluster=cluster, account=account, before=before)
    return made


def binding(pool: PoolPlan, ladder_class: str = "") -> PoolBinding:
    """How pods get onto the pool. TPU pods must name accelerator and topology besides, or GKE refuses them."""
    selector = {f"{LABEL}/pool": pool.name, **pools_ladder.label(ladder_class)}
    taints = _taints(pool, ladder_class)
    if pool.vendor == "google":
        selector["cloud.google.com/gke-tpu-accelerator"] = catalog.machine("gcp", pool.machine).device_type
        selector["cloud.google.com/gke-tpu-topology"] = pool.topology
        taints = [*taints, TPU_TAINT]
    tolerations = tuple(Toleration(taint.key, "Equal", taint.value, taint.effect) for taint in taints)
    library = fabric.library(pool)
    return PoolBinding(selector, tolerations, {}, fabric.env(pool), fabric.devices(pool), library)


def _pool(
    plan: Plan,
    pool: PoolPlan,
    options: BuildOptions,
    *,
    cluster: container.Cluster,
    account: serviceaccount.Account,
    before: list[container.NodePool],
) -> container.NodePool:
    where = zones(plan, pool)
    name, opts = child(
        options,
        f"pool-{pool.name}",
        depends_on=before,
        ignore_changes=["initialNodeCount", "nodeCount"],  # the autoscaler's; a change of the first replaces the pool
    )
    if pool.role == "accelerator" and not where:
        unknown = f"no source says which zones of {plan.region} have {pool.machine}, and pool {pool.name} is in all"
        pulumi.log.warn(f"{unknown}; name `zones` in placement {plan.placement}", options.parent)
    return container.NodePool(
        name,
        name=pool.name,
        cluster=cluster.id,  # carries the project and the region
        node_locations=list(where or plan.zones) or None,
        initial_node_count=_initial(pool, len(where or plan.zones)),
        autoscaling=_autoscaling(pool),
        management=container.NodePoolManagementArgs(
            auto_upgrade=True,  # in a release channel, GKE takes nothing else
            auto_repair=pool.kind != "flex-start",  # which it refuses for nodes that were queued for
        ),
        upgrade_settings=_upgrades(pool),
        placement_policy=_placement(pool),
        network_config=fabric.network_config(pool),
        node_config=_nodes(plan, pool, account),
        opts=opts,
    )


def _nodes(plan: Plan, pool: PoolPlan, account: serviceaccount.Account) -> container.NodePoolNodeConfigArgs:
    machine = catalog.machine("gcp", pool.machine)
    steps = pools_ladder.class_of(plan, pool)
    labels = {
        **node_labels(pool.labels, "gcp"),
        **pools_ladder.label(steps),
        **fabric.labels(pool),
    }
    return container.NodePoolNodeConfigArgs(
        machine_type=pool.machine,
        image_type=machine.image,
        disk_type=machine.disk_type,
        disk_size_gb=pool.disk_gib,
        ephemeral_storage_local_ssd_config=_local_disks(machine),
        guest_accelerators=_accelerators(pool, machine),
        service_account=account.email,
        oauth_scopes=list(SCOPES),
        labels=labels,
        taints=[_taint(taint) for taint in _taints(pool, steps)] or None,
        resource_labels=tags(plan, "gcp"),
        spot=True if pool.spot else None,
        flex_start=True if pool.kind == "flex-start" else None,
        max_run_duration=_longest_run(pool),
        reservation_affinity=_reservation(pool),
        gvnic=container.NodePoolNodeConfigGvnicArgs(enabled=True),
        shielded_instance_config=container.NodePoolNodeConfigShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_integrity_monitoring=True
        ),
        # Without it, pods get the node's own identity from the metadata server.
        workload_metadata_config=container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
    )


def _taints(pool: PoolPlan, ladder_class: str) -> list[Taint]:
    """Taints to declare: the plan's, those that GKE only sometimes adds, its ladder's; not the one it always adds."""
    own = (*([GPU_TAINT] if pool.vendor == "nvidia" else []), *([SPOT_TAINT] if pool.spot else []))
    wanted = dict.fromkeys((*pool.taints, *own, *pools_ladder.taints(ladder_class)))
    return [taint for taint in wanted if taint.key != TPU_TAINT.key]


def _taint(taint: Taint) -> container.NodePoolNodeConfigTaintArgs:
    key, value, effect = taint_upper(taint)
    return container.NodePoolNodeConfigTaintArgs(key=key, value=value, effect=effect)


def _autoscaling(pool: PoolPlan) -> container.NodePoolAutoscalingArgs:
    """Limits over all zones: GKE's other pair is per zone, and would be taken three times."""
    return container.NodePoolAutoscalingArgs(
        total_min_node_count=0 if pool.kind == "flex-start" else pool.min_nodes,
        total_max_node_count=pool.max_nodes,
        # Accelerators: wherever there are any, reserved ones first. Others: evenly, so that a zone can fail.
        location_policy="ANY" if pool.role == "accelerator" else "BALANCED",
    )


def _initial(pool: PoolPlan, named_zones: int) -> int:
    """Nodes per zone at creation: CPU pools not fewer than planned, accelerators not more than are paid for."""
    spread = pool.initial_nodes / (named_zones or _ZONES_OF_REGION)
    if pool.kind == "flex-start":
        return 0
    return int(spread) if pool.role == "accelerator" else ceil(spread)


def _upgrades(pool: PoolPlan) -> container.NodePoolUpgradeSettingsArgs | None:
    """CPU pools grow by a node while they upgrade. Accelerators have none to spare, and queued nodes just run out."""
    if pool.kind == "flex-start":
        return None
    gone = 0 if pool.surge else 1
    return container.NodePoolUpgradeSettingsArgs(strategy="SURGE", max_surge=pool.surge, max_unavailable=gone)


def _placement(pool: PoolPlan) -> container.NodePoolPlacementPolicyArgs | None:
    """Machines of one replica side by side: always in a TPU slice; of GPUs where the cloud can choose the machines.

    Reserved machines lie where they were reserved, spot machines where any are left, and flex-start excludes it.
    """
    if pool.hosts == 1:
        return None
    if pool.vendor == "google":
        return container.NodePoolPlacementPolicyArgs(type="COMPACT", tpu_topology=pool.topology)
    compact = pool.kind == "on-demand" and not pool.machine.startswith("n1-")
    return container.NodePoolPlacementPolicyArgs(type="COMPACT") if compact else None


def _accelerators(
    pool: PoolPlan, machine: catalog.Machine
) -> list[container.NodePoolNodeConfigGuestAcceleratorArgs] | None:
    """GPUs, with GKE's driver; a TPU comes with its machine type and is not named."""
    if pool.vendor != "nvidia":
        return None
    driver = container.NodePoolNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs(gpu_driver_version="DEFAULT")
    return [
        container.NodePoolNodeConfigGuestAcceleratorArgs(
            type=machine.device_type, count=machine.count, gpu_driver_installation_config=driver
        )
    ]


def _local_disks(machine: catalog.Machine) -> container.NodePoolNodeConfigEphemeralStorageLocalSsdConfigArgs | None:
    """Local disks that the machine type always has, as the pods' ephemeral storage: images and caches go there."""
    count = (machine.local_disk_gib or 0) // _LOCAL_DISK_GIB
    return container.NodePoolNodeConfigEphemeralStorageLocalSsdConfigArgs(local_ssd_count=count) if count else None


def _reservation(pool: PoolPlan) -> container.NodePoolNodeConfigReservationAffinityArgs:
    """The reservation that the claim names, or none: GKE's default silently uses up those of other teams."""
    if pool.claim is None or pool.kind not in reservation.KINDS:
        return container.NodePoolNodeConfigReservationAffinityArgs(consume_reservation_type="NO_RESERVATION")
    return container.NodePoolNodeConfigReservationAffinityArgs(
        consume_reservation_type="SPECIFIC_RESERVATION",
        key="compute.googleapis.com/reservation-name",
        values=[reservation.reference(pool.claim)],
    )


def _longest_run(pool: PoolPlan) -> str | None:
    rule = catalog.kind_rule("gcp", pool.kind)
    if pool.kind != "flex-start" or rule is None or rule.max_days is None:
        return None
    return f"{rule.max_days * 24 * 3600}s"


def _one_zone(pool: PoolPlan) -> bool:
    return pool.hosts > 1 or pool.kind in reservation.KINDS


def _zone_problem(plan: Plan, pool: PoolPlan) -> Problem:
    why = "a reservation lies in one zone" if pool.kind in reservation.KINDS else "its machines stand side by side"
    return Problem(
        path=f"placements.{plan.placement}.capacity.{pool.stage}[{pool.rank}].zone",
        found=f"zones {', '.join(zones(plan, pool)) or 'unknown'} for {pool.machine}",
        allowed=f"exactly one zone: {why}",
        hint="name the claim's `zone`",
        source="GKE documentation, compact placement and consuming reservations",
    )
