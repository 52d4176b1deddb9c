"""What is installed beside the pipeline: what it needs, and never what the cluster has."""

import re
from dataclasses import replace
from datetime import date

import pytest

from intertie.contract import PoolBinding, Toleration
from intertie.plan.types import Plan
from intertie.workload import charts
from intertie.workload.agents import COMPONENTS, agents
from intertie.workload.components import table
from support import plans
from support.workloads import binding, container, handle, manifests, objects, pinned, pod, spanning, staged

DRIVERS = frozenset({"nvidia-driver", "amd-driver", "neuron-driver"})


def installed(plan: Plan, *provided: str) -> list[str]:
    return [chart.role for chart in charts(plan, handle(plan, provided=frozenset(provided)))]


def test_only_what_the_plan_needs_is_installed() -> None:
    plan = pinned(plans.plan())
    assert installed(plan) == ["keda", "envoy-gateway"]
    assert installed(spanning(plan)) == ["keda", "envoy-gateway", "lws"]
    assert installed(replace(plan, spec=plans.spec(endpoint=None))) == ["keda"]
    assert installed(staged(plan, "generate", max_replicas=1)) == ["envoy-gateway"]
    assert installed(replace(plan, tier="pilot")) == ["envoy-gateway"]


@pytest.mark.parametrize(
    ("provided", "left"),
    [
        ("keda", ["envoy-gateway", "lws"]),
        ("scaler", ["envoy-gateway", "lws"]),
        ("envoy-gateway", ["keda", "lws"]),
        ("gateway", ["keda", "lws"]),
        ("lws", ["keda", "envoy-gateway"]),
        ("leader-worker-set", ["keda", "envoy-gateway"]),
    ],
)
def test_what_the_cluster_has_is_not_installed_twice(provided: str, left: list[str]) -> None:
    assert installed(spanning(pinned(plans.plan())), provided) == left


def test_nothing_waits_for_what_the_cluster_brings() -> None:
    plan = pinned(plans.plan())
    made = manifests(plan, handle(plan, provided=frozenset({"keda", "nvidia-device-plugin"})))
    assert made["generate-autoscaler"].needs == ("generate-deployment",)
    assert "nvidia-device-plugin" not in made["generate-deployment"].needs


def test_objects_wait_for_the_chart_that_knows_their_kind() -> None:
    made = manifests(spanning(pinned(plans.plan())))
    assert "keda" in made["generate-autoscaler"].needs
    assert "lws" in made["generate-group"].needs
    for role in ("gateway-class", "gateway-proxies", "gateway-auth", "gateway-client-limits"):
        assert "envoy-gateway" in made[role].needs


def test_every_chart_is_pinned_and_says_where_the_pin_comes_from() -> None:
    for row in table():
        assert re.fullmatch(r"v?\d+\.\d+\.\d+", row.version), row.name
        assert row.chart.startswith("oci://") != bool(row.repo), f"{row.name}: a repository, or an oci:// chart"
        assert row.source
        date.fromisoformat(row.as_of)


def test_every_agent_is_pinned_and_says_where_the_pin_comes_from() -> None:
    assert {agent.component for agent in agents().values()} == set(COMPONENTS)
    for agent in agents().values():
        assert re.search(r":v?\d+(\.\d+)+(-[\d.]+)*(-distroless)?$", agent.image), agent.image
        assert agent.source
        date.fromisoformat(agent.as_of)


@pytest.mark.parametrize(
    ("vendor", "accelerator", "component", "image"),
    [
        ("nvidia", "h100", "device-plugin", "nvcr.io/nvidia/k8s-device-plugin"),
        ("nvidia", "h100", "metrics-exporter", "nvcr.io/nvidia/k8s/dcgm-exporter"),
        ("amd", "mi300x", "device-plugin", "docker.io/rocm/k8s-device-plugin"),
        ("amd", "mi300x", "metrics-exporter", "docker.io/rocm/device-metrics-exporter"),
        ("neuron", "trainium2", "device-plugin", "public.ecr.aws/neuron/neuron-device-plugin"),
        ("neuron", "trainium2", "metrics-exporter", "public.ecr.aws/neuron/neuron-monitor"),
    ],
)
def test_a_vendors_agents_run_on_its_nodes_in_spite_of_their_taints(
    vendor: str, accelerator: str, component: str, image: str
) -> None:
    plan = pinned(plans.plan(), "vllm", accelerator, vendor)
    spot = (Toleration("nvidia.com/gpu", "Equal", "present"), Toleration("example.com/spot", "Exists", "", ""))
    pools = {**handle(plan).pools, "generate0": binding("generate0", tolerations=spot)}
    spec = pod(objects(plan, handle(plan, pools=pools, provided=DRIVERS))[f"{vendor}-{component}"])
    assert spec["nodeSelector"] == {"intertie.dev/vendor": vendor}
    assert [one["key"] for one in spec["tolerations"]] == ["nvidia.com/gpu", "example.com/spot"]
    assert spec["containers"][0]["image"].startswith(f"{image}:")
    assert spec["priorityClassName"] == "system-node-critical"


@pytest.mark.parametrize("component", COMPONENTS)
def test_an_agent_that_the_cluster_brings_is_not_installed(component: str) -> None:
    plan = pinned(plans.plan())
    agent = f"nvidia-{component}"
    assert agent in objects(plan)
    assert agent not in objects(plan, handle(plan, provided=frozenset({agent})))


def test_agents_that_only_a_cloud_can_bring_are_never_installed() -> None:
    made = objects(pinned(plans.plan(), "vllm", "tpu-v6e", "google"))
    assert not [role for role in made if role.endswith(COMPONENTS)]


@pytest.mark.parametrize(
    ("vendor", "accelerator", "port"),
    [("nvidia", "h100", 9400), ("amd", "mi300x", 5000), ("neuron", "trainium2", 8000)],
)
def test_metrics_are_found_where_collectors_look_for_them(vendor: str, accelerator: str, port: int) -> None:
    plan = pinned(plans.plan(), "vllm", accelerator, vendor)
    exporter = objects(plan, handle(plan, provided=DRIVERS))[f"{vendor}-metrics-exporter"]
    found = exporter["spec"]["template"]["metadata"]["annotations"]
    assert found == {"prometheus.io/scrape": "true", "prometheus.io/port": str(port)}
    assert container(exporter)["ports"][0]["containerPort"] == port


def test_no_plugin_has_more_power_over_its_node_than_its_devices_ask_for() -> None:
    assert {agent.privileges for agent in agents().values() if agent.component == "device-plugin"} == {"none"}
    exporter = objects(pinned(plans.plan()))["nvidia-metrics-exporter"]
    security = pod(exporter)["containers"][0]["securityContext"]
    assert security["capabilities"] == {"drop": ["ALL"], "add": ["SYS_ADMIN"]}
    assert "privileged" not in security


def test_nodes_that_others_have_made_are_found_by_their_own_labels() -> None:
    plan = pinned(plans.plan())
    bare = tuple(replace(pool, labels=()) for pool in plan.pools)
    plan = replace(plan, pools=bare)
    cluster = handle(plan, pools={**handle(plan).pools, "generate0": PoolBinding({"acme.example.com/gpu": "h100"})})
    spec = pod(objects(plan, cluster)["nvidia-device-plugin"])
    assert "nodeSelector" not in spec
    terms = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms == [{"matchExpressions": [{"key": "acme.example.com/gpu", "operator": "In", "values": ["h100"]}]}]


def test_a_plugin_that_writes_to_nodes_has_exactly_the_rights_for_it() -> None:
    made = objects(pinned(plans.plan(), "vllm", "trainium2", "neuron"))
    assert pod(made["neuron-device-plugin"])["serviceAccountName"] == "neuron-device-plugin"
    assert made["neuron-device-plugin-binding"]["subjects"][0]["namespace"] == "kube-system"
    granted = {
        (r, verb)
        for rule in made["neuron-device-plugin-role"]["rules"]
        for r in rule["resources"]
        for verb in rule["verbs"]
    }
    assert ("nodes/status", "patch") in granted
    assert not {resource for resource, _ in granted} & {"secrets", "*"}
    assert pod(objects(pinned(plans.plan()))["nvidia-device-plugin"])["automountServiceAccountToken"] is False
