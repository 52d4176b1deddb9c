"""NVIDIA's network operator: whose machines are found, and where the cards' driver and plugin go."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from intertie.lab import device_plugins, network_operator
from intertie.lab.network_operator import HAS_CARDS, WAITS, NetworkOperator
from intertie.lab.nodes import POOL
from intertie.lab.world import Pool

MACHINE = "Standard_ND96isr_H100_v5"
JOINED = Pool("c", "gpu", MACHINE, (), 0, 2, 2, resources={"cpu": "96", "nvidia.com/gpu": "8", "rdma/ib": "8"})
TOLERATION = {"key": "spot", "operator": "Exists"}
CHOSEN = {"vendors": ["15b3"], "linkTypes": ["infiniband"], "isRdma": True}


def rule(devices: list[str], feature: str = "pci.device") -> dict[str, Any]:
    matched = {"vendor": {"op": "In", "value": ["15b3"]}, "device": {"op": "In", "value": devices}}
    found = {"labels": {HAS_CARDS: "true"}, "matchFeatures": [{"feature": feature, "matchExpressions": matched}]}
    return {"spec": {"rules": [found]}}


def policy(selectors: dict[str, Any] | None = None, name: str = "ib", **spec: Any) -> dict[str, Any]:
    image = {"repository": "nvcr.io/nvidia/mellanox", "version": "1"}
    offered = {"resourcePrefix": "rdma", "resourceName": name, "selectors": selectors or CHOSEN}
    return {
        "apiVersion": "mellanox.com/v1alpha1",
        "kind": "NicClusterPolicy",
        "metadata": {"name": "nic-cluster-policy", "uid": "1", "generation": 1},
        "spec": {
            "ofedDriver": {**image, "image": "doca-driver"},
            "sriovDevicePlugin": {
                **image, "image": "sriov-network-device-plugin", "config": json.dumps({"resourceList": [offered]}),
            },
            **spec,
        },
    }  # fmt: skip


def pod(name: str, **labels: str) -> dict[str, Any]:
    about = {"name": name, "namespace": "ops", "labels": {"app.kubernetes.io/name": name, **labels}}
    return {"metadata": about, "spec": {"nodeName": "n"}}


def node(**labels: str) -> dict[str, Any]:
    return {"metadata": {"name": "n", "labels": labels, "annotations": {POOL: "gpu"}}, "spec": {}}


class Server:
    """What the operator reads from an API server, and what it writes."""

    def __init__(self, **lists: list[dict[str, Any]]) -> None:
        self.lists = lists
        self.applied: list[str] = []
        self.labels: dict[str, str] = {}

    def items(self, path: str) -> list[dict[str, Any]]:
        return self.lists.get(path.rpartition("/")[2], [])

    def apply(self, body: dict[str, Any], *_: Any, **__: Any) -> None:
        self.applied.append(body["metadata"]["name"])

    def patch(self, _: str, body: dict[str, Any]) -> None:
        self.labels |= body["metadata"]["labels"]


def looked(server: Server, there: dict[str, Any], *ready: dict[str, Any]) -> Server:
    api: Any = server
    world: Any = SimpleNamespace(record=lambda *_: None)
    NetworkOperator(api, world).step([JOINED], [there], ready)
    return server


def test_machines_are_found_by_what_their_cards_call_themselves() -> None:
    assert network_operator.labels_of(rule(["101e"]), MACHINE) == {HAS_CARDS: "true"}
    assert network_operator.labels_of(rule(["101c"]), MACHINE) == {}
    assert network_operator.labels_of(rule(["101c"]), "Standard_ND96asr_v4") == {HAS_CARDS: "true"}
    assert network_operator.labels_of(rule(["101e"], "usb.device"), MACHINE) == {}


def test_only_machines_that_a_worker_looks_at_are_labelled() -> None:
    master, worker = (pod(name) for name in network_operator.FINDERS)
    rules = [rule(["101e"])]
    assert looked(Server(nodefeaturerules=rules), node(), master, worker).labels == {HAS_CARDS: "true"}
    assert looked(Server(nodefeaturerules=rules), node(), master).labels == {}
    assert looked(Server(nodefeaturerules=rules), node(), worker).labels == {}
    assert looked(Server(), node(), master, worker).labels == {}


def test_driver_and_plugin_go_where_the_policy_and_the_label_say_and_the_plugin_waits_for_the_driver() -> None:
    driver, plugin = network_operator.daemons(policy(nodeAffinity={"a": 1}, tolerations=[TOLERATION]), "ops")
    for daemon, selector in ((driver, {HAS_CARDS: "true"}), (plugin, {HAS_CARDS: "true", WAITS: "false"})):
        spec = daemon["spec"]["template"]["spec"]
        assert daemon["metadata"]["namespace"] == "ops"
        assert spec["nodeSelector"] == selector
        assert spec["affinity"] == {"nodeAffinity": {"a": 1}}
        assert TOLERATION in spec["tolerations"]
        assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in spec["tolerations"]
    assert driver["spec"]["template"]["spec"]["containers"][0]["image"] == "nvcr.io/nvidia/mellanox/doca-driver:1"


def test_cards_can_be_had_where_the_plugin_runs_and_nowhere_else() -> None:
    driver, plugin = (each["spec"]["template"] for each in network_operator.daemons(policy(), "ops"))
    assert device_plugins.offered("azure", JOINED, [driver]) == {}
    assert device_plugins.offered("azure", JOINED, [plugin]) == {"rdma/ib": "8"}
    assert device_plugins.offered("aws", JOINED, [plugin]) == {}


@pytest.mark.parametrize(
    "broken",
    [
        policy(name="nic"),
        policy({**CHOSEN, "linkTypes": ["ether"]}),
        policy({**CHOSEN, "vendors": ["8086"]}),
        policy({"vendors": ["15b3"], "linkTypes": ["infiniband"]}),
        policy(sriovDevicePlugin=None),
    ],
    ids=["another name", "ethernet", "another maker", "no RDMA", "no plugin"],
)
def test_a_plugin_that_does_not_offer_infiniband_under_its_name_offers_no_card(broken: dict[str, Any]) -> None:
    (driver,) = network_operator.daemons(broken, "ops")
    assert driver["metadata"]["name"].startswith("mofed")


def test_without_a_driver_in_the_policy_none_is_built() -> None:
    (plugin,) = network_operator.daemons(policy(ofedDriver=None), "ops")
    assert "sriov" in plugin["metadata"]["name"]


def test_the_plugin_may_come_when_the_drivers_pod_on_the_machine_is_ready() -> None:
    labelled, operator = node(**{HAS_CARDS: "true"}), pod("network-operator")
    driver = pod("mofed-1", **{"nvidia.com/ofed-driver": ""})
    there = {"nicclusterpolicies": [policy()]}
    assert looked(Server(**there), labelled, operator).labels == {WAITS: "true"}
    done = looked(Server(**there), labelled, operator, driver)
    assert done.labels == {WAITS: "false"}
    assert done.applied == ["mofed-ubuntu", "network-operator-sriov-device-plugin"]


def test_nothing_happens_while_the_operator_does_not_run_or_a_machine_has_no_cards() -> None:
    there = {"nicclusterpolicies": [policy()]}
    silent = looked(Server(**there), node(**{HAS_CARDS: "true"}), pod("mofed-1"))
    assert (silent.applied, silent.labels) == ([], {})
    assert looked(Server(**there), node(), pod("network-operator")).labels == {}
