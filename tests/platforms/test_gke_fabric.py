"""Machines of GKE that make one replica together: slices, placement, and the networks between them."""

from dataclasses import replace

import pytest

from intertie import catalog
from intertie.contract import PoolBinding
from intertie.errors import PlanError
from intertie.plan import PoolPlan
from intertie.platforms.gke import pools
from support.building import build
from support.gke import multi_node, placed, pool, rendered, tpu_pool

UNKNOWN = "europe-north9"
"""A region of which no source says which machine types it has."""


def test_a_tpu_machine_by_itself_needs_no_placement() -> None:
    inputs = rendered(tpu_pool())
    assert "placementPolicy" not in inputs
    assert inputs["autoscaling"] == {"totalMinNodeCount": 0, "totalMaxNodeCount": 4, "locationPolicy": "ANY"}


@pytest.mark.parametrize(("kind", "initial"), [("on-demand", 4), ("spot", 4), ("reservation", 4), ("flex-start", 0)])
def test_a_tpu_slice_is_one_pool_as_large_as_its_topology(kind, initial) -> None:
    inputs = rendered(tpu_pool(kind, hosts=4))
    assert inputs["placementPolicy"] == {"type": "COMPACT", "tpuTopology": "4x4"}
    assert inputs["initialNodeCount"] == initial
    assert inputs["autoscaling"]["totalMaxNodeCount"] == 4
    assert len(inputs["nodeLocations"]) == 1


def test_machines_stand_close_together_only_where_several_make_a_replica_in_one_zone() -> None:
    assert rendered(multi_node("a3-highgpu-8g", "tcpx"))["placementPolicy"] == {"type": "COMPACT"}
    assert "placementPolicy" not in rendered(pool())
    assert "placementPolicy" not in rendered(multi_node("n1-standard-32", "none", per_node=4))


@pytest.mark.parametrize("kind", ["spot", "reservation", "flex-start"])
def test_machines_that_the_cloud_cannot_choose_are_not_asked_to_stand_close(kind) -> None:
    assert "placementPolicy" not in rendered(multi_node("a3-megagpu-8g", "tcpxo", kind))


@pytest.mark.parametrize("one", [multi_node("a3-megagpu-8g", "tcpxo"), tpu_pool(hosts=2), pool("reservation")])
@pytest.mark.parametrize("zones", [(), (f"{UNKNOWN}-a", f"{UNKNOWN}-b")])
def test_what_lies_in_one_zone_is_a_problem_in_none_or_several(one, zones) -> None:
    with pytest.raises(PlanError) as refused:
        build(placed(replace(one, zones=zones), region=UNKNOWN))
    assert "placements.here.capacity.generate[0].zone" in str(refused.value)
    assert "exactly one zone" in str(refused.value)


def test_accelerator_networks_are_laid_out_for_replicas_over_several_machines() -> None:
    for machine, fabric in (("a3-megagpu-8g", "tcpxo"), ("a3-ultragpu-8g", "roce"), ("a4-highgpu-8g", "roce")):
        inputs = rendered(multi_node(machine, fabric, "spot"))
        assert inputs["networkConfig"] == {"acceleratorNetworkProfile": "auto", "enablePrivateNodes": True}
        assert "networkConfig" not in rendered(multi_node(machine, fabric, "spot", hosts=1))
    assert "networkConfig" not in rendered(multi_node("a3-highgpu-8g", "tcpx"))


def test_rdma_nodes_have_the_driver_that_hands_out_their_interfaces() -> None:
    label = "cloud.google.com/gke-networking-dra-driver"
    assert rendered(multi_node("a3-ultragpu-8g", "roce", "spot"))["nodeConfig"]["labels"][label] == "true"
    assert label not in rendered(multi_node("a3-megagpu-8g", "tcpxo"))["nodeConfig"]["labels"]
    assert label not in rendered(pool())["nodeConfig"]["labels"]


def test_two_ways_of_extra_networks_in_one_cluster_are_a_problem() -> None:
    both = placed(multi_node("a3-ultragpu-8g", "roce", "spot"), multi_node("a3-megagpu-8g", "tcpxo", rank=1))
    (problem,) = pools.problems(both)
    assert problem.found == "a3-ultragpu-8g (DRANET), a3-megagpu-8g (multi-networking)"


RDMA = [multi_node("a3-ultragpu-8g", "roce", "spot"), multi_node("a4-highgpu-8g", "roce", "reservation")]


def bound(one: PoolPlan) -> PoolBinding:
    """How pods get onto this pool, and at its fabric."""
    handle = build(placed(one)).handle
    assert handle is not None
    return handle.pools[one.name]


@pytest.mark.parametrize("one", RDMA, ids=lambda one: one.machine)
def test_pods_claim_every_rdma_interface_of_their_node(one) -> None:
    (claimed,) = bound(one).fabric_devices.items()
    assert claimed == ("mrdma.google.com", 8)


@pytest.mark.parametrize("one", RDMA, ids=lambda one: one.machine)
def test_nccl_speaks_gib_which_comes_pinned_into_the_pod(one) -> None:
    library = bound(one).fabric_library
    assert library is not None
    assert library.image == "us-docker.pkg.dev/gce-ai-infra/gpudirect-gib/nccl-plugin-gib:v1.1.2"
    assert catalog.image_digest(library.image)
    assert library.install == "/scripts/container_entry.sh install --install-nccl"
    assert (library.made, library.path, library.profile) == (
        "/var/lib/gib",
        "/usr/local/gib",
        "scripts/set_nccl_env.sh",
    )
    assert library.env == {"NCCL_NET": "gIB", "LD_LIBRARY_PATH": "/usr/local/gib/lib64:/usr/local/nvidia/lib64"}


def test_processes_find_each_other_over_the_pods_first_interface() -> None:
    assert bound(RDMA[0]).fabric_env == {"NCCL_SOCKET_IFNAME": "eth0", "GLOO_SOCKET_IFNAME": "eth0"}


@pytest.mark.parametrize(
    "one",
    [
        multi_node("a3-ultragpu-8g", "roce", "spot", hosts=1),
        multi_node("a3-megagpu-8g", "tcpxo"),
        multi_node("a3-highgpu-8g", "tcpx"),
        tpu_pool(hosts=4),
        pool(),
    ],
    ids=lambda one: f"{one.machine}-{one.hosts}",
)
def test_nothing_else_is_claimed(one) -> None:
    plain = bound(one)
    assert (plain.fabric_devices, plain.fabric_library, plain.fabric_env) == ({}, None, {})


def test_rdma_takes_a_kubernetes_that_has_the_network_driver() -> None:
    (problem,) = pools.problems(placed(RDMA[0], kubernetes="1.33"))
    assert problem.path == "kubernetes"
    assert problem.found == "1.33, and replicas over several machines of a3-ultragpu-8g"
    assert pools.problems(placed(RDMA[0], kubernetes="1.34")) == []
    assert pools.problems(placed(multi_node("a3-megagpu-8g", "tcpxo"), kubernetes="1.33")) == []
