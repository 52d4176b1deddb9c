"""What is installed beside the pipeline: what it needs, and never what the cluster has."""

import re
from dataclasses import replace
from datetime import date

import pytest

from intertie.contract import PoolBinding, Toleration
from intertie.plan.types import Plan
from intertie.workload import charts
from intertie.workload.components import table
from intertie.workload.devices import plugins
from support import plans
from support.workloads import binding, handle, manifests, objects, pinned, pod, spanning, staged


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


def test_every_device_plugin_is_pinned_and_says_where_the_pin_comes_from() -> None:
    for plugin in plugins().values():
        assert re.search(r":v?\d+(\.\d+)+$", plugin.image), plugin.image
        assert plugin.source
        date.fromisoformat(plugin.as_of)


@pytest.mark.parametrize(
    ("vendor", "accelerator", "image"),
    [
        ("nvidia", "h100", "nvcr.io/nvidia/k8s-device-plugin"),
        ("amd", "mi300x", "docker.io/rocm/k8s-device-plugin"),
        ("neuron", "trainium2", "public.ecr.aws/neuron/neuron-device-plugin"),
    ],
)
def test_a_vendors_plugin_runs_on_its_nodes_in_spite_of_their_taints(vendor: str, accelerator: str, image: str) -> None:
    plan = pinned(plans.plan(), "vllm", accelerator, vendor)
    spot = (Toleration("nvidia.com/gpu", "Equal", "present"), Toleration("example.com/spot", "Exists", "", ""))
    cluster = handle(plan, pools={**handle(plan).pools, "generate0": binding("generate0", tolerations=spot)})
    spec = pod(objects(plan, cluster)[f"{vendor}-device-plugin"])
    assert spec["nodeSelector"] == {"intertie.dev/vendor": vendor}
    assert [one["key"] for one in spec["tolerations"]] == ["nvidia.com/gpu", "example.com/spot"]
    assert spec["containers"][0]["image"].startswith(f"{image}:")
    assert spec["priorityClassName"] == "system-node-critical"


def test_a_plugin_that_the_cluster_brings_is_not_installed() -> None:
    plan = pinned(plans.plan())
    assert "nvidia-device-plugin" in objects(plan)
    assert "nvidia-device-plugin" not in objects(plan, handle(plan, provided=frozenset({"nvidia-device-plugin"})))


def test_a_plugin_that_only_a_cloud_can_bring_is_never_installed() -> None:
    assert not [role for role in objects(pinned(plans.plan(), "vllm", "tpu-v6e", "google")) if "plugin" in role]


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
