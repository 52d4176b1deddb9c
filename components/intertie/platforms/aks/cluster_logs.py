"""A workspace for the cluster's audit and control-plane logs: without a setting AKS keeps none of them."""

import pulumi
from pulumi_azure_native import containerservice, monitor, operationalinsights

from intertie.platforms.aks.network import Place
from intertie.platforms.children import child
from intertie.platforms.tags import tags

CATEGORIES = (
    "kube-audit-admin",  # audit without reads, which are nine tenths of it
    "guard",  # who signed in
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "cluster-autoscaler",
)


def keep(place: Place, cluster: containerservice.ManagedCluster) -> tuple[pulumi.Resource, ...]:
    """The workspace, in the placement's region, and the setting that sends the logs there."""
    plan = place.plan
    name, opts = child(place.options, "control-plane-logs")
    workspace = operationalinsights.Workspace(
        name,
        workspace_name=plan.cluster,
        resource_group_name=place.group.name,
        location=plan.region,
        sku=operationalinsights.WorkspaceSkuArgs(name=operationalinsights.WorkspaceSkuNameEnum.PER_GB2018),
        retention_in_days=plan.operations.log_days,
        tags=tags(plan, "azure"),
        opts=opts,
    )
    name, opts = child(place.options, "control-plane-records")
    setting = monitor.DiagnosticSetting(
        name,
        name="control-plane",
        resource_uri=cluster.id,
        workspace_id=workspace.id,
        log_analytics_destination_type="Dedicated",  # a table per category, which is cheaper to ask
        logs=[monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in CATEGORIES],
        opts=opts,
    )
    return workspace, setting
