"""One workspace for the cluster's logs, and which of the control plane's go there: without a setting AKS keeps none.

Logs of containers go there too: `monitoring_logs.py`.
"""

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


def workspace(place: Place) -> operationalinsights.Workspace:
    """The workspace, in the placement's region. Its retention holds for every table that has none of its own."""
    plan = place.plan
    name, opts = child(place.options, "control-plane-logs")
    return operationalinsights.Workspace(
        name,
        workspace_name=plan.cluster,
        resource_group_name=place.group.name,
        location=plan.region,
        sku=operationalinsights.WorkspaceSkuArgs(name=operationalinsights.WorkspaceSkuNameEnum.PER_GB2018),
        retention_in_days=plan.operations.log_days,
        tags=tags(plan, "azure"),
        opts=opts,
    )


def keep(
    place: Place, cluster: containerservice.ManagedCluster, kept: operationalinsights.Workspace
) -> tuple[pulumi.Resource, ...]:
    """The setting that sends audit and control-plane logs to the workspace."""
    name, opts = child(place.options, "control-plane-records")
    setting = monitor.DiagnosticSetting(
        name,
        name="control-plane",
        resource_uri=cluster.id,
        workspace_id=kept.id,
        log_analytics_destination_type="Dedicated",  # a table per category, which is cheaper to ask
        logs=[monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in CATEGORIES],
        opts=opts,
    )
    return kept, setting
