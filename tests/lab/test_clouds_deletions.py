"""What simulated clouds take away, and what stands in the way of it."""

from pathlib import Path

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
    refusal,
)


def test_a_vpc_with_subnets_and_a_subnet_with_nodes_cannot_be_deleted(aws: Provider) -> None:
    vpc, subnets = aws_network(aws)
    eks_cluster(aws, subnets)
    group = eks_group(aws, "general", aws_role(aws, "nodes", *NODE_POLICIES), subnets)
    error = refusal(lambda: aws.delete("aws:ec2/vpc:Vpc", "vpc", vpc["id"]))
    assert f"DependencyViolation: The vpc '{vpc['id']}' has dependencies and cannot be deleted." in error.message
    error = refusal(lambda: aws.delete("aws:ec2/subnet:Subnet", "subnet-a", subnets[0]))
    assert "has dependencies and cannot be deleted" in error.message
    error = refusal(lambda: aws.delete("aws:eks/cluster:Cluster", "cluster", "prod"))
    assert "ResourceInUseException: Cluster has nodegroups attached" in error.message
    aws.delete("aws:eks/nodeGroup:NodeGroup", "general", group["id"])
    aws.delete("aws:eks/cluster:Cluster", "cluster", "prod")
    for letter, subnet in zip("ab", subnets, strict=True):
        aws.delete("aws:ec2/subnet:Subnet", f"subnet-{letter}", subnet)
    aws.delete("aws:ec2/vpc:Vpc", "vpc", vpc["id"])
    assert {each.type for each in aws.world.resources()} <= {
        "aws:iam/role:Role",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    }


def test_a_role_with_policies_cannot_be_deleted(aws: Provider) -> None:
    aws_role(aws, "nodes", "AmazonEKSWorkerNodePolicy")
    error = refusal(lambda: aws.delete("aws:iam/role:Role", "nodes", "nodes"))
    assert "DeleteConflict: Cannot delete entity, must detach all policies first." in error.message


def test_a_resource_group_takes_everything_in_it_along(azure: Provider) -> None:
    aks_cluster(azure, azure_network(azure))
    aks_pool(azure, "gpu")
    assert len(azure.world.pools()) == 2
    azure.delete(
        "azure-native:resources:ResourceGroup",
        "rg",
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg",
    )
    assert not azure.world.resources()
    assert not azure.world.pools()
    assert not azure.world.clusters()


def test_a_subnet_that_nodes_use_cannot_be_deleted_on_azure(azure: Provider) -> None:
    subnet = azure_network(azure)
    aks_cluster(azure, subnet)
    error = refusal(lambda: azure.delete("azure-native:network:Subnet", "nodes", subnet["id"]))
    assert 'Code="InUseSubnetCannotBeDeleted" Message="Subnet nodes is in use by' in error.message


def test_a_network_with_subnets_cannot_be_deleted_on_google_cloud(gcp: Provider) -> None:
    gke_cluster(gcp)
    error = refusal(lambda: gcp.delete("gcp:compute/network:Network", "net", "projects/acme/global/networks/net"))
    assert "is already being used by" in error.message
    assert error.message.endswith("resourceInUseByAnotherResource")


def test_a_gke_cluster_is_protected_unless_it_says_otherwise_and_eks_only_if_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "gcp").mkdir()
    (tmp_path / "aws").mkdir()
    gcp = Provider("gcp", tmp_path / "gcp")
    cluster = gke_cluster(gcp, deletionProtection=None)
    error = refusal(lambda: gcp.delete("gcp:container/cluster:Cluster", "cluster", cluster["id"]))
    assert error.message.startswith("Cannot destroy cluster because deletion_protection is set to true.")
    aws = Provider("aws", tmp_path / "aws")
    _, subnets = aws_network(aws)
    role = aws_role(aws, "role")
    aws.make(
        "aws:eks/cluster:Cluster", "kept", name="kept", roleArn=role["arn"], vpcConfig={"subnetIds": subnets},
        deletionProtection=True,
    )  # fmt: skip
    error = refusal(lambda: aws.delete("aws:eks/cluster:Cluster", "kept", "kept"))
    assert "deletion protection is enabled" in error.message


def test_deleting_what_is_gone_is_no_error(aws: Provider) -> None:
    aws.delete("aws:ec2/vpc:Vpc", "vpc", "vpc-0123456789abcdef0")
