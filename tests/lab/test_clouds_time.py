"""Virtual time, and what is not visible yet."""

from pathlib import Path

from intertie.lab import durations, tables
from support.clouds import (
    NODE_POLICIES,
    Provider,
    aws_network,
    aws_role,
    azure_network,
    eks_cluster,
    eks_group,
    refusal,
)


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
