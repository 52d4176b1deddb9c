"""What simulated clouds do with what is there: refresh, import, update, replace, and answer for it."""

import base64
import json
from pathlib import Path

import pytest

from support.clouds import (
    Provider,
    aks_cluster,
    aws_network,
    azure_network,
    eks_cluster,
    refusal,
)

# ---------------------------------------------------------------------- refresh, import, update


def test_a_refresh_finds_what_is_there_as_it_is_now_and_what_was_changed_behind_pulumis_back(aws: Provider) -> None:
    vpc = aws.make("aws:ec2/vpc:Vpc", "vpc", cidrBlock="10.0.0.0/16", tags={"team": "search"})
    id_, inputs, outputs = aws.read("aws:ec2/vpc:Vpc", vpc["id"], "vpc")
    assert (id_, inputs["tags"]) == (vpc["id"], {"team": "search"})
    assert {**outputs, "id": id_} == vpc
    world = aws.world
    there = world.resources()[0]
    changed = {**there.inputs, "tags": {"team": "ads"}}
    world.query("update resources set inputs = ? where id = ?", json.dumps(changed), there.id)
    assert aws.read("aws:ec2/vpc:Vpc", vpc["id"], "vpc")[1]["tags"] == {"team": "ads"}


def test_an_import_finds_a_resource_by_its_id_under_another_urn(aws: Provider) -> None:
    vpc = aws.make("aws:ec2/vpc:Vpc", "vpc", cidrBlock="10.0.0.0/16")
    id_, inputs, _ = aws.read("aws:ec2/vpc:Vpc", vpc["id"], "adopted")
    assert (id_, inputs["cidrBlock"]) == (vpc["id"], "10.0.0.0/16")


def test_an_update_keeps_what_the_cloud_gave_and_drops_what_is_no_longer_asked_for(aws: Provider) -> None:
    _, subnets = aws_network(aws)
    before = eks_cluster(aws, subnets)
    after = aws.update(
        "aws:eks/cluster:Cluster", "cluster", "prod", name="prod", roleArn=before["roleArn"],
        vpcConfig={"subnetIds": subnets, "endpointPrivateAccess": True},
    )  # fmt: skip
    for output in ("arn", "endpoint", "certificateAuthority", "identities"):
        assert after[output] == before[output]
    assert after["vpcConfig"]["clusterSecurityGroupId"] == before["vpcConfig"]["clusterSecurityGroupId"]
    assert after["vpcConfig"]["endpointPrivateAccess"] is True
    again = aws.update(
        "aws:eks/cluster:Cluster", "cluster", "prod", name="prod", roleArn=before["roleArn"],
        vpcConfig={"subnetIds": subnets},
    )  # fmt: skip
    assert "endpointPrivateAccess" not in again["vpcConfig"]


def test_a_launch_template_gets_a_new_version_with_every_update(aws: Provider) -> None:
    made = aws.make("aws:ec2/launchTemplate:LaunchTemplate", "t", instanceType="m7i.large")
    assert made["latestVersion"] == 1
    after = aws.update("aws:ec2/launchTemplate:LaunchTemplate", "t", made["id"], instanceType="m7i.xlarge")
    assert after["latestVersion"] == 2


# ---------------------------------------------------------------------- runs that were cut short


def test_what_a_killed_run_made_is_found_again_by_the_next_one(tmp_path: Path) -> None:
    made = Provider("aws", tmp_path).make("aws:iam/role:Role", "r", name="r", assumeRolePolicy="{}")
    vpc = Provider("aws", tmp_path).make("aws:ec2/vpc:Vpc", "vpc", cidrBlock="10.0.0.0/16")
    later = Provider("aws", tmp_path)  # whose engine has neither in its state
    assert later.make("aws:iam/role:Role", "r", name="r", assumeRolePolicy="{}") == made
    assert later.make("aws:ec2/vpc:Vpc", "vpc", cidrBlock="10.0.0.0/16") == vpc
    assert len(later.world.resources()) == 2


def test_a_replacement_is_made_beside_what_it_replaces(tmp_path: Path) -> None:
    old = Provider("aws", tmp_path).make("aws:ec2/vpc:Vpc", "vpc", cidrBlock="10.0.0.0/16")
    later = Provider("aws", tmp_path)
    later.read("aws:ec2/vpc:Vpc", old["id"], "vpc")  # the engine knows it
    new = later.make("aws:ec2/vpc:Vpc", "vpc", cidrBlock="10.1.0.0/16")
    assert new["id"] != old["id"]
    later.delete("aws:ec2/vpc:Vpc", "vpc", old["id"])
    assert later.read("aws:ec2/vpc:Vpc", new["id"], "vpc")[0] == new["id"]
    assert later.read("aws:ec2/vpc:Vpc", old["id"], "vpc")[0] == ""


# ---------------------------------------------------------------------- functions


def test_aks_gives_a_login_with_the_labs_token_and_kubelogin_where_local_accounts_are_off(
    azure: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("lab-token")
    monkeypatch.setenv("INTERTIE_LAB", str(tmp_path))
    subnet = azure_network(azure)
    aks_cluster(azure, subnet)
    token = "azure-native:containerservice:listManagedClusterUserCredentials"
    answer = azure.invoke(token, resourceGroupName="rg", resourceName="prod")
    config = json.loads(base64.b64decode(answer["kubeconfigs"][0]["value"]))
    assert config["users"][0]["user"] == {"token": "lab-token"}
    assert config["clusters"][0]["cluster"]["server"].startswith("https://")
    world = azure.world
    row = next(each for each in world.resources() if each.type.endswith(":ManagedCluster"))
    world.query(
        "update resources set inputs = ? where id = ?", json.dumps({**row.inputs, "disableLocalAccounts": True}), row.id
    )
    config = json.loads(
        base64.b64decode(azure.invoke(token, resourceGroupName="rg", resourceName="prod")["kubeconfigs"][0]["value"])
    )
    assert config["users"][0]["user"]["exec"]["command"] == "kubelogin"
    error = refusal(lambda: azure.invoke(token, resourceGroupName="rg", resourceName="other"))
    assert "managedClusters/other' under resource group 'rg' was not found" in error.message


def test_other_functions_are_not_answered_with_something_made_up(aws: Provider) -> None:
    error = refusal(lambda: aws.invoke("aws:index/getCallerIdentity:getCallerIdentity"))
    assert "the lab answers no question but for credentials" in error.message
