"""What a placement's account needs first: complete, kept, least-privileged, and the same at every run."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from intertie.bootstraps import PlacementBootstrap
from intertie.graph import Graph, check, record
from intertie.platforms.eks import bootstrap_role
from intertie.platforms.rights import every, rights
from support.plans import plan, spec_data
from support.stacks import STACKS, graph_of

ACCOUNT = {"aws": "123456789012", "azure": "00000000-0000-0000-0000-000000000001", "gcp": "acme-inference"}
REGION = {"aws": "us-east-1", "azure": "swedencentral", "gcp": "europe-west4"}
ZONE = {"aws": "us-east-1a", "azure": "1", "gcp": "europe-west4-b"}
PLATFORM = {"aws": "eks", "azure": "aks", "gcp": "gke"}
SUBJECT = "repo:acme/inference:environment:here"
CLOUDS = [pytest.param(cloud, marks=pytest.mark.xdist_group(f"bootstrap-{cloud}")) for cloud in ACCOUNT]


@cache
def made(cloud: str, **more: Any) -> Graph:
    here = {"cloud": cloud, "region": REGION[cloud], "zones": [ZONE[cloud]]}
    args: Any = {
        "spec": spec_data(cloud, placements={"here": here}),
        "placement": "here",
        "account": ACCOUNT[cloud],
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": SUBJECT,
        **more,
    }
    return record(lambda: PlacementBootstrap("b", args) and None, "bootstrap", "here", root_directory=Path())


@pytest.mark.parametrize("cloud", CLOUDS)
def test_it_is_spelt_right_and_asks_nothing_of_the_cloud(cloud: str):
    assert [str(finding) for finding in check(made(cloud))] == []
    assert made(cloud).invokes == ()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_same_input_makes_the_same_resources(cloud: str):
    once, again = made(cloud), made(cloud, audience="")
    assert [(each.urn, each.inputs) for each in once] == [(each.urn, each.inputs) for each in again]


@pytest.mark.parametrize(
    ("cloud", "types"),
    [
        pytest.param(cloud, types, marks=pytest.mark.xdist_group(f"bootstrap-{cloud}"))
        for cloud, types in (
            ("aws", ("aws:s3/bucket:Bucket", "aws:kms/key:Key")),
            ("azure", ("azure-native:storage:BlobContainer", "azure-native:keyvault:Key",
                       "azure-native:storage:StorageAccount", "azure-native:keyvault:Vault")),
            ("gcp", ("gcp:storage/bucket:Bucket", "gcp:kms/cryptoKey:CryptoKey", "gcp:kms/keyRing:KeyRing")),
        )
    ],
)  # fmt: skip
def test_state_and_key_cannot_go_by_accident(cloud: str, types: tuple[str, ...]):
    for token in types:
        (kept,) = made(cloud).of_type(token)
        assert (kept.protect, kept.retain_on_delete) == (True, True), token


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_type_that_the_samples_use_may_be_deployed(cloud: str):
    package = {"aws": "aws", "azure": "azure-native", "gcp": "gcp"}[cloud]
    graphs = [graph_of(stack) for stack in STACKS if any(r.type.startswith(f"{package}:") for r in graph_of(stack))]
    used = {resource.type for graph in graphs for resource in graph if resource.type.startswith(f"{package}:")}
    assert len(used) > 10
    assert used - set(rights(PLATFORM[cloud])) == set()


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_right_is_a_pattern(cloud: str):
    assert not [action for action in every(PLATFORM[cloud]) if "*" in action]


def aws_policies() -> list[dict[str, Any]]:
    documents = [json.loads(json.dumps(each)) for each in bootstrap_role.documents(plan(), ACCOUNT["aws"])]
    return [statement for document in documents for statement in document["Statement"]]


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_the_deploy_role_allows_what_the_table_says_and_nothing_else():
    allowed = {a for each in aws_policies() if each["Effect"] == "Allow" for a in listed(each["Action"])}
    assert allowed == set(every("eks"))


def test_whatever_is_allowed_everywhere_is_limited_to_the_region():
    wide = [each for each in aws_policies() if each["Effect"] == "Allow" and listed(each["Resource"]) == ["*"]]
    assert wide
    for statement in wide:
        assert statement["Condition"] == {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}
        assert not [action for action in listed(statement["Action"]) if action.startswith(("iam:", "s3:", "sts:"))]


def test_the_deploy_role_cannot_change_itself_or_pass_roles_at_will():
    (denied,) = [each for each in aws_policies() if each["Effect"] == "Deny"]
    assert denied["Resource"] == "arn:aws:iam::123456789012:role/chat-here-deploy"
    assert {"iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy"} <= set(denied["Action"])
    (passing,) = [each for each in aws_policies() if each["Action"] == "iam:PassRole"]
    assert passing["Resource"] == "arn:aws:iam::123456789012:role/chat-here-*"
    assert "lambda.amazonaws.com" not in passing["Condition"]["StringEquals"]["iam:PassedToService"]


def test_policies_fit_iam():
    documents = bootstrap_role.documents(plan(cluster="a" * 40), ACCOUNT["aws"])
    sizes = [len(json.dumps(each, separators=(",", ":"))) for each in documents]
    assert max(sizes) <= 6144
    assert len(documents) + 1 <= 10  # managed policies of one role; one more for the state


def test_ci_is_let_in_by_one_subject_without_any_key():
    role = made("aws").find("aws:iam/role:Role", "b-deploy-role")
    (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": SUBJECT,
        }
    }
    for cloud, token, path in (
        ("azure", "azure-native:managedidentity:FederatedIdentityCredential", "subject"),
        ("gcp", "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider", "attributeCondition"),
    ):
        (trusted,) = made(cloud).of_type(token)
        assert SUBJECT in trusted.inputs[path]
    for cloud in ACCOUNT:
        assert not [
            each.type
            for each in made(cloud)
            if "accessKey" in each.type or ("/key:Key" in each.type and "kms" not in each.type)
        ]


def test_an_issuer_that_the_account_knows_is_not_made_twice():
    token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    assert len(made("aws").of_type(token)) == 1
    assert not made("aws", issuer_known=True).of_type(token)


def test_what_holds_the_state_is_private_versioned_and_encrypted_with_its_own_key():
    aws, azure, gcp = made("aws"), made("azure"), made("gcp")
    encryption = aws.of_type("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
    (rule,) = encryption[0].inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"
    assert aws.of_type("aws:s3/bucketVersioning:BucketVersioning")[0].inputs["versioningConfiguration"] == {
        "status": "Enabled"
    }
    block = aws.of_type("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")[0].inputs
    assert all(
        block[key] is True
        for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    )
    account = azure.of_type("azure-native:storage:StorageAccount")[0].inputs
    assert (account["allowBlobPublicAccess"], account["allowSharedKeyAccess"]) == (False, False)
    assert azure.of_type("azure-native:storage:BlobServiceProperties")[0].inputs["isVersioningEnabled"] is True
    bucket = gcp.of_type("gcp:storage/bucket:Bucket")[0].inputs
    assert (bucket["publicAccessPrevention"], bucket["versioning"]) == ("enforced", {"enabled": True})


def test_everything_lies_in_the_placements_own_region():
    assert {each.inputs["region"] for each in made("aws") if "region" in each.inputs} == {"us-east-1"}
    assert {each.inputs["location"] for each in made("azure") if "location" in each.inputs} == {"swedencentral"}
    assert {each.inputs["location"].lower() for each in made("gcp") if "location" in each.inputs} == {"europe-west4"}
