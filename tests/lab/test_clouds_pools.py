"""Pools of simulated clusters: what their nodes carry, when they cannot be had, when they cannot join."""

import base64
from pathlib import Path
from typing import Any

import pytest

from support.clouds import (
    NODE_POLICIES,
    Provider,
    aks_cluster,
    aks_pool,
    aws_network,
    aws_role,
    azure_network,
    eks_cluster,
    eks_group,
    gke_cluster,
    gke_pool,
    refusal,
)

TARGET = {"capacityReservationTarget": {"capacityReservationId": "cr-0a1b2c3d4e5f60718"}}
GPU_TAINT = "nvidia.com/gpu=present:NoSchedule"


class Eks:
    """A cluster with a node role, ready for groups."""

    def __init__(self, folder: Path) -> None:
        self.provider = Provider("aws", folder)
        _, self.subnets = aws_network(self.provider)
        self.cluster = eks_cluster(self.provider, self.subnets)
        self.role = aws_role(self.provider, "nodes", *NODE_POLICIES)

    def group(self, name: str, /, **inputs: Any) -> dict[str, Any]:
        return eks_group(self.provider, name, self.role, self.subnets, **inputs)


@pytest.fixture
def eks(tmp_path: Path) -> Eks:
    return Eks(tmp_path)


@pytest.fixture
def aks(tmp_path: Path) -> Provider:
    azure = Provider("azure-native", tmp_path)
    aks_cluster(azure, azure_network(azure))
    return azure


@pytest.fixture
def gke(tmp_path: Path) -> tuple[Provider, dict[str, Any]]:
    gcp = Provider("gcp", tmp_path)
    return gcp, gke_cluster(gcp)


# ---------------------------------------------------------------------- what nodes carry


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


# ---------------------------------------------------------------------- nodes that do not join


@pytest.mark.parametrize("missing", NODE_POLICIES)
def test_nodes_whose_role_lacks_a_policy_never_join(tmp_path: Path, missing: str) -> None:
    eks = Eks(tmp_path)
    role = aws_role(eks.provider, "weak", *(policy for policy in NODE_POLICIES if policy != missing))
    error = refusal(lambda: eks_group(eks.provider, "gpu", role, eks.subnets))
    assert "NodeCreationFailure: Unhealthy nodes in the kubernetes cluster" in error.message
    assert error.half is not None
    assert error.half["id"] == "prod:gpu"
    assert eks.provider.pool("gpu").desired == 0


def test_nodes_behind_security_groups_without_the_clusters_own_never_join(eks: Eks) -> None:
    group = eks.provider.make("aws:ec2/securityGroup:SecurityGroup", "sg", description="x")
    template = eks.provider.make("aws:ec2/launchTemplate:LaunchTemplate", "t", vpcSecurityGroupIds=[group["id"]])
    launch = {"id": template["id"], "version": "1"}
    assert "NodeCreationFailure" in refusal(lambda: eks.group("gpu", launchTemplate=launch)).message


# ---------------------------------------------------------------------- nodes that cannot be had


def test_a_machine_type_that_ec2_does_not_have_or_not_in_the_region_is_refused(tmp_path: Path) -> None:
    eks = Eks(tmp_path)
    error = refusal(lambda: eks.group("gpu", instanceTypes=["p9.48xlarge"]))
    assert "The following supplied instance types do not exist: [p9.48xlarge]" in error.message
    assert error.half is None
    far = Provider("aws", tmp_path, {"region": "sa-east-1"})
    vpc = far.make("aws:ec2/vpc:Vpc", "far", cidrBlock="10.0.0.0/16")
    subnets = [
        far.make("aws:ec2/subnet:Subnet", zone, vpcId=vpc["id"], cidrBlock=cidr, availabilityZone=zone)["id"]
        for zone, cidr in (("sa-east-1a", "10.0.0.0/24"), ("sa-east-1c", "10.0.1.0/24"))
    ]
    far.make("aws:eks/cluster:Cluster", "far", name="prod", roleArn=eks.role["arn"], vpcConfig={"subnetIds": subnets})
    error = refusal(lambda: eks_group(far, "trn", eks.role, subnets, instanceTypes=["trn2.48xlarge"]))
    assert "Your requested instance type (trn2.48xlarge) is not supported" in error.message


def test_a_zone_without_machines_leaves_a_group_that_an_update_heals_when_there_are_some(eks: Eks) -> None:
    for zone in ("us-east-1a", "us-east-1b"):
        eks.provider.apply(
            limits=[{"cloud": "aws", "region": "us-east-1", "zone": zone, "machine": "p5.48xlarge", "nodes": 0}]
        )
    sizes = {"minSize": 0, "desiredSize": 2, "maxSize": 2}
    error = refusal(lambda: eks.group("gpu", instanceTypes=["p5.48xlarge"], scalingConfig=sizes))
    assert (
        "InsufficientInstanceCapacity - We currently do not have sufficient p5.48xlarge capacity in the"
        in error.message
    )
    assert error.half is not None
    assert error.half["properties"]["status"] == "CREATE_FAILED"
    assert eks.provider.pool("gpu").desired == 0
    _, inputs, _ = eks.provider.read("aws:eks/nodeGroup:NodeGroup", "prod:gpu", "gpu")
    again = lambda: eks.provider.update("aws:eks/nodeGroup:NodeGroup", "gpu", "prod:gpu", **inputs)  # noqa: E731
    assert "InsufficientInstanceCapacity" in refusal(again).message
    eks.provider.apply(
        limits=[{"cloud": "aws", "region": "us-east-1", "zone": "us-east-1b", "machine": "p5.48xlarge", "nodes": 2}]
    )
    assert again()["status"] == "ACTIVE"
    assert eks.provider.pool("gpu").desired == 2


def test_capacity_is_used_up_by_other_pools_of_the_same_machines_and_market(eks: Eks) -> None:
    eks.provider.apply(
        limits=[
            {"cloud": "aws", "region": "us-east-1", "zone": f"us-east-1{zone}", "machine": "g6.xlarge", "nodes": 1}
            for zone in "ab"
        ]
    )
    one = {"minSize": 0, "desiredSize": 1, "maxSize": 4}
    eks.group("first", instanceTypes=["g6.xlarge"], scalingConfig=one)
    eks.group("spot", instanceTypes=["g6.xlarge"], scalingConfig=one, capacityType="SPOT")  # another market
    eks.group("second", instanceTypes=["g6.xlarge"], scalingConfig=one)
    assert (
        "InsufficientInstanceCapacity"
        in refusal(lambda: eks.group("third", instanceTypes=["g6.xlarge"], scalingConfig=one)).message
    )


def test_quotas_are_vcpus_on_aws_and_spot_has_its_own(eks: Eks) -> None:
    eks.provider.apply(
        limits=[
            {"cloud": "aws", "region": "us-east-1", "quota": "P", "amount": 200},
            {"cloud": "aws", "region": "us-east-1", "quota": "P", "amount": 0, "market": "spot"},
        ]
    )
    p5 = {"instanceTypes": ["p5.48xlarge"], "amiType": "AL2023_x86_64_NVIDIA"}
    assert eks.group("one", **p5)["status"] == "ACTIVE"  # 192 of 200
    error = refusal(lambda: eks.group("two", **p5))
    assert "more vCPU capacity than your current vCPU limit of 200" in error.message
    assert "vCPU limit of 0" in refusal(lambda: eks.group("spot", **p5, capacityType="SPOT")).message


def test_azure_looks_at_quota_before_and_at_capacity_after_it_made_the_pool(aks: Provider) -> None:
    size = "Standard_NC24ads_A100_v4"
    aks.apply(
        limits=[{"cloud": "azure", "region": "swedencentral", "quota": "StandardNCADSA100v4Family", "amount": 24}]
    )
    assert aks_pool(aks, "one", vmSize=size)["provisioningState"] == "Succeeded"
    error = refusal(lambda: aks_pool(aks, "two", vmSize=size))
    assert "exceeding approved StandardNCADSA100v4Family Cores quota" in error.message
    assert (
        "Current Limit: 24, Current Usage: 24, Additional Required: 24, (Minimum) New Limit Required: 48."
        in error.message
    )
    assert error.half is None
    aks.apply(
        limits=[{"cloud": "azure", "region": "swedencentral", "zone": "1", "machine": "Standard_D8s_v5", "nodes": 0}]
    )
    error = refusal(lambda: aks_pool(aks, "three", vmSize="Standard_D8s_v5", availabilityZones=["1"]))
    assert (
        'Code="ZonalAllocationFailed" Message="Allocation failed. We do not have sufficient capacity' in error.message
    )
    assert error.half is not None
    assert error.half["properties"]["provisioningState"] == "Failed"


def test_quotas_are_devices_on_google_cloud_and_a_stockout_leaves_a_pool_in_error(
    gke: tuple[Provider, dict[str, Any]],
) -> None:
    gcp, cluster = gke
    l4 = {"nodeConfig": {"machineType": "g2-standard-4", "guestAccelerators": [{"type": "nvidia-l4", "count": 1}]}}
    gcp.apply(limits=[{"cloud": "gcp", "region": "europe-west4", "quota": "NVIDIA_L4_GPUS", "amount": 1}])
    gke_pool(gcp, cluster, "one", **l4)
    error = refusal(lambda: gke_pool(gcp, cluster, "two", **l4))
    assert "resource \"NVIDIA_L4_GPUS\": request requires '1.0' and is short '1.0'" in error.message
    assert error.half is None
    gcp.apply(
        limits=[
            {"cloud": "gcp", "region": "europe-west4", "zone": "europe-west4-a", "machine": "e2-standard-8", "nodes": 0}
        ]
    )
    error = refusal(lambda: gke_pool(gcp, cluster, "three", nodeConfig={"machineType": "e2-standard-8"}))
    assert "ZONE_RESOURCE_POOL_EXHAUSTED" in error.message
    assert error.half is not None
    assert error.half["id"].endswith("/nodePools/three")


def test_a_machine_that_is_not_offered_is_refused_at_once_on_google_cloud(gke: tuple[Provider, dict[str, Any]]) -> None:
    gcp, cluster = gke
    gcp.apply(limits=[{"cloud": "gcp", "region": "europe-west4", "machine": "a3-highgpu-8g", "offered": False}])
    error = refusal(lambda: gke_pool(gcp, cluster, "gpu", nodeConfig={"machineType": "a3-highgpu-8g"}))
    assert "Machine type with name 'a3-highgpu-8g' does not exist in zone 'europe-west4-a'" in error.message


def test_a_reservation_gives_its_own_machines_in_its_own_zone_and_no_more(eks: Eks) -> None:
    id_ = "cr-0a1b2c3d4e5f60718"
    eks.provider.apply(
        limits=[{"cloud": "aws", "reservation": id_, "machine": "p5.48xlarge", "zone": "us-east-1b", "nodes": 2}]
    )
    template = eks.provider.make(
        "aws:ec2/launchTemplate:LaunchTemplate", "t",
        capacityReservationSpecification={"capacityReservationTarget": {"capacityReservationId": id_}},
    )  # fmt: skip
    launch = {"launchTemplate": {"id": template["id"], "version": "1"}, "amiType": "AL2023_x86_64_NVIDIA"}
    two = {"minSize": 0, "desiredSize": 2, "maxSize": 4}
    assert eks.group("fits", instanceTypes=["p5.48xlarge"], scalingConfig=two, **launch)["status"] == "ACTIVE"
    for name, machine in (("more", "p5.48xlarge"), ("other", "g6.xlarge")):
        error = refusal(lambda name=name, machine=machine: eks.group(name, instanceTypes=[machine], **launch))
        assert "ReservationCapacityExceeded" in error.message
