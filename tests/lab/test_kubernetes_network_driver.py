"""Interfaces that pods claim are there where the cloud's driver is, and the real scheduler hands them out."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from intertie.lab import network_driver, nodes, scheduling
from intertie.lab.kube.client import Api
from intertie.lab.world import Cluster, Pool
from support.lab_clusters import Supervised, supervised, unschedulable, wait_for

LABEL = {"cloud.google.com/gke-networking-dra-driver": "true"}
RDMA = Pool(
    "c", "rdma", "a3-ultragpu-8g", ("here-a",), 1, 1, 1, LABEL,
    resources={"cpu": "200", "memory": "1000Gi", "pods": "110", "ephemeral-storage": "100Gi"},
    traits={"networks": "auto"},
)  # fmt: skip
PLAIN = replace(RDMA, name="plain", labels={}, traits={})
GCP = Cluster("c", "gcp", "here", "c", "running")
CLASS = "mrdma.google.com"
SLICES = "/apis/resource.k8s.io/v1/resourceslices"


def test_labelled_nodes_with_laid_out_networks_show_their_interfaces() -> None:
    assert network_driver.shown("gcp", RDMA) == network_driver.Shown(CLASS, 8)
    assert network_driver.shown("gcp", replace(RDMA, machine="a4-highgpu-8g")) == network_driver.Shown(CLASS, 8)


@pytest.mark.parametrize(
    ("cloud", "changes"),
    [("gcp", {"labels": {}}), ("gcp", {"traits": {}}), ("gcp", {"machine": "a3-megagpu-8g"}), ("aws", {})],
)
def test_without_label_networks_or_the_machine_type_nothing_can_be_claimed(cloud: str, changes: Any) -> None:
    assert network_driver.shown(cloud, replace(RDMA, **changes)) is None


def test_an_autoscaler_grows_a_pool_for_a_claim_only_where_something_can_be_claimed() -> None:
    pod = {"spec": {"containers": [], "resourceClaims": [{"name": "fabric"}]}}
    for pool, fits in ((RDMA, True), (PLAIN, False)):
        imagined = nodes.template(GCP, pool)
        assert scheduling.fits(pod, imagined, scheduling.room(imagined, [])) is fits


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervised]:
    with supervised(tmp_path_factory.mktemp("driver") / "lab") as lab:
        made = lab.cluster("c", "gcp", [RDMA, PLAIN])
        wait_for(lambda: len(made.items("/api/v1/nodes")) == 2, 60)
        wait_for(lambda: len(made.items(SLICES)) == 1, 60)
        yield lab


def claiming(api: Api, name: str, count: int) -> str:
    """A pod that claims so many interfaces: its path."""
    request = {"name": "it", "exactly": {"deviceClassName": CLASS, "allocationMode": "ExactCount", "count": count}}
    about = {"name": name, "namespace": "default"}
    template = {"metadata": about, "spec": {"spec": {"devices": {"requests": [request]}}}}
    api.apply({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaimTemplate", **template}, "test")
    container = {"name": "it", "image": "example.com/it:1", "resources": {"claims": [{"name": "fabric"}]}}
    spec = {"containers": [container], "resourceClaims": [{"name": "fabric", "resourceClaimTemplateName": name}]}
    api.apply({"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": spec}, "test")
    return f"/api/v1/namespaces/default/pods/{name}"


@pytest.mark.kubernetes
@pytest.mark.xdist_group("lab-network-driver")
def test_the_scheduler_gives_a_pod_the_interfaces_of_one_node_and_no_other_pod_the_same(lab: Supervised) -> None:
    api = lab.api("c")
    first = claiming(api, "first", 8)
    wait_for(lambda: "nodeName" in api.get(first)["spec"], 60, lambda: unschedulable(api.get(first)))
    node = api.get(f"/api/v1/nodes/{api.get(first)['spec']['nodeName']}")
    assert nodes.pool_of(node) == "rdma"
    (claim,) = api.items("/apis/resource.k8s.io/v1/resourceclaims")
    assert len(claim["status"]["allocation"]["devices"]["results"]) == 8
    second = claiming(api, "second", 1)
    wait_for(lambda: bool(unschedulable(api.get(second))), 60)


@pytest.mark.kubernetes
@pytest.mark.xdist_group("lab-network-driver")
def test_more_than_a_node_has_is_given_to_nobody(lab: Supervised) -> None:
    api = lab.api("c")
    third = claiming(api, "third", 9)
    wait_for(lambda: bool(unschedulable(api.get(third))), 60)


@pytest.mark.kubernetes
@pytest.mark.xdist_group("lab-network-driver")
def test_a_node_that_goes_takes_its_interfaces_with_it(lab: Supervised) -> None:
    none = replace(RDMA, minimum=0, maximum=0, desired=0)  # or the autoscaler brings another for the pods that wait
    lab.world.put_pool(none)
    wait_for(lambda: not lab.api("c").items(SLICES), 60)
