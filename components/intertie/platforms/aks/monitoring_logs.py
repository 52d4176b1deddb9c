"""Logs of containers: Container Insights' agent sends them to the cluster's workspace, and nothing but logs.

Metrics are managed Prometheus' (`monitoring.py`): of the agent's streams only those of logs and events are asked for.
"""

import pulumi
from pulumi_azure_native import containerservice, monitor, operationalinsights

from intertie.platforms.aks.network import Place
from intertie.platforms.children import child
from intertie.platforms.tags import tags

STREAMS = ("Microsoft-ContainerLogV2", "Microsoft-KubeEvents")
"""What containers write, and what happens to pods. Source: Azure Monitor documentation, Container insights streams."""

EXTENSION = "ContainerInsights"
_TO = "workspace"
_SETTINGS = {
    "dataCollectionSettings": {
        "interval": "1m",
        "namespaceFilteringMode": "Exclude",
        "namespaces": ["kube-system", "gatekeeper-system"],
        "enableContainerLogV2": True,
    }
}


def agent(kept: operationalinsights.Workspace) -> dict[str, containerservice.ManagedClusterAddonProfileArgs]:
    """The add-on, which signs in by its identity and not by the workspace's key."""
    return {
        "omsagent": containerservice.ManagedClusterAddonProfileArgs(
            enabled=True, config={"logAnalyticsWorkspaceResourceID": kept.id, "useAADAuth": "true"}
        )
    }


def collect(
    place: Place, cluster: containerservice.ManagedCluster, kept: operationalinsights.Workspace
) -> tuple[pulumi.Resource, ...]:
    """Which streams go to the workspace, and that they are this cluster's: without both the agent sends nothing."""
    plan = place.plan
    name, opts = child(place.options, "container-logs-rule")
    rule = monitor.DataCollectionRule(
        name,
        data_collection_rule_name=f"{plan.cluster}-container-logs",
        resource_group_name=place.group.name,
        location=plan.region,
        kind=monitor.KnownDataCollectionRuleResourceKind.LINUX,
        data_sources=monitor.DataCollectionRuleDataSourcesArgs(
            extensions=[
                monitor.ExtensionDataSourceArgs(
                    name=f"{EXTENSION}Extension",
                    extension_name=EXTENSION,
                    streams=list(STREAMS),
                    extension_settings=_SETTINGS,
                )
            ]
        ),
        destinations=monitor.DataCollectionRuleDestinationsArgs(
            log_analytics=[monitor.LogAnalyticsDestinationArgs(name=_TO, workspace_resource_id=kept.id)]
        ),
        data_flows=[monitor.DataFlowArgs(streams=list(STREAMS), destinations=[_TO])],
        tags=tags(plan, "azure"),
        opts=opts,
    )
    name, opts = child(place.options, "container-logs-association")
    association = monitor.DataCollectionRuleAssociation(
        name,
        association_name=f"{plan.cluster}-container-logs",
        data_collection_rule_id=rule.id,
        resource_uri=cluster.id,
        opts=opts,
    )
    return (association,)
