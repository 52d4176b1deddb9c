"""AMD's operator: whose nodes get a driver, and where its device plugin goes."""

from typing import Any

import pytest

from intertie.lab import amd_operator, device_plugins
from intertie.lab.world import Pool

POOL = Pool("c", "gpu", "Standard_ND96isr_MI300X_v5", (), 0, 1, 1, resources={"cpu": "96", "amd.com/gpu": "8"})
TAINT = {"key": "amd.com/gpu", "value": "present", "effect": "NoSchedule"}
TOLERATION = {"key": "amd.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
LOADED = "kmm.node.kubernetes.io/ops.gpu.ready"


def node(*taints: dict[str, str], vendor: str = "amd", label: str = "x") -> dict[str, Any]:
    return {"metadata": {"name": "n", "labels": {"vendor": vendor, label: ""}}, "spec": {"taints": list(taints)}}


def config(driver: dict[str, Any] | None = None, **plugin: Any) -> dict[str, Any]:
    spec = {"selector": {"vendor": "amd"}, "driver": driver or {"enable": False}, "devicePlugin": plugin}
    return {"metadata": {"name": "gpu", "namespace": "ops", "uid": "1", "generation": 1}, "spec": spec}


def driven(*tolerations: dict[str, str]) -> dict[str, Any]:
    return config({"enable": True, "tolerations": list(tolerations)})


def test_a_selected_node_is_given_a_driver_once() -> None:
    assert amd_operator.lacking(driven(), [node()]) == ["n"]
    assert amd_operator.lacking(driven(), [node(label=LOADED)]) == []


@pytest.mark.parametrize("vendor", ["nvidia", ""])
def test_a_node_that_is_not_selected_is_left_alone(vendor: str) -> None:
    assert amd_operator.lacking(driven(), [node(vendor=vendor)]) == []


def test_the_driver_reaches_tainted_nodes_by_its_own_tolerations_only() -> None:
    assert amd_operator.lacking(driven(), [node(TAINT)]) == []
    assert amd_operator.lacking(driven(TOLERATION), [node(TAINT)]) == ["n"]


def test_no_driver_is_loaded_where_none_is_asked_for() -> None:
    assert amd_operator.lacking(config(), [node()]) == []


def test_the_plugin_waits_for_the_driver_that_the_operator_loads() -> None:
    with_driver, without = amd_operator.plugin(driven()), amd_operator.plugin(config())
    assert with_driver is not None
    assert without is not None
    assert with_driver["spec"]["template"]["spec"]["nodeSelector"] == {"vendor": "amd", LOADED: ""}
    assert without["spec"]["template"]["spec"]["nodeSelector"] == {"vendor": "amd"}


def test_the_plugin_has_its_own_tolerations_and_image() -> None:
    made = amd_operator.plugin(
        config(devicePluginTolerations=[TOLERATION], devicePluginImage="r.example.com/rocm/k8s-device-plugin:1.31")
    )
    assert made is not None
    pod = made["spec"]["template"]["spec"]
    assert pod["tolerations"] == [TOLERATION]
    assert pod["containers"][0]["image"] == "r.example.com/rocm/k8s-device-plugin:1.31"
    assert device_plugins.offered("other", POOL, [{"spec": pod}]) == {"amd.com/gpu": "8"}


def test_a_configuration_without_a_plugin_makes_none() -> None:
    assert amd_operator.plugin(config(enableDevicePlugin=False)) is None


def test_on_aks_the_plugin_alone_offers_nothing_as_no_driver_comes_with_the_node() -> None:
    made = amd_operator.plugin(config())
    assert made is not None
    pods = [{"spec": made["spec"]["template"]["spec"]}]
    assert device_plugins.offered("azure", POOL, pods) == {}
    assert device_plugins.offered("azure", POOL, pods, driver="operator") == {"amd.com/gpu": "8"}
    assert device_plugins.offered("other", POOL, pods) == {"amd.com/gpu": "8"}


def test_the_label_of_a_loaded_driver_is_told_from_others() -> None:
    assert amd_operator.has_driver(node(label=LOADED))
    assert not amd_operator.has_driver(node(label="kmm.node.kubernetes.io/ops.gpu.device-plugin-ready"))
    assert not amd_operator.has_driver(node())
