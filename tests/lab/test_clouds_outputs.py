"""What simulated clouds give back: ids, names, and what is not known yet in a preview."""

import base64
import re
from pathlib import Path

from support.clouds import (
    NODE_POLICIES,
    Provider,
    aks_cluster,
    aws_network,
    aws_role,
    azure_network,
    eks_cluster,
    eks_group,
    gke_cluster,
    gke_pool,
)


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
