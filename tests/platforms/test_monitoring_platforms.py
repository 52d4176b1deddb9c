"""Each cloud's own collector is on, knows where to look, and has the same alerts."""

import json
from dataclasses import replace

import pytest
import yaml

from intertie.graph import check
from intertie.plan.alerts import alerts
from intertie.platforms.aks.monitoring import MOST_RULES, duration
from intertie.platforms.eks.monitoring import scrape_configuration
from support import plans
from support.building import Built, build
from support.rendered import limited

AZ = "azure-native:"


def placed(cloud: str, **changes) -> Built:
    return build(replace(plans.plan(cloud), **changes))


def test_on_aws_a_collector_sends_from_the_clusters_subnets_to_a_workspace() -> None:
    made = placed("aws")
    assert check(made.graph) == ()
    scraper = made.inputs("aws:amp/scraper:Scraper", "collector")
    assert len(scraper["source"]["eks"]["subnetIds"]) >= 2
    assert scraper["destination"]["amp"]["workspaceArn"]
    told = yaml.safe_load(scraper["scrapeConfiguration"])
    assert [job["job_name"] for job in told["scrape_configs"]] == ["pods", "kube-state-metrics"]
    assert made.inputs("aws:eks/addon:Addon", "kube-state-metrics")["addonName"] == "kube-state-metrics"
    assert made.handle is not None
    assert made.handle.metrics is not None
    assert made.handle.metrics.ranges == plans.plan("aws").addresses.private


def test_on_aws_the_collector_finds_what_pods_say_of_themselves() -> None:
    pods, _ = scrape_configuration(plans.plan("aws"))["scrape_configs"]
    rules = {tuple(rule["source_labels"]): rule for rule in pods["relabel_configs"]}
    assert rules["__meta_kubernetes_pod_annotation_prometheus_io_scrape",]["action"] == "keep"
    assert rules["__meta_kubernetes_pod_label_intertie_dev_stage",]["target_label"] == "stage"
    assert rules["__meta_kubernetes_namespace",]["target_label"] == "namespace"


def test_on_aws_the_workspace_has_the_alerts() -> None:
    made = build(limited())
    data = yaml.safe_load(made.inputs("aws:amp/ruleGroupNamespace:RuleGroupNamespace", "alerts")["data"])
    assert [rule["alert"] for rule in data["groups"][0]["rules"]] == [alert.name for alert in alerts(limited())]


def test_on_aws_a_placement_without_replicas_pays_for_no_collector() -> None:
    assert not [each for each in placed("aws", tier="pilot").graph if each.type.startswith("aws:amp/")]


def test_on_azure_the_collector_is_on_and_its_metrics_have_a_way_into_the_workspace() -> None:
    made = placed("azure")
    assert check(made.graph) == ()
    cluster = made.inputs(f"{AZ}containerservice:ManagedCluster", "cluster")
    assert cluster["azureMonitorProfile"]["metrics"]["enabled"] is True
    rule = made.inputs(f"{AZ}monitor:DataCollectionRule", "metrics-rule")
    assert rule["dataFlows"] == [{"streams": ["Microsoft-PrometheusMetrics"], "destinations": ["workspace"]}]
    (account,) = rule["destinations"]["monitoringAccounts"]
    assert account["name"] == "workspace"
    association = made.one(f"{AZ}monitor:DataCollectionRuleAssociation", "metrics-association")
    assert made.one(f"{AZ}containerservice:ManagedCluster", "cluster").urn in association.depends_on
    used = made.one(f"{AZ}monitor:DataCollectionRule", "metrics-rule").urn
    assert association.property_dependencies["dataCollectionRuleId"] == (used,)
    assert made.handle is not None
    assert made.handle.metrics is not None
    assert made.handle.metrics.monitor == ("azmonitoring.coreos.com/v1", "PodMonitor")


def test_on_azure_alerts_are_rules_of_the_workspace_twenty_in_a_group() -> None:
    made = placed("azure")
    groups = made.graph.of_type(f"{AZ}alertsmanagement:PrometheusRuleGroup")
    rules = [rule for group in groups for rule in group.inputs["rules"]]
    expected = alerts(plans.plan("azure"))
    assert [rule["expression"] for rule in rules] == [alert.expr for alert in expected]
    assert all(len(group.inputs["rules"]) <= MOST_RULES for group in groups)
    assert rules[0]["for"] == "PT15M"
    assert {rule["severity"] for rule in rules} <= {1.0, 2.0}


@pytest.mark.parametrize(("said", "meant"), [("15m", "PT15M"), ("1h", "PT1H"), ("30s", "PT30S")])
def test_durations_are_written_as_azure_writes_them(said: str, meant: str) -> None:
    assert duration(said) == meant


def test_on_google_managed_prometheus_is_on_and_knows_the_clusters_objects() -> None:
    made = placed("gcp")
    monitoring = made.inputs("gcp:container/cluster:Cluster", "cluster")["monitoringConfig"]
    assert monitoring["managedPrometheus"]["enabled"] is True
    assert {"POD", "DEPLOYMENT"} <= set(monitoring["enableComponents"])
    assert made.handle is not None
    assert made.handle.metrics is not None
    assert made.handle.metrics.monitor == ("monitoring.googleapis.com/v1", "PodMonitoring")
    assert made.handle.metrics.rules == ("monitoring.googleapis.com/v1", "Rules")
    assert made.handle.metrics.namespaces == ("gmp-system",)


def test_rules_are_json_which_is_yaml() -> None:
    data = build(limited()).inputs("aws:amp/ruleGroupNamespace:RuleGroupNamespace", "alerts")["data"]
    assert json.loads(data) == yaml.safe_load(data)
