"""Virtual time, what is not visible yet, and every kind of fault that a scenario can bring."""

from pathlib import Path

import pytest

from intertie.errors import InputError
from intertie.lab import durations, scenario, tables
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


@pytest.fixture
def aws(tmp_path: Path) -> Provider:
    return Provider("aws", tmp_path)


def seconds(provider: Provider, action: str, type_: str) -> float:
    """Virtual second of the last event of a kind."""
    return [event for event in provider.world.events() if event[4] == action and event[5] == type_][-1][1] / 1000


# ---------------------------------------------------------------------- time


def test_a_cluster_takes_its_virtual_minutes_and_its_nodes_start_after_it(aws: Provider) -> None:
    _, subnets = aws_network(aws)
    eks_cluster(aws, subnets)
    made = seconds(aws, "create", "aws:eks/cluster:Cluster")
    assert 570 <= made < 700
    eks_group(aws, "general", aws_role(aws, "nodes", *NODE_POLICIES), subnets)
    assert (
        seconds(aws, "create", "aws:eks/nodeGroup:NodeGroup")
        == made + durations.of("aws:eks/nodeGroup:NodeGroup").create
    )
    assert aws.world.now() == 1000 * seconds(aws, "create", "aws:eks/nodeGroup:NodeGroup")


def test_what_does_not_depend_on_one_another_happens_at_the_same_time(aws: Provider) -> None:
    for name in ("a", "b", "c"):
        aws.make("aws:ec2/vpc:Vpc", name, cidrBlock="10.0.0.0/16")
    assert aws.world.now() == 1000 * durations.of("aws:ec2/vpc:Vpc").create


def test_a_later_run_starts_where_the_earlier_one_ended(tmp_path: Path) -> None:
    Provider("aws", tmp_path).make("aws:ec2/vpc:Vpc", "a", cidrBlock="10.0.0.0/16")
    later = Provider("aws", tmp_path)
    later.make("aws:ec2/vpc:Vpc", "b", cidrBlock="10.0.0.0/16")
    assert later.world.now() == 2000 * durations.of("aws:ec2/vpc:Vpc").create


def test_what_was_used_is_deleted_after_its_users(aws: Provider) -> None:
    _, subnets = aws_network(aws)
    eks_cluster(aws, subnets)
    aws.delete("aws:eks/cluster:Cluster", "cluster", "prod")
    gone = seconds(aws, "delete", "aws:eks/cluster:Cluster")
    aws.delete("aws:ec2/subnet:Subnet", "subnet-a", subnets[0])
    assert seconds(aws, "delete", "aws:ec2/subnet:Subnet") > gone


def test_every_duration_has_a_source_and_every_pattern_can_be_met() -> None:
    rows = tables.rows("intertie.lab.clouds", "data/durations.csv")
    assert all(row["source"] for row in rows)
    assert rows[-1]["type"] == "*"
    for row in rows:
        example = row["type"].replace("*", "x")
        assert durations.of(example).type == row["type"], f"{row['type']} is hidden by a row above it"


# ---------------------------------------------------------------------- eventual consistency


def test_a_role_that_is_seconds_old_is_waited_for_in_virtual_time(aws: Provider) -> None:
    aws_role(aws, "fresh", "AmazonEKSClusterPolicy")
    lag = durations.of("aws:iam/role:Role").lag
    waits = [event[6] for event in aws.world.events() if event[4] == "wait"]
    assert waits == [f"waited {lag:g} s for what it names to be visible"]


def test_what_stays_invisible_longer_than_the_provider_waits_is_an_error_with_the_clouds_text(aws: Provider) -> None:
    aws.apply(
        faults=[{"where": {"cloud": "aws", "type": "aws:iam/role:Role"}, "what": {"effect": "invisible", "by": "10m"}}]
    )
    role = aws_role(aws, "fresh")
    _, subnets = aws_network(aws)
    error = refusal(
        lambda: aws.make(
            "aws:eks/cluster:Cluster", "c", name="c", roleArn=role["arn"], vpcConfig={"subnetIds": subnets}
        )
    )
    assert "could not be assumed because it does not exist or the trusted entity is not correct" in error.message


def test_azure_asks_again_for_ten_minutes_while_a_principal_is_not_found(tmp_path: Path) -> None:
    azure = Provider("azure-native", tmp_path)
    subnet = azure_network(azure)
    where = {"cloud": "azure", "type": "azure-native:managedidentity:UserAssignedIdentity"}
    azure.apply(faults=[{"where": where, "what": {"effect": "invisible", "by": "1h"}}])
    identity = azure.make(
        "azure-native:managedidentity:UserAssignedIdentity", "i", resourceName="i", resourceGroupName="rg",
        location="swedencentral",
    )  # fmt: skip
    error = refusal(
        lambda: azure.make(
            "azure-native:authorization:RoleAssignment", "grant", principalId=identity["principalId"],
            principalType="ServicePrincipal", roleDefinitionId="/x", scope=subnet["id"],
        )
    )  # fmt: skip
    assert 'Code="PrincipalNotFound" Message="Principal ' in error.message


# ---------------------------------------------------------------------- faults


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


# ---------------------------------------------------------------------- scenario files


def test_a_scenario_file_is_read_and_applied(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(
        "name: drill\nassume: false\n"
        "limits:\n  - {cloud: aws, region: us-east-1, quota: P, amount: 192}\n"
        "faults:\n  - {down: azure, when: {after: 10m, for: 1h}}\n"
    )
    aws = Provider("aws", tmp_path)
    scenario.apply(aws.world, scenario.read(file))
    assert aws.world.meta("assume") == "no"
    assert aws.world.query("select what, amount from limits") == [("quota:P", 192)]
    assert aws.world.query("select cloud, starts, ends from faults") == [("azure", 600_000, 4_200_000)]


def test_everything_that_is_wrong_with_a_scenario_is_said_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(
        "faults:\n"
        "  - {where: {cloud: aw}, what: {effect: explode}}\n"
        "  - {where: {cloud: aws}, what: {effect: refuse, error: aws-99}}\n"
        "  - {where: {cloud: aws}, what: {effect: slow}}\n"
        "  - {down: aws, what: {effect: throttle}}\n"
        "  - {down: gcp, when: {after: soon}}\n"
        "limits:\n  - {cloud: aws, machine: p5.48xlarge}\n  - {cloud: aws, quota: P}\n"
        "nodes: 3\n"
    )
    with pytest.raises(InputError) as error:
        scenario.read(file)
    said = str(error.value)
    for part in (
        "faults[0].where.cloud: found 'aw'",
        "faults[0].what.effect: found 'explode'",
        "no error is called 'aws-99'; there are aws-1,",
        "slow needs `by`, how long",
        "`down` says where and what by itself",
        "faults[4].when.after: found 'soon'; allowed: a number of seconds, or a number with ms, s, m, h or d",
        "limits[0]: found",
        "a machine needs `nodes`, or `offered`",
        "a quota needs `amount`",
        "nodes: found 3; allowed: no such field",
    ):
        assert part in said, said


@pytest.mark.parametrize(
    ("text", "said"), [("- a\n", "a mapping with `limits`"), ("a: [", "is not YAML"), (None, "No such file")]
)
def test_what_is_no_scenario_at_all_is_said_without_a_traceback(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "scenario.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=said):
        scenario.read(file)


def test_every_error_has_a_code_a_text_and_a_place_where_it_was_seen() -> None:
    for row in scenario.errors().values():
        assert row["code"]
        assert row["text"]
        assert row["source"]
    assert {f"{cloud}-{kind}" for cloud in ("aws", "azure", "gcp") for kind in ("down", "throttle")} <= set(
        scenario.errors()
    )
