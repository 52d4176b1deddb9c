"""Logs of containers: Container Insights' agent sends them to the cluster's workspace, and nothing but logs.

Metrics are managed Prometheus' (`monitoring.py`): of the agent's streams only those of logs and events are asked for.
"""

import pulumi
from pulumi_azure_native import containerservice, monitor, operationalinsights

from intertie.platforms.aks import monitoring_collection
from intertie.platforms.aks.network import Place

STREAMS = ("Microsoft-ContainerLogV2", "Microsoft-KubeEvents")
"""What containers write, and what happens to pods. Source: Azure Monitor documentation, Container insights streams."""

EXTENSION = "ContainerInsights"
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
    """Which streams go to the workspace."""
    source = monitor.ExtensionDataSourceArgs(
        name=f"{EXTENSION}Extension",
        extension_name=EXTENSION,
        streams=list(STREAMS),
        extension_settings=_SETTINGS,
    )
    target = monitor.LogAnalyticsDestinationArgs(name=monitoring_collection.TO, workspace_resource_id=kept.id)
    return (
        monitoring_collection.collect(
            place,
            cluster,
            "container-logs",
            STREAMS,
            sources=monitor.DataCollectionRuleDataSourcesArgs(extensions=[source]),
            destinations=monitor.DataCollectionRuleDestinationsArgs(log_analytics=[target]),
        ),
    )
