"""A vendor whose driver the nodes lack: its operator brings driver, device plugin and metrics, and nobody else does."""

import re
from datetime import date
from typing import Any

import pytest

from intertie.contract import ClusterHandle, Toleration
from intertie.errors import PlanError
from intertie.plan.types import Plan
from intertie.workload import charts, render
from intertie.workload.agents import agents
from intertie.workload.components import table
from intertie.workload.operators import DRIVER_SECRET, operators
from support import plans
from support.workloads import binding, handle, manifests, pinned

REGISTRY = "acme.azurecr.io/mirror"
SPOT = Toleration("kubernetes.azure.com/scalesetpriority", "Equal", "spot")


def mi300x() -> Plan:
    return pinned(plans.plan("azure"), "vllm", "mi300x", "amd")


def cluster(*provided: str, **changes: Any) -> ClusterHandle:
    return handle(mi300x(), provided=frozenset(provided), **{"registry": REGISTRY, **changes})


def config(**changes: Any) -> dict[str, Any]:
    return dict(manifests(mi300x(), cluster(**changes))["amd-driver"].body["spec"])


def test_nodes_without_a_driver_get_it_from_their_vendors_operator() -> None:
    made = charts(mi300x(), cluster())
    assert [chart.role for chart in made][-2:] == ["cert-manager", "amd-gpu-operator"]
    assert made[-1].needs == ("cert-manager",)
    driver = manifests(mi300x(), cluster())["amd-driver"]
    assert (driver.api_version, driver.kind) == ("amd.com/v1alpha1", "DeviceConfig")
    assert driver.needs == ("amd-gpu-operator",)
    assert driver.body["metadata"]["namespace"] == made[-1].namespace


def test_the_operator_owns_driver_plugin_and_metrics_alone() -> None:
    made = manifests(mi300x(), cluster())
    assert not [role for role in made if role in agents()]
    spec = config()
    assert spec["driver"]["enable"] is spec["devicePlugin"]["enableDevicePlugin"] is spec["metricsExporter"]["enable"]
    assert spec["driver"]["enable"] is True
    assert next(chart for chart in charts(mi300x(), cluster()) if chart.role == "amd-gpu-operator").values["crds"] == {
        "defaultCR": {"install": False}
    }


def test_it_works_on_the_vendors_pools_in_spite_of_their_taints() -> None:
    pools = {**handle(mi300x()).pools, "generate0": binding("generate0", tolerations=(SPOT,))}
    spec = config(pools=pools)
    assert spec["selector"] == {"intertie.dev/vendor": "amd"}
    tolerated = [
        spec["driver"]["tolerations"],
        spec["devicePlugin"]["devicePluginTolerations"],
        spec["devicePlugin"]["nodeLabellerTolerations"],
        spec["metricsExporter"]["tolerations"],
    ]
    assert all([one["key"] for one in part] == [SPOT.key] for part in tolerated)


def test_the_driver_is_kept_in_the_placements_registry_and_has_no_tag_of_ours() -> None:
    driver = config()["driver"]
    assert driver["image"] == f"{REGISTRY}/amdgpu-driver"
    assert driver["imageRegistrySecret"] == {"name": DRIVER_SECRET}
    assert config()["devicePlugin"]["devicePluginImage"].startswith(f"{REGISTRY}/rocm/k8s-device-plugin:")


def test_without_a_registry_there_would_be_no_driver_and_that_is_said_before_anything_is_made() -> None:
    with pytest.raises(PlanError) as refused:
        render(mi300x(), cluster(registry=None))
    said = str(refused.value)
    assert "placements.here.registry: found none, and the driver of mi300x is built in the cluster" in said
    assert DRIVER_SECRET in said


def test_stages_wait_until_their_nodes_are_promised_a_driver() -> None:
    assert "amd-driver" in manifests(mi300x(), cluster())["generate-deployment"].needs
    assert "amd-driver" not in manifests(mi300x(), cluster("amd-driver"))["generate-deployment"].needs


def test_a_cluster_with_drivers_gets_agents_and_no_operator() -> None:
    made = manifests(mi300x(), cluster("amd-driver", registry=None))
    assert {"amd-device-plugin", "amd-metrics-exporter"} <= set(made)
    assert "amd-driver" not in made
    assert not {"cert-manager", "amd-gpu-operator"} & {chart.role for chart in charts(mi300x(), cluster("amd-driver"))}


def test_a_cluster_with_the_operator_is_left_to_it() -> None:
    there = cluster("amd-gpu-operator")
    assert not {"cert-manager", "amd-gpu-operator"} & {chart.role for chart in charts(mi300x(), there)}
    assert not [role for role in manifests(mi300x(), there) if role.startswith("amd-")]


def test_a_cert_manager_that_is_there_is_not_installed_twice_nor_waited_for() -> None:
    made = charts(mi300x(), cluster("cert-manager"))
    assert "cert-manager" not in {chart.role for chart in made}
    assert made[-1].needs == ()


def test_no_operator_is_installed_for_nodes_that_have_their_driver() -> None:
    plan = pinned(plans.plan())
    assert not {row.component for row in operators().values()} & {chart.role for chart in charts(plan, handle(plan))}


def test_every_operator_is_a_chart_that_brings_what_it_is_told_to() -> None:
    rows = {row.name: row for row in table()}
    for operator in operators().values():
        parts = ("driver", "device-plugin", "metrics-exporter")
        assert set(rows[operator.component].brings) == {f"{operator.vendor}-{part}" for part in parts}
        assert re.search(r":[\w-]*\d+(\.\d+)+$", operator.labeller_image)
        assert re.fullmatch(r"\d+(\.\d+)+", operator.driver_version)
        assert operator.source
        date.fromisoformat(operator.as_of)


def test_charts_come_after_those_they_need() -> None:
    names = [row.name for row in table()]
    for row in table():
        assert all(names.index(need) < names.index(row.name) for need in row.needs)
