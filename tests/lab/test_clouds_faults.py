"""Every kind of fault that a scenario can bring."""

from pathlib import Path

from intertie.lab import durations, scenario
from support.clouds import (
    NODE_POLICIES,
    Provider,
    aks_cluster,
    aws_network,
    aws_role,
    azure_network,
    eks_cluster,
    eks_group,
    refusal,
)

ROLE = {"name": "r", "assumeRolePolicy": "{}"}


def test_a_refused_call_makes_nothing_and_shows_the_clouds_own_text(aws: Provider) -> None:
    aws.apply(
        faults=[
            {
                "where": {"cloud": "aws", "type": "aws:eks/cluster:Cluster"},
                "what": {"effect": "refuse", "error": "aws-6"},
            }
        ]
    )
    _, subnets = aws_network(aws)
    error = refusal(lambda: eks_cluster(aws, subnets))
    assert "UnsupportedAvailabilityZone: Cannot create cluster" in error.message
    assert error.half is None
    assert not aws.world.clusters()
    cluster = aws.make(
        "aws:eks/cluster:Cluster",
        "cluster",
        name="prod",
        roleArn="arn:aws:iam::123456789012:role/cluster-role",
        vpcConfig={"subnetIds": subnets},
    )
    assert cluster["id"] == "prod"  # it struck once


def test_the_nth_call_is_the_one_that_is_struck(aws: Provider) -> None:
    where = {"cloud": "aws", "type": "aws:ec2/*", "operation": "create", "call": 3}
    aws.apply(
        faults=[
            {
                "where": where,
                "what": {"effect": "refuse", "code": "InternalError", "message": "An internal error has occurred"},
            }
        ]
    )
    for name in ("a", "b"):
        aws.make("aws:ec2/vpc:Vpc", name, cidrBlock="10.0.0.0/16")
    assert (
        "An internal error has occurred"
        in refusal(lambda: aws.make("aws:ec2/vpc:Vpc", "c", cidrBlock="10.0.0.0/16")).message
    )
    aws.make("aws:ec2/vpc:Vpc", "d", cidrBlock="10.0.0.0/16")


def test_a_fault_strikes_only_in_its_time_and_place(tmp_path: Path) -> None:
    aws = Provider("aws", tmp_path)
    aws.apply(
        faults=[
            {
                "where": {"cloud": "aws", "region": "us-east-1", "zone": "us-east-1b"},
                "when": {"after": "10m", "for": "10m", "times": "always"},
                "what": {"effect": "refuse", "error": "aws-down"},
            }
        ]
    )
    make = lambda zone: Provider("aws", tmp_path).make(  # noqa: E731
        "aws:ebs/volume:Volume", zone, availabilityZone=zone, size=1
    )
    make("us-east-1b")  # too early
    aws.world.reach(700_000)
    make("us-east-1a")  # another zone
    assert (
        "ServiceUnavailable"
        in refusal(
            lambda: Provider("aws", tmp_path).make("aws:ebs/volume:Volume", "x", availabilityZone="us-east-1b", size=1)
        ).message
    )
    aws.world.reach(1_300_000)
    Provider("aws", tmp_path).make("aws:ebs/volume:Volume", "y", availabilityZone="us-east-1b", size=1)  # over


def test_something_that_does_not_come_up_stays_and_is_reported_with_its_outputs(aws: Provider) -> None:
    aws.apply(
        faults=[
            {
                "where": {"cloud": "aws", "type": "aws:eks/nodeGroup:NodeGroup"},
                "what": {"effect": "unhealthy", "error": "aws-1"},
            }
        ]
    )
    _, subnets = aws_network(aws)
    eks_cluster(aws, subnets)
    role = aws_role(aws, "nodes", *NODE_POLICIES)
    error = refusal(lambda: eks_group(aws, "gpu", role, subnets))
    text = scenario.errors()["aws-1"]["text"]
    assert text in error.message  # word for word
    assert error.half is not None
    assert error.half["id"] == "prod:gpu"
    assert error.half["reasons"] == [error.message]
    assert aws.read("aws:eks/nodeGroup:NodeGroup", "prod:gpu", "gpu")[0] == "prod:gpu"


def test_an_answer_that_is_lost_leaves_an_orphan_and_the_next_attempt_finds_the_name_taken(tmp_path: Path) -> None:
    aws = Provider("aws", tmp_path)
    aws.apply(
        faults=[
            {
                "where": {"cloud": "aws", "type": "aws:iam/role:Role"},
                "what": {"effect": "lost", "code": "RequestTimeout", "message": "Request has expired"},
            }
        ]
    )
    error = refusal(lambda: aws.make("aws:iam/role:Role", "r", **ROLE))
    assert (error.code.name, error.half) == ("UNKNOWN", None)
    assert (
        "Role with name r already exists."
        in refusal(lambda: Provider("aws", tmp_path).make("aws:iam/role:Role", "r", **ROLE)).message
    )
    assert [each.urn for each in aws.world.resources()] == [""]


def test_a_throttled_call_is_made_again_later_and_fails_when_it_is_throttled_too_often(tmp_path: Path) -> None:
    aws = Provider("aws", tmp_path)
    fault = {"where": {"cloud": "aws"}, "what": {"effect": "throttle"}}
    aws.apply(faults=[{**fault, "when": {"times": 3}}])
    aws.make("aws:ec2/vpc:Vpc", "a", cidrBlock="10.0.0.0/16")
    assert aws.world.now() == 1000 * (1 + 2 + 4 + durations.of("aws:ec2/vpc:Vpc").create)
    (tmp_path / "gcp").mkdir()
    gcp = Provider("gcp", tmp_path / "gcp")
    gcp.apply(faults=[{"where": {"cloud": "gcp"}, "when": {"times": "always"}, "what": {"effect": "throttle"}}])
    error = refusal(lambda: gcp.make("gcp:projects/service:Service", "api", service="compute.googleapis.com"))
    assert "Quota exceeded for quota metric 'Write requests'" in error.message


def test_a_slow_call_takes_longer(aws: Provider) -> None:
    aws.apply(faults=[{"where": {"cloud": "aws"}, "what": {"effect": "slow", "by": "5m"}}])
    aws.make("aws:ec2/vpc:Vpc", "a", cidrBlock="10.0.0.0/16")
    assert aws.world.now() == 1000 * (300 + durations.of("aws:ec2/vpc:Vpc").create)


def test_a_cloud_that_is_down_refuses_everything_and_the_others_go_on(tmp_path: Path) -> None:
    aws, azure = Provider("aws", tmp_path), Provider("azure-native", tmp_path)
    vpc = aws.make("aws:ec2/vpc:Vpc", "a", cidrBlock="10.0.0.0/16")
    aws.apply(faults=[{"down": "aws"}])
    for act in (
        lambda: aws.make("aws:ec2/vpc:Vpc", "b", cidrBlock="10.0.0.0/16"),
        lambda: aws.read("aws:ec2/vpc:Vpc", vpc["id"], "a"),
        lambda: aws.update("aws:ec2/vpc:Vpc", "a", vpc["id"], cidrBlock="10.0.0.0/16"),
        lambda: aws.delete("aws:ec2/vpc:Vpc", "a", vpc["id"]),
        lambda: Provider("aws", tmp_path),  # it asks who it is
    ):
        assert "ServiceUnavailable: The service is unavailable" in refusal(act).message
    aks_cluster(azure, azure_network(azure))
    scenario.clear(aws.world)
    assert aws.read("aws:ec2/vpc:Vpc", vpc["id"], "a")[0] == vpc["id"]
