"""Pools whose nodes cannot be had, or cannot join their cluster."""

from pathlib import Path
from typing import Any

import pytest

from support.clouds import (
    NODE_POLICIES,
    Eks,
    Provider,
    aks_pool,
    aws_role,
    eks_group,
    gke_pool,
    refusal,
)

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
