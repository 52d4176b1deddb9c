"""Azure Monitor's managed Prometheus: a workspace, the rule by which the cluster sends to it, and the alert rules.

The collector is an add-on of the cluster, which reads monitors of a kind of its own. Alert rules are Azure's.
"""

import re

import pulumi
from pulumi_azure_native import alertsmanagement, containerservice, monitor

from intertie.contract import MetricsBinding
from intertie.plan.alerts import Alert, alerts
from intertie.plan.cost_rules import RECORDING, cost_alerts
from intertie.platforms import collectors
from intertie.platforms.aks import monitoring_alerts, monitoring_collection
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child
from intertie.platforms.tags import tags

_STREAM = "Microsoft-PrometheusMetrics"
_SEVERITY = {"critical": 1, "warning": 2}
MOST_RULES = 20
"""Rules that one group takes. Source: Azure Monitor service limits, Prometheus rule groups."""


def profile() -> containerservice.ManagedClusterAzureMonitorProfileArgs:
    """The collector is on in the cluster, with the metrics of Kubernetes' own objects."""
    return containerservice.ManagedClusterAzureMonitorProfileArgs(
        metrics=containerservice.ManagedClusterAzureMonitorProfileMetricsArgs(
            enabled=True,
            kube_state_metrics=containerservice.ManagedClusterAzureMonitorProfileKubeStateMetricsArgs(),
        )
    )


def binding() -> MetricsBinding:
    """Monitors are objects of the cluster, rules are not."""
    return collectors.AZURE_MANAGED


def build(place: Place, cluster: containerservice.ManagedCluster) -> tuple[pulumi.Resource, ...]:
    """Workspace, way of the metrics into it, and alert rules."""
    name, opts = child(place.options, "metrics")
    workspace = monitor.AzureMonitorWorkspace(
        name,
        azure_monitor_workspace_name=place.plan.cluster,
        resource_group_name=place.group.name,
        location=place.plan.region,
        tags=tags(place.plan, "azure"),
        opts=opts,
    )
    return (_collection(place, cluster, workspace), *_rules(place, cluster, workspace))


def _collection(
    place: Place, cluster: containerservice.ManagedCluster, workspace: monitor.AzureMonitorWorkspace
) -> pulumi.Resource:
    plan = place.plan
    name, opts = child(place.options, "metrics-endpoint")
    endpoint = monitor.DataCollectionEndpoint(
        name,
        data_collection_endpoint_name=f"{plan.cluster}-metrics",
        resource_group_name=place.group.name,
        location=plan.region,
        kind=monitor.KnownDataCollectionEndpointResourceKind.LINUX,
        network_acls=monitor.DataCollectionEndpointNetworkAclsArgs(public_network_access="Enabled"),
        tags=tags(plan, "azure"),
        opts=opts,
    )
    source = monitor.PrometheusForwarderDataSourceArgs(name="prometheus", streams=[_STREAM])
    target = monitor.MonitoringAccountDestinationArgs(name=monitoring_collection.TO, account_resource_id=workspace.id)
    return monitoring_collection.collect(
        place,
        cluster,
        "metrics",
        [_STREAM],
        sources=monitor.DataCollectionRuleDataSourcesArgs(prometheus_forwarder=[source]),
        destinations=monitor.DataCollectionRuleDestinationsArgs(monitoring_accounts=[target]),
        endpoint=endpoint.id,
    )


def _rules(
    place: Place, cluster: containerservice.ManagedCluster, workspace: monitor.AzureMonitorWorkspace
) -> tuple[pulumi.Resource, ...]:
    """One group for each twenty rules: Azure takes no more in one."""
    told, costs = monitoring_alerts.groups(place), cost_alerts(place.plan)
    found = [_rule(each, told) for each in alerts(place.plan)]
    if costs:  # what they are about is recorded first
        found += [*(_recording(*each) for each in RECORDING), *(_rule(each, told) for each in costs)]
    groups = [found[start : start + MOST_RULES] for start in range(0, len(found), MOST_RULES)]
    made: list[pulumi.Resource] = []
    for index, group in enumerate(groups):
        name, opts = child(place.options, f"alerts-{index}")
        made.append(
            alertsmanagement.PrometheusRuleGroup(
                name,
                rule_group_name=f"{place.plan.cluster}-{index}",
                resource_group_name=place.group.name,
                location=place.plan.region,
                cluster_name=cluster.name,
                scopes=[workspace.id, cluster.id],
                enabled=True,
                interval="PT1M",
                rules=group,
                tags=tags(place.plan, "azure"),
                opts=opts,
            )
        )
    return tuple(made)


def _recording(name: str, expression: str) -> alertsmanagement.PrometheusRuleArgs:
    return alertsmanagement.PrometheusRuleArgs(record=name, expression=expression, enabled=True)


def _rule(alert: Alert, told: monitoring_alerts.Groups) -> alertsmanagement.PrometheusRuleArgs:
    return alertsmanagement.PrometheusRuleArgs(
        alert=alert.key,
        expression=alert.expr,
        for_=duration(alert.hold),
        severity=_SEVERITY[alert.severity],
        labels={"severity": alert.severity, **({"stage": alert.stage} if alert.stage else {})},
        annotations={"summary": alert.summary},
        actions=monitoring_alerts.actions(told, alert.severity),
        enabled=True,
    )


def duration(hold: str) -> str:
    """A duration of Prometheus (`15m`) as Azure writes it (`PT15M`)."""
    match = re.fullmatch(r"(\d+)([smh])", hold)
    assert match is not None, hold
    return f"PT{match[1]}{match[2].upper()}"
