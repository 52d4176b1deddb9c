"""What is measured: by the collector that the cluster has, in its own words, and by nobody else."""

import json

import promql_parser
import pytest

from intertie.contract import MetricsBinding
from intertie.plan.alerts import alerts
from support import plans
from support.rendered import CASES, case, limited, watched
from support.workloads import container, handle, objects, pinned

COREOS = "monitoring.coreos.com/v1/PodMonitor"


def test_a_monitor_finds_a_stages_pods_on_the_port_that_they_name() -> None:
    plan = pinned(plans.plan())
    made = objects(plan, watched(COREOS)(plan))
    spec = made["generate-monitor"]["spec"]
    template = made["generate-deployment"]["spec"]["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"].items() <= template.items()
    (where,) = spec["podMetricsEndpoints"]
    assert (where["portNumber"], where["path"]) == (8000, "/metrics")
    assert {"sourceLabels": ["__meta_kubernetes_pod_label_intertie_dev_stage"], "targetLabel": "stage"} in where[
        "relabelings"
    ]


def test_a_managed_collector_reads_the_same_in_its_own_words() -> None:
    plan, cluster = case("watched-managed")
    made = objects(plan, cluster)
    spec = made["generate-monitor"]["spec"]
    assert made["generate-monitor"]["kind"] == "PodMonitoring"
    assert spec["endpoints"] == [{"port": 8002, "interval": "30s", "path": "/metrics"}]
    assert spec["targetLabels"]["fromPod"] == [{"from": "intertie.dev/stage", "to": "stage"}]
    assert made["alerts"]["kind"] == "Rules"


def test_a_metrics_port_of_its_own_is_named_by_the_pod() -> None:
    ports = container(objects(*case("watched-managed"))["generate-deployment"])["ports"]
    assert {port["name"]: port["containerPort"] for port in ports} == {"http": 8000, "metrics": 8002}


def test_the_gateways_proxies_and_the_exporters_are_monitored_where_they_run() -> None:
    plan = pinned(plans.plan())
    made = objects(plan, watched(COREOS)(plan))
    assert made["gateway-monitor"]["metadata"]["namespace"] == "envoy-gateway-system"
    assert made["gateway-monitor"]["spec"]["podMetricsEndpoints"][0]["path"] == "/stats/prometheus"
    exporter = made["nvidia-metrics-exporter-monitor"]
    assert exporter["metadata"]["namespace"] == "kube-system"
    assert exporter["spec"]["podMetricsEndpoints"][0]["portNumber"] == 9400


def test_an_exporter_that_the_cluster_brings_is_the_clusters_to_monitor() -> None:
    plan = pinned(plans.plan())
    cluster = watched(COREOS)(plan)
    cluster = type(cluster)(
        cluster.name, cluster.kubeconfig, cluster.pools, metrics=cluster.metrics,
        provided=frozenset({"nvidia-metrics-exporter"}),
    )  # fmt: skip
    assert "nvidia-metrics-exporter-monitor" not in objects(plan, cluster)


def test_the_collector_may_ask_every_stage_for_its_metrics_and_nobody_else_gets_in() -> None:
    plan = pinned(plans.plan())
    rules = objects(plan, watched(COREOS)(plan))["generate-ingress"]["spec"]["ingress"]
    collector = [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "collectors"}}},
        {"ipBlock": {"cidr": "10.64.0.0/21"}},
    ]
    assert {"from": collector, "ports": [{"port": 8000, "protocol": "TCP"}]} in rules
    before = objects(plan)["generate-ingress"]["spec"]["ingress"]
    assert [rule for rule in rules if rule["from"] != collector] == before


@pytest.mark.parametrize("metrics", [None, MetricsBinding(ranges=("10.64.0.0/21",))])
def test_pods_say_by_annotation_where_metrics_are_when_no_monitor_does(metrics: MetricsBinding | None) -> None:
    plan = pinned(plans.plan(), "triton")
    made = objects(plan, handle(plan, metrics=metrics, storage=case("triton")[1].storage))
    about = made["generate-deployment"]["spec"]["template"]["metadata"]["annotations"]
    assert about["prometheus.io/port"] == "8002"
    assert not [body for body in made.values() if body["kind"].startswith("PodMonitor")]


def test_pods_are_not_asked_twice() -> None:
    plan = pinned(plans.plan())
    about = objects(plan, watched(COREOS)(plan))["generate-deployment"]["spec"]["template"]["metadata"]
    assert "annotations" not in about


def test_rules_are_rendered_where_the_collector_takes_them_as_objects() -> None:
    plan, cluster = case("watched")
    rules = objects(plan, cluster)["alerts"]["spec"]["groups"][0]["rules"]
    assert [rule["alert"] for rule in rules] == [alert.name for alert in alerts(plan)]
    assert "alerts" not in objects(plan, watched(COREOS)(plan))


@pytest.mark.parametrize("name", CASES)
def test_a_dashboard_shows_queries_that_parse(name: str) -> None:
    made = objects(*case(name))["dashboard"]
    assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
    ((file, text),) = made["data"].items()
    assert file.endswith(".json")
    shown = json.loads(text)
    assert shown["panels"]
    for panel in shown["panels"]:
        promql_parser.parse(panel["targets"][0]["expr"])
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
    assert len({panel["title"] for panel in shown["panels"]}) == len(shown["panels"])


def test_the_dashboard_shows_what_callers_and_accelerators_feel() -> None:
    shown = objects(limited())["dashboard"]["data"]["chat-here.json"]
    for part in ("time_to_first_token", "num_requests_waiting", "DCGM_FI_DEV_XID_ERRORS", "envoy_http_downstream"):
        assert part in shown


def test_nothing_is_monitored_in_a_tier_without_replicas() -> None:
    plan, _ = case("pilot")
    made = objects(plan, watched(COREOS)(plan))
    assert not [body for body in made.values() if body["kind"] == "PodMonitor"]
