"""A replica over several RDMA machines comes up, and each of its pods has the interfaces of its node."""

from collections.abc import Iterator
from typing import Any

import pytest

from intertie.lab.nodes import pool_of
from intertie.plan import LABEL
from support.lab_clusters import is_ready, unschedulable
from support.lab_fabric import serving
from support.lab_samples import Applied

pytestmark = [pytest.mark.kubernetes, pytest.mark.xdist_group("lab-rdma")]


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    with serving(tmp_path_factory.mktemp("rdma"), "large-gcp") as found:
        yield found


def members(applied: Applied) -> list[dict[str, Any]]:
    """Pods of the replica."""
    return [pod for pod in applied.pods if pod["metadata"]["labels"].get(f"{LABEL}/stage") == "generate"]


def test_every_object_is_taken_and_every_pod_is_ready(applied: Applied) -> None:
    assert {name: str(error) for name, error in applied.done.failures.items()} == {}
    waiting = {pod["metadata"]["name"]: unschedulable(pod) for pod in applied.pods if not is_ready(pod)}
    assert waiting == {}


def test_leader_and_worker_have_eight_interfaces_each_of_the_node_that_they_are_on(applied: Applied) -> None:
    pods = members(applied)
    claims = applied.api.items("/apis/resource.k8s.io/v1/resourceclaims")
    held = {claim["status"]["reservedFor"][0]["name"]: claim for claim in claims}
    assert len(pods) == 2
    assert set(held) == {pod["metadata"]["name"] for pod in pods}
    for pod in pods:
        given = held[pod["metadata"]["name"]]["status"]["allocation"]["devices"]["results"]
        assert {each["pool"] for each in given} == {pod["spec"]["nodeName"]}
        assert len({each["device"] for each in given}) == 8


def test_they_are_on_machines_of_one_pool(applied: Applied) -> None:
    nodes = {node["metadata"]["name"]: node for node in applied.api.items("/api/v1/nodes")}
    where = [nodes[pod["spec"]["nodeName"]] for pod in members(applied)]
    assert {pool_of(node) for node in where} == {"generate0"}
    assert len({node["metadata"]["name"] for node in where}) == 2
