"""Amazon Managed Service for Prometheus: a workspace, a collector that AWS runs, and the alert rules.

The collector stands outside of the cluster, with addresses in its subnets, and finds pods by their annotations. What
the cluster knows of its own objects it asks of kube-state-metrics, which is an add-on.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pulumi
from pulumi_aws import amp, eks

from intertie.contract import Bound, BuildOptions, MetricsBinding
from intertie.plan import Plan, cost_rules
from intertie.plan.alerts import rule_groups
from intertie.platforms.children import child
from intertie.platforms.eks import monitoring_alerts
from intertie.platforms.tags import tags

STATE_METRICS = "kube-state-metrics"
_POD = "__meta_kubernetes_pod"


def build(
    plan: Plan, options: BuildOptions, cluster: eks.Cluster, subnets: Sequence[Bound], after: Iterable[pulumi.Resource]
) -> tuple[pulumi.Resource, ...]:
    """Workspace, collector and rules. A tier without replicas has nothing to measure, and a collector costs by the
    hour."""
    if plan.tier == "pilot":
        return ()
    name, opts = child(options, "metrics")
    workspace = amp.Workspace(name, region=plan.region, alias=plan.cluster, tags=tags(plan, "aws"), opts=opts)
    name, opts = child(options, STATE_METRICS, depends_on=list(after))
    objects = eks.Addon(
        name,
        region=plan.region,
        cluster_name=cluster.name,
        addon_name=STATE_METRICS,
        resolve_conflicts_on_create="OVERWRITE",
        resolve_conflicts_on_update="OVERWRITE",
        tags=tags(plan, "aws"),
        opts=opts,
    )
    scraper = _scraper(plan, options, cluster, workspace, subnets)
    name, opts = child(options, "alerts")
    rules = amp.RuleGroupNamespace(
        name,
        region=plan.region,
        name=plan.cluster,
        workspace_id=workspace.id,
        data=json.dumps({"groups": [*rule_groups(plan), *_costs(plan)]}, indent=1),  # JSON is YAML
        tags=tags(plan, "aws"),
        opts=opts,
    )
    return objects, scraper, rules, *monitoring_alerts.build(plan, options, workspace)


def _costs(plan: Plan) -> list[dict[str, Any]]:
    return cost_rules.rule_groups(plan.spec.name, plan.placement) if cost_rules.watched(plan) else []


def binding(plan: Plan) -> MetricsBinding:
    """No monitors and no rules in the cluster: the collector's own configuration and the workspace have them."""
    return MetricsBinding(ranges=plan.addresses.private)


def scrape_configuration(plan: Plan) -> dict[str, Any]:
    """What the collector looks for: pods that say so by annotation, and the cluster's own objects."""
    annotated = [
        _keep([f"{_POD}_annotation_prometheus_io_scrape"], "true"),
        _take([f"{_POD}_annotation_prometheus_io_path"], "__metrics_path__", "(.+)"),
        {**_take(["__address__", f"{_POD}_annotation_prometheus_io_port"], "__address__", r"([^:]+)(?::\d+)?;(\d+)"),
         "replacement": "$1:$2"},
        _take([f"{_POD}_label_intertie_dev_stage"], "stage", "(.+)"),
        *_place(),
    ]  # fmt: skip
    objects = [
        _keep([f"{_POD}_label_app_kubernetes_io_name"], STATE_METRICS),
        _keep([f"{_POD}_container_port_number"], "8080"),
    ]
    pods = [{"role": "pod"}]
    return {
        "global": {"scrape_interval": "30s", "external_labels": {"cluster": plan.cluster}},
        "scrape_configs": [
            {"job_name": "pods", "kubernetes_sd_configs": pods, "relabel_configs": annotated},
            {"job_name": STATE_METRICS, "kubernetes_sd_configs": pods, "honor_labels": True,
             "relabel_configs": objects},
        ],
    }  # fmt: skip


def _scraper(
    plan: Plan, options: BuildOptions, cluster: eks.Cluster, workspace: amp.Workspace, subnets: Sequence[Bound]
) -> amp.Scraper:
    """Its right to look into the cluster is an access entry that the service makes by itself."""
    name, opts = child(options, "collector")
    group = cluster.vpc_config.apply(lambda config: config.cluster_security_group_id or "")
    return amp.Scraper(
        name,
        region=plan.region,
        alias=plan.cluster,
        source=amp.ScraperSourceArgs(
            eks=amp.ScraperSourceEksArgs(
                cluster_arn=cluster.arn, subnet_ids=list(subnets), security_group_ids=[group]
            )
        ),
        destination=amp.ScraperDestinationArgs(amp=amp.ScraperDestinationAmpArgs(workspace_arn=workspace.arn)),
        scrape_configuration=json.dumps(scrape_configuration(plan), indent=1),
        tags=tags(plan, "aws"),
        opts=opts,
    )  # fmt: skip


def _keep(labels: list[str], regex: str) -> dict[str, Any]:
    return {"action": "keep", "source_labels": labels, "regex": regex}


def _take(labels: list[str], target: str, regex: str) -> dict[str, Any]:
    return {"action": "replace", "source_labels": labels, "regex": regex, "target_label": target}


def _place() -> list[dict[str, Any]]:
    named = {"namespace": f"{_POD.removesuffix('_pod')}_namespace", "pod": f"{_POD}_name", "node": f"{_POD}_node_name"}
    return [_take([source], target, "(.+)") for target, source in named.items()]
