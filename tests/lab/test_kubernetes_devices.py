"""Accelerators can be asked for when their owner is there, and not before."""

from dataclasses import replace
from typing import Any

import pytest

from intertie.lab import device_plugins
from intertie.lab.world import Pool

GPU = Pool("c", "gpu", "m", (), 0, 1, 1, resources={"cpu": "8", "nvidia.com/gpu": "8"})
TPU = replace(GPU, resources={"cpu": "8", "google.com/tpu": "4"})
AMD = replace(GPU, resources={"amd.com/gpu": "8"})
NEURON = replace(GPU, resources={"aws.amazon.com/neuron": "1", "aws.amazon.com/neuroncore": "2"})
EFA = replace(GPU, resources={"nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "32"})


def plugin(image: str, path: str = "/var/lib/kubelet/device-plugins") -> dict[str, Any]:
    """A pod of a device plugin."""
    volume = {"name": "sockets", "hostPath": {"path": path}}
    container = {"image": image, "volumeMounts": [{"name": "sockets", "mountPath": "/x"}]}
    return {"spec": {"volumes": [volume], "containers": [container]}}


NVIDIA = plugin("nvcr.io/nvidia/k8s-device-plugin:v0.17.4")


@pytest.mark.parametrize("cloud", ["aws", "azure", "other"])
def test_where_the_plugin_is_the_users_gpus_are_there_with_it_and_not_without(cloud: str) -> None:
    assert device_plugins.offered(cloud, GPU, []) == {}
    assert device_plugins.offered(cloud, GPU, [NVIDIA]) == {"nvidia.com/gpu": "8"}


@pytest.mark.parametrize(
    "image", ["registry.example.com/mirror/nvidia/k8s-device-plugin@sha256:00", "nvidia/k8s-device-plugin"]
)
def test_a_plugin_is_known_by_its_repository_wherever_it_is_mirrored(image: str) -> None:
    assert device_plugins.offered("aws", GPU, [plugin(image)])


@pytest.mark.parametrize(
    "pod",
    [
        plugin("nvcr.io/nvidia/dcgm-exporter:4"),
        plugin("docker.io/rocm/k8s-device-plugin:1.31"),
        plugin("nvcr.io/nvidia/k8s-device-plugin:v0.17.4", path="/var/lib/kubelet/pods"),
    ],
)
def test_what_is_no_nvidia_plugin_or_cannot_register_offers_nothing(pod: dict[str, Any]) -> None:
    assert device_plugins.offered("aws", GPU, [pod]) == {}


def test_gke_brings_the_plugin_unless_it_is_told_not_to() -> None:
    assert device_plugins.offered("gcp", GPU, []) == {"nvidia.com/gpu": "8"}
    without = replace(GPU, labels={"gke-no-default-nvidia-gpu-device-plugin": "true"})
    assert device_plugins.offered("gcp", without, []) == {}
    assert device_plugins.offered("gcp", without, [NVIDIA]) == {"nvidia.com/gpu": "8"}


def test_bottlerocket_has_the_plugin_in_its_nvidia_image_only() -> None:
    assert device_plugins.offered("aws", replace(GPU, traits={"image": "BOTTLEROCKET_x86_64_NVIDIA"}), [])
    assert not device_plugins.offered("aws", replace(GPU, traits={"image": "BOTTLEROCKET_x86_64"}), [])
    assert not device_plugins.offered("aws", replace(GPU, traits={"image": "AL2023_x86_64_NVIDIA"}), [])


def test_a_plugin_finds_no_gpus_where_there_is_no_driver() -> None:
    assert not device_plugins.offered("azure", replace(GPU, traits={"driver": "none"}), [NVIDIA])
    assert device_plugins.offered("azure", replace(GPU, traits={"driver": "install"}), [NVIDIA])


def test_tpus_are_the_clouds_matter_and_of_no_other_cloud() -> None:
    assert device_plugins.offered("gcp", TPU, []) == {"google.com/tpu": "4"}
    assert device_plugins.offered("aws", TPU, [NVIDIA]) == {}


def test_neuron_needs_its_plugin_and_an_image_with_its_driver() -> None:
    pod = plugin("public.ecr.aws/neuron/neuron-device-plugin:2.32.0.0")
    image = {"image": "AL2023_x86_64_NEURON"}
    assert device_plugins.offered("aws", replace(NEURON, traits=image), [pod]) == NEURON.resources
    assert device_plugins.offered("aws", replace(NEURON, traits={"image": "AL2023_x86_64_STANDARD"}), [pod]) == {}
    assert device_plugins.offered("aws", NEURON, []) == {}


def test_amd_and_efa_come_with_their_own_plugins() -> None:
    assert device_plugins.offered("other", AMD, [plugin("docker.io/rocm/k8s-device-plugin:1.31.0.10")]) == AMD.resources
    efa = plugin("602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/aws-efa-k8s-device-plugin:v0.5.5")
    assert device_plugins.offered("aws", EFA, [NVIDIA]) == {"nvidia.com/gpu": "8"}
    assert device_plugins.offered("aws", EFA, [NVIDIA, efa]) == EFA.resources


def test_a_resource_that_nobody_knows_is_never_offered() -> None:
    pool = replace(GPU, resources={"example.com/wonder": "1"})
    assert device_plugins.offered("gcp", pool, [NVIDIA]) == {}


def test_a_node_says_what_it_had_and_that_nothing_of_it_is_left() -> None:
    node: dict[str, Any] = {"status": {"capacity": {"cpu": "8"}, "allocatable": {"cpu": "7"}}}
    first = device_plugins.status(node, {"nvidia.com/gpu": "8"})
    assert first is not None
    assert first == {
        "status": {"capacity": {"cpu": "8", "nvidia.com/gpu": "8"}, "allocatable": {"cpu": "7", "nvidia.com/gpu": "8"}}
    }
    assert device_plugins.status(first, {"nvidia.com/gpu": "8"}) is None
    gone = device_plugins.status(first, {})
    assert gone is not None
    assert gone["status"]["capacity"]["nvidia.com/gpu"] == "8"
    assert gone["status"]["allocatable"]["nvidia.com/gpu"] == "0"


def test_every_fact_of_the_table_can_be_read() -> None:
    for owner in device_plugins.owners():
        for fact in owner.unless:
            device_plugins.holds(fact, GPU)
    with pytest.raises(AssertionError, match="is no fact"):
        device_plugins.holds("label nothing", GPU)
