"""Pools of simulated clusters: what their nodes carry."""

import base64
from typing import Any

from support.clouds import (
    Eks,
    Provider,
    aks_pool,
    gke_pool,
    refusal,
)

TARGET = {"capacityReservationTarget": {"capacityReservationId": "cr-0a1b2c3d4e5f60718"}}
GPU_TAINT = "nvidia.com/gpu=present:NoSchedule"


def test_an_eks_group_has_the_labels_that_eks_adds_and_no_taint_of_its_own(eks: Eks) -> None:
    eks.group(
        "gpu", instanceTypes=["g6.12xlarge"], amiType="AL2023_x86_64_NVIDIA", capacityType="SPOT", labels={"team": "a"}
    )
    pool = eks.provider.pool("gpu")
    assert pool.labels["eks.amazonaws.com/nodegroup"] == "gpu"
    assert pool.labels["eks.amazonaws.com/capacityType"] == "SPOT"
    assert pool.labels["node.kubernetes.io/instance-type"] == "g6.12xlarge"
    assert pool.labels["team"] == "a"
    assert pool.taints == ()
    assert (pool.zones, pool.market, pool.desired) == (("us-east-1a", "us-east-1b"), "spot", 1)
    assert pool.resources["nvidia.com/gpu"] == "4"
    assert pool.resources["cpu"] == "48"
    assert pool.traits == {"image": "AL2023_x86_64_NVIDIA"}


def test_taints_of_an_eks_group_are_written_as_kubernetes_writes_them(eks: Eks) -> None:
    eks.group("gpu", taints=[{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}])
    assert eks.provider.pool("gpu").taints == (GPU_TAINT,)


def test_disk_fabric_and_reservation_come_from_the_launch_template(eks: Eks) -> None:
    script = base64.b64encode(b"spec:\n  instance:\n    localStorage:\n      strategy: RAID0\n").decode()
    own = eks.cluster["vpcConfig"]["clusterSecurityGroupId"]
    cards = [
        {"networkCardIndex": n, "interfaceType": "efa" if n == 0 else "efa-only", "securityGroups": [own]}
        for n in range(32)
    ]
    template = eks.provider.make(
        "aws:ec2/launchTemplate:LaunchTemplate", "gpu", networkInterfaces=cards, userData=script,
        blockDeviceMappings=[{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 300, "volumeType": "gp3"}}],
        capacityReservationSpecification=TARGET,
    )  # fmt: skip
    launch = {"id": template["id"], "version": "1"}
    eks.group("gpu", instanceTypes=["p5.48xlarge"], amiType="AL2023_x86_64_NVIDIA", launchTemplate=launch)
    pool = eks.provider.pool("gpu")
    assert pool.resources["vpc.amazonaws.com/efa"] == "32"
    assert pool.resources["hugepages-2Mi"] == "10256Mi"
    assert int(pool.resources["ephemeral-storage"].removesuffix("Gi")) > 28000  # the local disks, not the volume
    assert pool.reservation == "cr-0a1b2c3d4e5f60718"
    eks.group("cpu", launchTemplate=launch)
    assert eks.provider.pool("cpu").resources["ephemeral-storage"] == "300Gi"  # this machine has no local disks


def test_a_group_without_a_template_has_the_default_disk_and_no_efa(eks: Eks) -> None:
    eks.group("gpu", instanceTypes=["p5.48xlarge"], amiType="AL2023_x86_64_NVIDIA")
    pool = eks.provider.pool("gpu")
    assert pool.resources["ephemeral-storage"] == "20Gi"
    assert "vpc.amazonaws.com/efa" not in pool.resources


def test_aks_adds_labels_and_the_taint_of_spot(aks: Provider) -> None:
    aks_pool(aks, "gpu", vmSize="Standard_NC24ads_A100_v4", scaleSetPriority="Spot", nodeTaints=[GPU_TAINT],
             availabilityZones=["1"], gpuProfile={"driver": "None"}, osSKU="Ubuntu")  # fmt: skip
    pool = aks.pool("gpu")
    assert pool.labels["kubernetes.azure.com/accelerator"] == "nvidia"
    assert pool.labels["kubernetes.azure.com/scalesetpriority"] == "spot"
    assert pool.labels["kubernetes.azure.com/agentpool"] == "gpu"
    assert pool.labels["kubernetes.azure.com/mode"] == "user"
    assert pool.taints == (GPU_TAINT, "kubernetes.azure.com/scalesetpriority=spot:NoSchedule")
    assert (pool.zones, pool.resources["nvidia.com/gpu"]) == (("1",), "1")
    assert pool.traits == {"image": "Ubuntu", "driver": "none"}


def test_the_pool_inside_an_aks_cluster_is_a_pool_too(aks: Provider) -> None:
    pool = aks.pool("system")
    assert (pool.machine, pool.desired) == ("Standard_D4s_v5", 2)
    assert pool.labels["kubernetes.azure.com/mode"] == "system"


def test_gke_adds_labels_but_no_taint_to_gpu_nodes_and_taints_tpu_nodes(gke: tuple[Provider, dict[str, Any]]) -> None:
    gcp, cluster = gke
    accelerators = [{"type": "nvidia-l4", "count": 1, "gpuDriverInstallationConfig": {"gpuDriverVersion": "DEFAULT"}}]
    gke_pool(
        gcp,
        cluster,
        "gpu",
        nodeConfig={"machineType": "g2-standard-8", "guestAccelerators": accelerators, "spot": True},
    )
    gke_pool(gcp, cluster, "tpu", nodeConfig={"machineType": "ct6e-standard-4t", "diskType": "hyperdisk-balanced"})
    gpu, tpu = gcp.pool("gpu"), gcp.pool("tpu")
    assert gpu.labels["cloud.google.com/gke-accelerator"] == "nvidia-l4"
    assert gpu.labels["cloud.google.com/gke-spot"] == "true"
    assert gpu.labels["cloud.google.com/gke-nodepool"] == "gpu"
    assert gpu.taints == ()
    assert gpu.resources["nvidia.com/gpu"] == "1"
    assert tpu.labels["cloud.google.com/gke-tpu-accelerator"] == "tpu-v6e-slice"
    assert tpu.labels["cloud.google.com/gke-tpu-topology"] == "2x2"
    assert tpu.taints == ("google.com/tpu=present:NoSchedule",)


def test_gpus_are_attached_to_n1_machines_and_counts_of_others_are_their_own(
    gke: tuple[Provider, dict[str, Any]],
) -> None:
    gcp, cluster = gke
    gke_pool(
        gcp,
        cluster,
        "t4",
        nodeConfig={"machineType": "n1-standard-8", "guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 2}]},
    )
    assert gcp.pool("t4").resources["nvidia.com/gpu"] == "2"
    wrong = {"machineType": "g2-standard-8", "guestAccelerators": [{"type": "nvidia-l4", "count": 4}]}
    assert (
        "is not compatible with accelerators" in refusal(lambda: gke_pool(gcp, cluster, "l4", nodeConfig=wrong)).message
    )
    disk = {"machineType": "a3-ultragpu-8g", "diskType": "pd-balanced"}
    error = refusal(lambda: gke_pool(gcp, cluster, "h200", nodeConfig=disk))
    assert "pd-balanced disk type cannot be used by a3-ultragpu-8g machine type" in error.message


def test_what_gke_is_told_per_zone_is_multiplied_by_the_zones(gke: tuple[Provider, dict[str, Any]]) -> None:
    gcp, cluster = gke
    zones = ["europe-west4-a", "europe-west4-b", "europe-west4-c"]
    gke_pool(
        gcp,
        cluster,
        "zonal",
        nodeLocations=zones,
        initialNodeCount=1,
        autoscaling={"minNodeCount": 1, "maxNodeCount": 4},
    )
    pool = gcp.pool("zonal")
    assert (pool.minimum, pool.desired, pool.maximum) == (3, 3, 12)
    gke_pool(
        gcp,
        cluster,
        "total",
        nodeLocations=zones,
        initialNodeCount=1,
        autoscaling={"totalMinNodeCount": 0, "totalMaxNodeCount": 2},
    )
    assert gcp.pool("total").maximum == 2


def test_a_deleted_pool_and_a_deleted_cluster_leave_nothing(eks: Eks) -> None:
    group = eks.group("gpu")
    eks.provider.delete("aws:eks/nodeGroup:NodeGroup", "gpu", group["id"])
    assert not eks.provider.world.pools()
    eks.provider.delete("aws:eks/cluster:Cluster", "cluster", "prod")
    assert not eks.provider.world.clusters()


def test_an_update_keeps_the_autoscalers_number_within_the_new_limits(eks: Eks) -> None:
    eks.group("gpu", scalingConfig={"minSize": 0, "desiredSize": 1, "maxSize": 8})
    world = eks.provider.world
    world.query("update pools set desired = 6")
    _, inputs, _ = eks.provider.read("aws:eks/nodeGroup:NodeGroup", "prod:gpu", "gpu")
    eks.provider.update("aws:eks/nodeGroup:NodeGroup", "gpu", "prod:gpu", **{**inputs, "labels": {"a": "b"}})
    assert eks.provider.pool("gpu").desired == 6
    smaller = {**inputs, "scalingConfig": {"minSize": 0, "desiredSize": 1, "maxSize": 4}}
    eks.provider.update("aws:eks/nodeGroup:NodeGroup", "gpu", "prod:gpu", **smaller)
    assert eks.provider.pool("gpu").desired == 4
