"""Pools become nodes as their clouds document them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.lab import nodes
from intertie.lab.kube import quantity
from intertie.lab.node_reserved import allocatable
from intertie.lab.world import Cluster, Pool

POOL = Pool(
    "c", "gpu", "g6.xlarge", ("eu-west-1a", "eu-west-1b"), 0, 4, 2, {"intertie.dev/pool": "gpu"},
    ("nvidia.com/gpu=present:NoSchedule",),
    {"cpu": "4", "memory": "16Gi", "pods": "58", "ephemeral-storage": "100Gi", "nvidia.com/gpu": "1"},
)  # fmt: skip
AWS = Cluster("c", "aws", "eu-west-1", "serving", "running")
AZURE = replace(AWS, cloud="azure", region="swedencentral")
GCP = replace(AWS, cloud="gcp", region="europe-west4", name="a-cluster-with-a-long-name")


def made(count: int, pool: Pool = POOL, cluster: Cluster = AWS) -> list[dict[str, Any]]:
    return [nodes.node(cluster, pool, number, pool.zones[number % 2]) for number in range(count)]


def test_a_node_has_the_labels_taints_and_zone_of_its_pool_and_no_device_yet() -> None:
    node = nodes.node(AWS, POOL, 0, "eu-west-1a")
    labels = node["metadata"]["labels"]
    assert labels["intertie.dev/pool"] == "gpu"
    assert labels["topology.kubernetes.io/zone"] == "eu-west-1a"
    assert labels["node.kubernetes.io/instance-type"] == "g6.xlarge"
    assert node["spec"]["taints"] == [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]
    assert "nvidia.com/gpu" not in node["status"]["capacity"]
    assert "nvidia.com/gpu" not in node["status"]["allocatable"]


@pytest.mark.parametrize(
    ("zone", "label"), [("2", "swedencentral-2"), ("swedencentral-2", "swedencentral-2"), ("", "0")]
)
def test_zones_of_azure_are_numbers_behind_the_region(zone: str, label: str) -> None:
    node = nodes.node(AZURE, POOL, 0, zone)
    assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == label


def test_what_the_cloud_says_of_architecture_stands() -> None:
    arm = replace(POOL, labels={"kubernetes.io/arch": "arm64"})
    node = nodes.node(AWS, arm, 0, "")
    assert node["metadata"]["labels"]["kubernetes.io/arch"] == "arm64"
    assert node["status"]["nodeInfo"]["architecture"] == "arm64"


@pytest.mark.parametrize("cluster", [AWS, AZURE, GCP, replace(AWS, cloud="other")])
def test_names_are_stable_different_and_legal(cluster: Cluster) -> None:
    names = [nodes.name_of(cluster, POOL, number) for number in range(50)]
    assert names == [nodes.name_of(cluster, POOL, number) for number in range(50)]
    assert len(set(names)) == 50
    assert all(len(name) <= 63 and name == name.lower() for name in names)
    assert names[0] != nodes.name_of(replace(cluster, id="other"), POOL, 0) or cluster.cloud == "other"


def test_missing_nodes_get_numbers_that_no_node_ever_had() -> None:
    there = made(2)
    assert nodes.change(replace(POOL, desired=4), there, {}, 7) == nodes.Change(make=(7, 8))
    assert nodes.change(POOL, there, {}, 7) == nodes.Change()


def test_a_shrinking_pool_loses_the_youngest_of_the_idle_nodes_first() -> None:
    there = made(3)
    names = [node["metadata"]["name"] for node in there]
    busy = {names[0]: 1, names[2]: 3}
    assert nodes.change(replace(POOL, desired=2), there, busy, 9).remove == (names[1],)
    assert nodes.change(replace(POOL, desired=1), there, busy, 9).remove == (names[1], names[0])
    assert nodes.change(replace(POOL, desired=2), there, {}, 9).remove == (names[2],)


def test_nodes_of_other_pools_do_not_count() -> None:
    there = made(3, replace(POOL, name="other"))
    assert nodes.change(POOL, there, {}, 0).make == (0, 1)


def test_nodes_spread_over_the_zones_that_have_machines() -> None:
    there = made(1)
    assert nodes.zone_for(POOL, there) == "eu-west-1b"
    assert nodes.zone_for(POOL, there, full=["eu-west-1b"]) == "eu-west-1a"
    assert nodes.zone_for(POOL, there, full=POOL.zones) == "eu-west-1b", "somebody else said that there are some"
    assert nodes.zone_for(replace(POOL, zones=()), there) == ""


def test_changed_labels_and_taints_reach_the_nodes_that_are_there() -> None:
    node = made(1)[0]
    node["spec"]["taints"].append({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"})
    assert nodes.adjustment(node, POOL) is None
    patch = nodes.adjustment(node, replace(POOL, labels={"team": "a"}, taints=()))
    assert patch == {
        "metadata": {"labels": {"team": "a"}},
        "spec": {"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]},
    }


def test_another_machine_needs_other_nodes() -> None:
    node = made(1)[0]
    assert not nodes.outdated(node, POOL)
    assert not nodes.outdated(node, replace(POOL, desired=9, labels={"x": "y"}))
    assert nodes.outdated(node, replace(POOL, machine="g6.2xlarge"))
    assert nodes.outdated(node, replace(POOL, resources={**POOL.resources, "nvidia.com/gpu": "2"}))


@pytest.mark.parametrize(
    ("cloud", "cpu", "memory"),
    [
        # 60 m of the first core, 10 of the second, 5 of each of the next two; 255 MiB and 11 per pod, 100 for eviction
        ("aws", "3920m", 16384 - 255 - 11 * 58 - 100),
        # 140 m of four cores; 20 MiB per pod and 50, 100 for eviction
        ("azure", "3860m", 16384 - 20 * 58 - 50 - 100),
        # a quarter of the first 4 GiB, a fifth of the next 4, a tenth of the next 8
        ("gcp", "3920m", 16384 - 1024 - 819.2 - 819.2 - 100),
        ("other", "4", 16384),
    ],
)
def test_each_cloud_keeps_its_own_share_of_a_machine(cloud: str, cpu: str, memory: float) -> None:
    left = allocatable(cloud, POOL.resources)
    assert left["cpu"] == cpu
    assert abs(float(quantity.parse(left["memory"])) / 2**20 - memory) < 0.01
    assert quantity.parse(left["ephemeral-storage"]) == quantity.parse("90Gi")
    assert "nvidia.com/gpu" not in left


def test_pages_that_are_set_aside_are_not_memory_of_pods() -> None:
    plain = quantity.parse(allocatable("other", POOL.resources)["memory"])
    with_pages = allocatable("other", {**POOL.resources, "hugepages-2Mi": "2Gi"})
    assert plain - quantity.parse(with_pages["memory"]) == quantity.parse("2Gi")
    assert with_pages["hugepages-2Mi"] == "2Gi"


@given(st.sampled_from(["aws", "azure", "gcp", "other"]), st.integers(2, 224), st.integers(4, 4096))
def test_pods_never_get_more_than_there_is(cloud: str, cores: int, gib: int) -> None:
    left = allocatable(cloud, {"cpu": str(cores), "memory": f"{gib}Gi", "pods": "110"})
    assert 0 < quantity.parse(left["cpu"]) <= cores
    assert 0 < quantity.parse(left["memory"]) <= quantity.parse(f"{gib}Gi")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1500m", "1.5"),
        ("64Gi", 64 * 2**30),
        ("2", 2),
        ("1e3", 1000),
        ("0.5", "0.5"),
        ("100k", 100_000),
        ("5120Mi", 5 * 2**30),
    ],
)
def test_quantities_are_read_as_kubernetes_reads_them(text: str, value: object) -> None:
    assert quantity.parse(text) == Decimal(str(value))


@pytest.mark.parametrize("text", ["", "Gi", "1 Gi", "one", "1GiB", "--1", "1e"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        quantity.parse(text)
