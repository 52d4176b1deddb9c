"""An adopted cluster is measured by the collector that its description names, in that collector's own kinds."""

from typing import Any

import pytest

from intertie.contract import ClusterHandle, MetricsBinding
from intertie.plan import Plan, resolve
from intertie.plan.alerts import alerts
from intertie.platforms import collectors
from intertie.platforms.existing import monitoring
from intertie.spec import CollectorKind, PipelineSpec
from intertie.workload import charts
from support.pipelines import choice
from support.plans import spec_data
from support.workloads import handle, objects, pinned

RELEASE = {"release": "kube-prometheus-stack"}
OPERATOR = {"kind": "prometheus-operator", "namespace": "monitoring", "labels": RELEASE}
IMAGE = "ghcr.io/acme/intertie@sha256:" + "a" * 64
POOLS = [
    {"name": "workers", "nodes": 8, "labels": {"acme.example/role": "workers"}},
    {"name": "gpus", "accelerator": "h100", "per_node": 8, "nodes": 4, "labels": {"acme.example/gpu": "h100"}},
]
COREOS = {"PodMonitor": "monitoring.coreos.com/v1", "PrometheusRule": "monitoring.coreos.com/v1"}
GOOGLE = {"PodMonitoring": "monitoring.googleapis.com/v1", "Rules": "monitoring.googleapis.com/v1"}
AZURE = {"PodMonitor": "azmonitoring.coreos.com/v1"}


def planned(collector: Any = None, **changes: Any) -> Plan:
    adopt = {"pools": POOLS, "collector": collector}
    here = {"cloud": "other", "region": "hall-1", "jurisdiction": "eu", "adopt": adopt}
    budget = {"monthly_usd": 90_000, "watch": {"image": IMAGE}}
    data = spec_data(placements={"here": here}, budget=budget, **changes)
    return pinned(resolve(PipelineSpec.model_validate(data), "here"))


def cluster(plan: Plan) -> ClusterHandle:
    return handle(plan, metrics=monitoring.binding(plan))


def made(collector: Any) -> dict[str, dict[str, Any]]:
    plan = planned(collector)
    return objects(plan, cluster(plan))


def telling(collector: Any) -> dict[str, str]:
    """Kinds by which the collector is told what to ask for, with their API."""
    return {body["kind"]: body["apiVersion"] for body in made(collector).values() if "monitoring" in body["apiVersion"]}


@pytest.mark.parametrize(
    ("collector", "kinds"),
    [(None, {}), ("annotations", {}), (OPERATOR, COREOS), ("google-managed", GOOGLE), ("azure-managed", AZURE)],
)
def test_monitors_and_rules_are_of_the_kinds_that_the_named_collector_reads(collector: Any, kinds: Any) -> None:
    assert telling(collector) == kinds


def test_the_operator_finds_monitors_and_rules_by_the_labels_that_it_chooses_by() -> None:
    found = [body for body in made(OPERATOR).values() if body["apiVersion"] == "monitoring.coreos.com/v1"]
    assert {body["kind"] for body in found} == {"PodMonitor", "PrometheusRule"}
    for body in found:
        assert RELEASE.items() <= body["metadata"]["labels"].items(), body["metadata"]["name"]
        assert body["metadata"]["labels"]["app.kubernetes.io/managed-by"]


def test_an_adopted_cluster_gets_the_monitors_and_rules_that_other_clusters_get() -> None:
    roles = {role for role, body in made(OPERATOR).items() if body["apiVersion"] == "monitoring.coreos.com/v1"}
    assert roles == {
        "generate-monitor", "nvidia-metrics-exporter-monitor", "gateway-monitor", "intertie-exporter-monitor",
        "alerts", "cost-rules",
    }  # fmt: skip
    rules = made(OPERATOR)["alerts"]["spec"]["groups"][0]["rules"]
    assert [rule["alert"] for rule in rules] == [alert.name for alert in alerts(planned(OPERATOR))]
    assert {rule["labels"]["severity"] for rule in rules} <= {"critical", "warning"}


def test_pods_answer_the_prometheus_that_is_named_and_nobody_is_asked_twice() -> None:
    there = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    reached = made(OPERATOR)
    for role in ("generate-ingress", "intertie-exporter-policy"):
        assert [there] in [rule["from"] for rule in reached[role]["spec"]["ingress"]], role
    assert "annotations" not in reached["generate-deployment"]["spec"]["template"]["metadata"]


@pytest.mark.parametrize(
    ("collector", "sources"),
    [
        (None, []),
        ("annotations", []),
        ({"kind": "annotations", "namespace": "metrics", "allow": ["10.20.0.0/16"]}, ["metrics", "10.20.0.0/16"]),
        ("google-managed", ["gmp-system"]),
        ("azure-managed", ["kube-system"]),
    ],
)
def test_pods_answer_where_the_named_collector_asks_from(collector: Any, sources: list[str]) -> None:
    binding = monitoring.binding(planned(collector)) or MetricsBinding()
    assert [*binding.namespaces, *binding.ranges] == sources


def test_a_collector_that_goes_by_annotations_is_let_in_too() -> None:
    found = made({"kind": "annotations", "namespace": "metrics"})
    sources = [rule["from"] for rule in found["generate-ingress"]["spec"]["ingress"]]
    assert [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "metrics"}}}] in sources
    assert found["generate-deployment"]["spec"]["template"]["metadata"]["annotations"]["prometheus.io/scrape"] == "true"


@pytest.mark.parametrize("kind", CollectorKind)
def test_what_a_description_says_of_rules_is_what_its_collector_takes(kind: CollectorKind) -> None:
    plan = planned(OPERATOR if kind is CollectorKind.PROMETHEUS_OPERATOR else kind.value)
    binding = monitoring.binding(plan)
    assert binding is not None
    assert plan.where.adopt is not None
    assert plan.where.adopt.collector is not None
    assert plan.where.adopt.collector.takes_rules == (binding.rules != ("", ""))


@pytest.mark.parametrize(
    ("collector", "chosen", "why"),
    [
        (None, "annotations", "nobody is named: pods say where metrics are, and no alert rules are made"),
        (OPERATOR, "prometheus-operator", "monitors and alert rules are objects of the cluster"),
        ("azure-managed", "azure-managed", "monitors are objects of the cluster, and no alert rules are made"),
    ],
)
def test_a_plan_says_who_collects_and_how_it_is_told(collector: Any, chosen: str, why: str) -> None:
    found = choice(planned(collector), "placements.here.adopt.collector")
    assert found.chosen == chosen
    assert why in found.why


@pytest.mark.parametrize(
    ("collector", "says"),
    [
        (None, "no alert of here reaches anybody"),
        ("azure-managed", "no alert of here reaches anybody"),
        (OPERATOR, "whom they reach is set by whoever runs its Alertmanager"),
        ("google-managed", "whom they reach is set by whoever runs its Alertmanager"),
    ],
)
def test_nobody_is_left_to_believe_that_recipients_are_told_to_a_cluster_of_others(collector: Any, says: str) -> None:
    (note,) = [note for note in planned(collector, alerts="oncall@example.com").notes if "reach" in note]
    assert says in note


def test_a_managed_collector_is_the_same_one_in_a_cluster_of_ours_and_in_one_that_is_adopted() -> None:
    from intertie.platforms.aks.monitoring import binding as azure
    from intertie.platforms.gke.monitoring import binding as google

    assert azure() == monitoring.binding(planned("azure-managed")) == collectors.AZURE_MANAGED
    assert google(planned()) == monitoring.binding(planned("google-managed")) == collectors.GOOGLE_MANAGED


def test_naming_a_collector_installs_nothing() -> None:
    bare, told = planned(), planned(OPERATOR)
    assert charts(told, cluster(told)) == charts(bare, cluster(bare))
