"""What simulated clouds make, give back, refuse and take away."""

import base64
import json
import re
from pathlib import Path

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


@pytest.fixture
def aws(tmp_path: Path) -> Provider:
    return Provider("aws", tmp_path)


@pytest.fixture
def azure(tmp_path: Path) -> Provider:
    return Provider("azure-native", tmp_path)


@pytest.fixture
def gcp(tmp_path: Path) -> Provider:
    return Provider("gcp", tmp_path)


def test_aws_gives_ids_and_arns_of_its_own_form(aws: Provider) -> None:
    vpc, subnets = aws_network(aws)
    cluster = eks_cluster(aws, subnets)
    assert re.fullmatch(r"vpc-[0-9a-f]{17}", vpc["id"])
    assert vpc["arn"] == f"arn:aws:ec2:us-east-1:123456789012:vpc/{vpc['id']}"
    assert cluster["arn"] == "arn:aws:eks:us-east-1:123456789012:cluster/prod"
    issuer = cluster["identities"][0]["oidcs"][0]["issuer"]
    assert re.fullmatch(r"https://oidc\.eks\.us-east-1\.amazonaws\.com/id/[0-9A-F]{32}", issuer)
    assert re.fullmatch(r"sg-[0-9a-f]{17}", cluster["vpcConfig"]["clusterSecurityGroupId"])
    assert cluster["vpcConfig"]["vpcId"] == vpc["id"]
    assert cluster["vpcConfig"]["subnetIds"] == subnets
    assert cluster["endpoint"].startswith("https://")
    assert base64.b64decode(cluster["certificateAuthority"]["data"]).startswith(b"-----BEGIN CERTIFICATE")


def test_a_node_group_names_its_scaling_group(aws: Provider) -> None:
    _, subnets = aws_network(aws)
    eks_cluster(aws, subnets)
    group = eks_group(aws, "general", aws_role(aws, "nodes", *NODE_POLICIES), subnets)
    assert group["id"] == "prod:general"
    assert re.fullmatch(r"eks-general-[0-9a-f-]{36}", group["resources"][0]["autoscalingGroups"][0]["name"])


def test_azure_gives_paths_as_ids_and_turns_the_list_of_identities_into_a_map(azure: Provider) -> None:
    subnet = azure_network(azure)
    cluster = aks_cluster(azure, subnet)
    root = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg"
    assert subnet["id"] == f"{root}/providers/Microsoft.Network/virtualNetworks/net/subnets/nodes"
    assert cluster["id"] == f"{root}/providers/Microsoft.ContainerService/managedClusters/prod"
    identities = cluster["identity"]["userAssignedIdentities"]
    assert list(identities) == [f"{root}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/plane"]
    assert {"clientId", "principalId"} <= set(next(iter(identities.values())))
    assert re.fullmatch(
        r"https://swedencentral\.oic\.prod-aks\.azure\.com/.+/", cluster["oidcIssuerProfile"]["issuerURL"]
    )
    assert "resourceGroupName" not in cluster  # part of the address, not of the answer


def test_google_cloud_gives_paths_self_links_and_addresses(gcp: Provider) -> None:
    cluster = gke_cluster(gcp)
    pool = gke_pool(gcp, cluster, "general")
    gcp.make("gcp:projects/service:Service", "api-iam", service="iam.googleapis.com")
    account = gcp.make("gcp:serviceaccount/account:Account", "nodes", accountId="prod-nodes")
    assert cluster["id"] == "projects/acme/locations/europe-west4/clusters/prod"
    assert cluster["selfLink"].endswith("/projects/acme/locations/europe-west4/clusters/prod")
    assert pool["id"] == f"{cluster['id']}/nodePools/general"
    assert account["email"] == "prod-nodes@acme.iam.gserviceaccount.com"
    assert account["member"] == f"serviceAccount:{account['email']}"
    assert cluster["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"].endswith(".gke.goog")
    assert cluster["masterAuth"]["clusterCaCertificate"]


def test_the_same_program_gives_the_same_identifiers_and_another_seed_gives_others(tmp_path: Path) -> None:
    ids = []
    for number, seed in enumerate(("a", "a", "b")):
        folder = tmp_path / str(number)
        folder.mkdir()
        aws = Provider("aws", folder)
        aws.apply(seed=seed)
        ids.append(aws.make("aws:ec2/vpc:Vpc", "vpc", cidrBlock="10.0.0.0/16")["id"])
    assert ids[0] == ids[1] != ids[2]


def test_a_type_that_no_table_names_can_be_made_read_and_deleted(aws: Provider) -> None:
    made = aws.make("aws:sns/topic:Topic", "alerts")
    assert aws.read("aws:sns/topic:Topic", made["id"], "alerts")[0] == made["id"]
    aws.delete("aws:sns/topic:Topic", "alerts", made["id"])
    assert aws.read("aws:sns/topic:Topic", made["id"], "alerts")[0] == ""


def test_a_type_that_the_sdk_does_not_have_is_refused(aws: Provider) -> None:
    assert aws.check("aws:eks/clusterr:Clusterr", "x", {})[1] == [": the SDK has no type aws:eks/clusterr:Clusterr"]


# ---------------------------------------------------------------------- previews


def test_in_a_preview_what_the_cloud_gives_is_unknown_and_what_was_asked_for_is_known(aws: Provider) -> None:
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    shown = aws.preview(
        "aws:eks/cluster:Cluster", "cluster", name="prod", roleArn=unknown, vpcConfig={"subnetIds": [unknown]}
    )
    assert shown["name"] == "prod"
    assert shown["endpoint"] == shown["arn"] == shown["identities"] == unknown
    assert shown["vpcConfig"] == {
        "subnetIds": [unknown],
        "clusterSecurityGroupId": unknown,
        "vpcId": unknown,
        "publicAccessCidrs": unknown,
    }
    assert not aws.world.resources()


def test_a_preview_on_azure_hides_the_issuer_and_the_map_of_identities(azure: Provider) -> None:
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    shown = azure.preview(
        "azure-native:containerservice:ManagedCluster", "cluster", resourceName="prod", resourceGroupName="rg",
        oidcIssuerProfile={"enabled": True},
        identity={"type": "UserAssigned", "userAssignedIdentities": [unknown]},
    )  # fmt: skip
    assert shown["oidcIssuerProfile"] == {"enabled": True, "issuerURL": unknown}
    assert shown["identity"]["userAssignedIdentities"] == unknown


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


def test_names_are_made_up_once_and_kept(aws: Provider) -> None:
    first, _ = aws.check("aws:iam/role:Role", "reader", {"assumeRolePolicy": "{}"}, seed=b"one")
    assert re.fullmatch(r"reader-[0-9a-f]{7}", first["name"])
    again, _ = aws.check("aws:iam/role:Role", "reader", {"assumeRolePolicy": "{}"}, first, seed=b"two")
    assert again["name"] == first["name"]
    other, _ = aws.check("aws:iam/role:Role", "reader", {"assumeRolePolicy": "{}"}, seed=b"two")
    assert other["name"] != first["name"]


def test_a_prefix_is_made_a_name_by_the_provider_and_azure_puts_no_hyphen(aws: Provider, tmp_path: Path) -> None:
    bucket = aws.make("aws:s3/bucket:Bucket", "weights", bucketPrefix="weights-")
    assert re.fullmatch(r"weights-\d{26}", bucket["bucket"])
    completed, wrong = Provider("azure-native", tmp_path).check(
        "azure-native:storage:StorageAccount", "weights",
        {"resourceGroupName": "rg", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}},
    )  # fmt: skip
    assert re.fullmatch(r"weights[0-9a-f]{8}", completed["accountName"])
    assert not wrong


# ---------------------------------------------------------------------- deletions


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
