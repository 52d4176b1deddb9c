"""When AKS upgrades the cluster and its nodes, and for how long it supports them."""

from pulumi_azure_native import containerservice

from intertie.plan import Plan
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child

WINDOWS = (
    ("cluster-upgrades", "aksManagedAutoUpgradeSchedule"),
    ("node-image-upgrades", "aksManagedNodeOSUpgradeSchedule"),
)
"""Role and fixed Azure name of the two upgrade schedules. Without them AKS drains accelerator nodes at any hour."""


def sku(plan: Plan) -> containerservice.ManagedClusterSKUArgs:
    """The tier: Free, the default, comes without an SLA; long-term support takes Premium."""
    tiers = containerservice.ManagedClusterSKUTier
    return containerservice.ManagedClusterSKUArgs(
        name=containerservice.ManagedClusterSKUName.BASE,
        tier=tiers.PREMIUM if plan.operations.channel == "extended" else tiers.STANDARD,
    )


def support(plan: Plan) -> containerservice.KubernetesSupportPlan:
    """For how long a minor version is kept."""
    plans = containerservice.KubernetesSupportPlan
    return plans.AKS_LONG_TERM_SUPPORT if plan.operations.channel == "extended" else plans.KUBERNETES_OFFICIAL


def channels() -> containerservice.ManagedClusterAutoUpgradeProfileArgs:
    """Patches come by themselves, minor versions with the description.

    The version is written without a patch number: sending `1.35` again to a cluster that has become 1.35.6 changes
    nothing, so it need not be ignored, and raising it in the description does upgrade.
    """
    return containerservice.ManagedClusterAutoUpgradeProfileArgs(
        upgrade_channel=containerservice.UpgradeChannel.PATCH,
        node_os_upgrade_channel=containerservice.NodeOSUpgradeChannel.NODE_IMAGE,
    )


def windows(place: Place, cluster: containerservice.ManagedCluster) -> None:
    """Both schedules, in the plan's weekly window."""
    window = place.plan.operations.window
    for role, schedule in WINDOWS:
        name, opts = child(place.options, role)
        weekly = containerservice.WeeklyScheduleArgs(day_of_week=window.day.capitalize(), interval_weeks=1)
        containerservice.MaintenanceConfiguration(
            name,
            config_name=schedule,
            resource_group_name=place.group.name,
            resource_name_=cluster.name,
            maintenance_window=containerservice.MaintenanceWindowArgs(
                schedule=containerservice.ScheduleArgs(weekly=weekly),
                start_time=window.start,
                utc_offset="+00:00",
                duration_hours=window.hours,
            ),
            opts=opts,
        )
