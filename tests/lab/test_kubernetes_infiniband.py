"""Replicas over several machines that InfiniBand joins, on a real control plane: the sample where it is not cold."""

from collections.abc import Iterator
from typing import Any

import pytest

from intertie.lab.network_operator import CARD, HAS_CARDS, WAITS
from support.lab_clusters import is_ready
from support.lab_fabric import serving
from support.lab_pools import kubernetes_objects
from support.lab_samples import Applied, devices, limits, lose

pytestmark = [pytest.mark.kubernetes, pytest.mark.xdist_group("lab-infiniband")]

DRIVER, PLUGIN = "mofed-ubuntu", "network-operator-sriov-device-plugin"


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    with serving(tmp_path_factory.mktemp("infiniband"), "large-azure") as found:
        yield found


def machines(applied: Applied) -> dict[str, dict[str, Any]]:
    """Nodes with cards, by their names."""
    joined = {pool.machine for pool in applied.pools if CARD in pool.resources}
    return {
        node["metadata"]["name"]: node
        for node in applied.api.items("/api/v1/nodes")
        if node["metadata"]["labels"]["node.kubernetes.io/instance-type"] in joined
    }


def places(applied: Applied, daemon: str) -> set[str]:
    """Nodes on which a DaemonSet runs."""
    found = applied.api.items("/api/v1/pods")
    return {
        pod["spec"]["nodeName"]
        for pod in found
        if (pod["metadata"].get("ownerReferences") or [{}])[0].get("name") == daemon and is_ready(pod)
    }


def test_the_api_server_takes_every_object_and_each_comes_up(applied: Applied) -> None:
    assert {name: str(error) for name, error in applied.done.failures.items()} == {}
    assert len(applied.done.ids) == len(kubernetes_objects(applied.graph))


def test_every_pod_of_a_replica_is_ready_with_all_cards_of_a_machine_of_its_own(applied: Applied) -> None:
    own = [pod for pod in applied.pods if CARD in limits(pod)]
    assert len(own) == 2
    assert all(is_ready(pod) and limits(pod)[CARD] == "8" for pod in own)
    assert {pod["spec"]["nodeName"] for pod in own} == machines(applied).keys()


def test_driver_and_plugin_are_on_machines_with_cards_and_nowhere_else(applied: Applied) -> None:
    there = machines(applied)
    assert places(applied, DRIVER) == places(applied, PLUGIN) == places(applied, "infiniband-nodes") == there.keys()
    for node in there.values():
        assert node["metadata"]["labels"][HAS_CARDS] == "true"
        assert node["metadata"]["labels"][WAITS] == "false"
    others = [node for node in applied.api.items("/api/v1/nodes") if node["metadata"]["name"] not in there]
    assert others
    assert not any(HAS_CARDS in node["metadata"]["labels"] for node in others)


def test_without_the_plugin_no_card_can_be_had(applied: Applied) -> None:
    """The last of this module: it takes the plugin away."""
    assert CARD in devices(applied.api)
    applied.api.remove(f"/apis/apps/v1/namespaces/network-operator/daemonsets/{PLUGIN}")
    lose(applied, {CARD})
    assert CARD not in devices(applied.api)
