"""What charts bring, and where their values put it."""

from types import SimpleNamespace
from typing import Any

import pytest

from intertie.lab import charts, crds
from intertie.lab.charts import Release
from intertie.workload.components import table


def release(chart: str, **values: Any) -> Release:
    return Release("it", "there", chart, "1.2.3", values)


def made(chart: str, **values: Any) -> list[dict[str, Any]]:
    known = charts.chart(chart)
    assert known is not None
    return charts.objects(known, release(chart, **values))


@pytest.mark.parametrize(
    "reference", ["keda", "oci://ghcr.io/x/keda", "kedacore/keda", "https://charts.example.com/keda/"]
)
def test_a_chart_is_known_however_it_is_referred_to(reference: str) -> None:
    known = charts.chart(reference)
    assert known is not None
    assert known.definitions == ("keda",)


def test_a_chart_that_no_table_has_is_none() -> None:
    assert charts.chart("acme/wonder") is None


def test_every_chart_that_intertie_installs_is_known_here() -> None:
    for component in table():
        assert charts.chart(component.chart) is not None, component.chart


def test_every_definition_that_charts_bring_has_a_source() -> None:
    for name in charts._table():
        known = charts.chart(name)
        assert known is not None
        assert set(known.definitions) <= set(crds.components()), name


def test_values_say_where_and_how_often_the_workloads_run() -> None:
    tolerations = [{"key": "CriticalAddonsOnly", "operator": "Exists"}]
    (deployment,) = made(
        "cluster-autoscaler",
        replicaCount=2,
        nodeSelector={"pool": "system"},
        tolerations=tolerations,
        fullnameOverride="grower",
        image={"tag": "v1.35.0"},
        resources={"requests": {"cpu": "100m"}},
    )
    assert deployment["metadata"]["name"] == "grower"
    assert deployment["metadata"]["namespace"] == "there"
    assert deployment["spec"]["replicas"] == 2
    pod = deployment["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"pool": "system"}
    assert pod["tolerations"] == tolerations
    assert pod["priorityClassName"] == "system-cluster-critical"
    assert pod["containers"][0]["image"] == "registry.k8s.io/autoscaling/cluster-autoscaler:v1.35.0"
    assert pod["containers"][0]["resources"] == {"requests": {"cpu": "100m"}}


def test_the_autoscalers_priorities_become_the_config_map_that_it_reads() -> None:
    _, config = made("cluster-autoscaler", expanderPriorities={"1": [".*"], "100": ["^eks-a-"]})
    assert config["metadata"]["name"] == "cluster-autoscaler-priority-expander"
    from intertie.lab.autoscaler import priorities

    assert priorities(config) == {1: [".*"], 100: ["^eks-a-"]}


def test_values_below_a_path_are_found_and_absent_ones_are_not() -> None:
    (deployment,) = made("gateway-helm", deployment={"replicas": 2, "pod": {"nodeSelector": {"a": "b"}}})
    assert deployment["spec"]["replicas"] == 2
    assert deployment["spec"]["template"]["spec"]["nodeSelector"] == {"a": "b"}
    (plain,) = made("gateway-helm")
    assert plain["spec"]["replicas"] == 1
    assert plain["spec"]["template"]["spec"]["nodeSelector"] == {}


def test_the_efa_plugin_goes_to_the_machines_that_its_values_list() -> None:
    keys, machines = ["node.kubernetes.io/instance-type"], ["p5.48xlarge"]
    (daemon,) = made("aws-efa-k8s-device-plugin", supportedInstanceLabels={"keys": keys, "values": machines})
    pod = daemon["spec"]["template"]["spec"]
    assert daemon["kind"] == "DaemonSet"
    terms = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms == [{"matchExpressions": [{"key": keys[0], "operator": "In", "values": machines}]}]
    assert {"key": "CriticalAddonsOnly", "operator": "Exists"} in pod["tolerations"]
    assert pod["volumes"][0]["hostPath"]["path"] == "/var/lib/kubelet/device-plugins"


def test_definitions_stand_in_without_a_schema_where_a_module_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crds, "_module", lambda *_: None)
    crds._definitions.cache_clear()
    found = crds.definitions("lws")
    crds._definitions.cache_clear()
    assert found.note == "lws: schema not checked"
    (definition,) = found.objects
    assert definition["metadata"]["name"] == "leaderworkersets.leaderworkerset.x-k8s.io"
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert schema == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def test_a_kind_that_the_server_takes_but_does_not_list_yet_is_not_served() -> None:
    answers: dict[str, Any] = {"definition": {"status": {"conditions": [{"type": "Established", "status": "True"}]}}}
    api: Any = SimpleNamespace(path_of=lambda body: "definition", find=answers.get)
    assert not crds.are_served(api, "lws")
    path = "/apis/leaderworkerset.x-k8s.io/v1"
    answers[path] = {"resources": [{"kind": "DisaggregatedSet"}]}
    assert not crds.are_served(api, "lws")
    answers[path]["resources"].append({"kind": "LeaderWorkerSet"})
    assert crds.are_served(api, "lws")
    answers["definition"]["status"]["conditions"][0]["status"] = "False"
    assert not crds.are_served(api, "lws")


def test_the_modules_of_all_definitions_are_declared_with_a_version() -> None:
    declared = crds._declared()
    modules = {component: row["module"] for component, row in crds._table().items() if "module" in row}
    assert {component for component in crds.components() if component not in modules} == {
        "amd-gpu-operator", "azure-prometheus", "google-compute-class", "google-prometheus", "network-operator",
    }  # fmt: skip
    for component, module in modules.items():
        assert declared.get(module, "").startswith("v"), component


@pytest.mark.parametrize("component", ["keda", "envoy-gateway", "cert-manager", "external-secrets"])
def test_definitions_are_those_of_the_release_that_intertie_installs(component: str) -> None:
    (installed,) = [each.version for each in table() if each.name == component]
    module = crds._table()[component]["module"]
    assert crds._declared()[module] == f"v{installed.removeprefix('v')}"
