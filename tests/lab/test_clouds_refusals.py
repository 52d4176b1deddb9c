"""What simulated clouds refuse: what names something that is not there, or a name that is taken."""

from pathlib import Path

import pytest

from support.clouds import (
    Provider,
    aks_pool,
    aws_role,
    azure_network,
    refusal,
)

# ---------------------------------------------------------------------- what must exist


def test_aws_refuses_a_subnet_of_a_vpc_that_does_not_exist(aws: Provider) -> None:
    error = refusal(
        lambda: aws.make("aws:ec2/subnet:Subnet", "s", vpcId="vpc-0123456789abcdef0", cidrBlock="10.0.0.0/24")
    )
    assert "operation error EC2: CreateSubnet" in error.message
    assert "InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef0' does not exist" in error.message
    assert error.half is None
    assert not aws.world.resources()


def test_azure_refuses_what_lies_in_a_group_or_under_a_parent_that_does_not_exist(azure: Provider) -> None:
    error = refusal(
        lambda: azure.make(
            "azure-native:network:PublicIPAddress", "ip", resourceGroupName="nowhere", location="swedencentral"
        )
    )
    assert (
        error.message
        == 'Status=404 Code="ResourceGroupNotFound" Message="Resource group \'nowhere\' could not be found."'
    )
    azure_network(azure)
    error = refusal(lambda: aks_pool(azure, "gpu"))
    assert "ParentResourceNotFound" in error.message
    assert "managedClusters/prod' could not be found" in error.message


def test_google_cloud_refuses_before_the_api_is_enabled(gcp: Provider) -> None:
    error = refusal(lambda: gcp.make("gcp:compute/network:Network", "net", name="net"))
    assert "Compute Engine API has not been used in project" in error.message
    assert error.message.endswith("accessNotConfigured")
    gcp.make("gcp:projects/service:Service", "api", service="compute.googleapis.com")
    assert gcp.make("gcp:compute/network:Network", "net", name="net")["id"]


def test_what_may_have_been_there_before_is_assumed_unless_the_scenario_says_no(aws: Provider) -> None:
    target = {"capacityReservationTarget": {"capacityReservationId": "cr-0a1b2c3d4e5f60718"}}
    aws.make("aws:ec2/launchTemplate:LaunchTemplate", "a", capacityReservationSpecification=target)
    assert [event for event in aws.world.events() if event[4] == "assume"]
    aws.apply(assume=False)
    error = refusal(
        lambda: aws.make("aws:ec2/launchTemplate:LaunchTemplate", "b", capacityReservationSpecification=target)
    )
    assert "The capacity reservation 'cr-0a1b2c3d4e5f60718' does not exist" in error.message


def test_a_policy_that_aws_maintains_need_not_be_made(aws: Provider) -> None:
    aws.apply(assume=False)
    aws_role(aws, "nodes", "AmazonEKSWorkerNodePolicy")
    with pytest.raises(Exception, match="does not exist or is not attachable"):
        aws.make(
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "x", role="nodes",
            policyArn="arn:aws:iam::123456789012:policy/own",
        )  # fmt: skip


# ---------------------------------------------------------------------- names that are taken


@pytest.mark.parametrize(
    ("package", "type_", "inputs", "text"),
    [
        ("aws", "aws:iam/role:Role", {"name": "r", "assumeRolePolicy": "{}"}, "Role with name r already exists"),
        ("aws", "aws:s3/bucket:Bucket", {"bucket": "weights-of-acme"}, "The requested bucket name is not available"),
        ("gcp", "gcp:storage/bucket:Bucket", {"name": "weights-of-acme", "location": "EU"}, "name is not available"),
        (
            "azure-native",
            "azure-native:resources:ResourceGroup",
            {"resourceGroupName": "rg", "location": "westeurope"},
            "already exists",
        ),
    ],
)
def test_a_name_that_is_taken_is_refused(tmp_path: Path, package: str, type_: str, inputs: dict, text: str) -> None:
    provider = Provider(package, tmp_path)
    provider.make(type_, "one", **inputs)
    assert text in refusal(lambda: provider.make(type_, "two", **inputs)).message


def test_two_stacks_may_enable_the_same_api_and_grant_the_same_role(gcp: Provider) -> None:
    for stack in ("one", "two"):
        gcp.make("gcp:projects/service:Service", stack, service="compute.googleapis.com")
    gcp.delete("gcp:projects/service:Service", "one", "acme/compute.googleapis.com")
    assert gcp.make("gcp:compute/network:Network", "net", name="net")["id"]  # the other stack still has it enabled


# ---------------------------------------------------------------------- configuration


def test_a_provider_without_a_region_is_refused(tmp_path: Path) -> None:
    assert "Missing region information" in refusal(lambda: Provider("aws", tmp_path, {"region": ""})).message


def test_a_project_must_be_said_somewhere(tmp_path: Path) -> None:
    gcp = Provider("gcp", tmp_path, {"project": ""})
    assert gcp.check("gcp:compute/network:Network", "net", {"name": "net"})[1] == [
        "project: project: required field is not set"
    ]


def test_accounts_and_regions_do_not_mix(tmp_path: Path) -> None:
    one = Provider("aws", tmp_path, {"allowedAccountIds": '["111122223333"]'})
    two = Provider("aws", tmp_path, {"allowedAccountIds": '["444455556666"]'})
    first = one.make("aws:iam/role:Role", "r", name="r", assumeRolePolicy="{}")
    second = two.make("aws:iam/role:Role", "other", name="r", assumeRolePolicy="{}")
    assert first["arn"] == "arn:aws:iam::111122223333:role/r"
    assert second["arn"] == "arn:aws:iam::444455556666:role/r"
    west = one.make("aws:cloudwatch/logGroup:LogGroup", "w", name="/x", region="us-west-2")
    east = one.make("aws:cloudwatch/logGroup:LogGroup", "e", name="/x")
    assert (west["arn"].split(":")[3], east["arn"].split(":")[3]) == ("us-west-2", "us-east-1")
