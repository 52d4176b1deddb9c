"""Secrets on each cloud: places without values, read by one identity that may read nothing else."""

import json
from typing import Any

import pytest

from intertie.contract import SECRETS_ACCOUNT, SECRETS_CONTROLLER
from intertie.graph import Graph, Resource
from support import plans
from support.building import build
from support.stacks import graph_of

CLOUDS = [pytest.param(cloud, marks=pytest.mark.xdist_group(f"secrets-{cloud}")) for cloud in ("aws", "azure", "gcp")]


def described(cloud: str, **changes: Any):
    from support.rendered import gated

    spec = gated().spec.model_dump(mode="json", exclude_unset=True)
    spec["placements"]["here"] |= {"cloud": cloud, "region": plans.REGION[cloud]}
    return plans.plan(cloud, spec=type(plans.spec()).model_validate(spec), **changes)


def of(graph: Graph, kind: str) -> list[Resource]:
    return [each for each in graph if each.type == kind]


def test_on_aws_each_secret_has_an_empty_place_and_one_role_reads_them_alone() -> None:
    built = build(described("aws"))
    graph, handle = built.graph, built.handle
    secrets = of(graph, "aws:secretsmanager/secret:Secret")
    assert {each.inputs["name"] for each in secrets} == {
        "chat-here-hub-token", "chat-here-callers", "chat-here-edge-tls",
    }  # fmt: skip
    assert {each.inputs["recoveryWindowInDays"] for each in secrets} == {0}
    (policy,) = [each for each in of(graph, "aws:iam/rolePolicy:RolePolicy") if each.name.endswith("-secrets-policy")]
    assert policy.inputs["policy"]
    (bound,) = [
        each
        for each in of(graph, "aws:eks/podIdentityAssociation:PodIdentityAssociation")
        if each.name.endswith("-secrets-identity")
    ]
    assert (bound.inputs["namespace"], bound.inputs["serviceAccount"]) == SECRETS_CONTROLLER
    assert handle is not None
    assert handle.secrets is not None
    assert handle.secrets.provider == {"aws": {"service": "SecretsManager", "region": "us-east-1"}}


def test_on_google_each_secret_stays_in_the_region_and_one_account_reads_them_alone() -> None:
    built = build(described("gcp"))
    graph, handle = built.graph, built.handle
    secrets = of(graph, "gcp:secretmanager/secret:Secret")
    assert {each.inputs["secretId"] for each in secrets} == {
        "chat-here-hub-token", "chat-here-callers", "chat-here-edge-tls",
    }  # fmt: skip
    for each in secrets:
        assert each.inputs["replication"] == {"userManaged": {"replicas": [{"location": "europe-west4"}]}}
    grants = of(graph, "gcp:secretmanager/secretIamMember:SecretIamMember")
    assert len(grants) == 3
    assert {each.inputs["role"] for each in grants} == {"roles/secretmanager.secretAccessor"}
    assert all(each.inputs["member"] for each in grants)
    assert len({each.property_dependencies["member"] for each in grants}) == 1
    (bound,) = [
        each for each in of(graph, "gcp:serviceaccount/iAMMember:IAMMember") if each.name.endswith("-secrets-identity")
    ]
    assert bound.inputs["role"] == "roles/iam.workloadIdentityUser"
    assert handle is not None
    assert handle.secrets is not None
    identity = handle.secrets.provider["gcpsm"]["auth"]["workloadIdentity"]
    assert identity["serviceAccountRef"] == {"name": SECRETS_ACCOUNT}
    assert "iam.gke.io/gcp-service-account" in handle.secrets.service_account_annotations


def test_on_azure_a_vault_of_the_placement_is_read_by_one_identity_alone() -> None:
    built = build(described("azure"))
    graph, handle = built.graph, built.handle
    (vault,) = [each for each in of(graph, "azure-native:keyvault:Vault") if each.name.endswith("-secret-store")]
    properties = vault.inputs["properties"]
    assert properties["enableRbacAuthorization"] is True
    assert properties["softDeleteRetentionInDays"] == 7
    assert 3 <= len(vault.inputs["vaultName"]) <= 24
    (grant,) = [each for each in graph if each.name.endswith("-grant-secrets")]
    assert "4633458b-17de-408a-b874-0445c86b69e6" in json.dumps(grant.inputs) or grant.inputs["roleDefinitionId"]
    (credential,) = [each for each in graph if each.name.endswith("-federation-secrets")]
    assert credential.inputs["subject"] == f"system:serviceaccount:chat:{SECRETS_ACCOUNT}"
    assert handle is not None
    assert handle.secrets is not None
    assert handle.secrets.provider["azurekv"]["authType"] == "WorkloadIdentity"
    assert "azure.workload.identity/tenant-id" in handle.secrets.service_account_annotations


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cold_placement_keeps_its_secrets(cloud: str) -> None:
    built = build(described(cloud, renders=("artifacts", "identity"), tier="cold"))
    graph, handle = built.graph, built.handle
    assert handle is None
    assert [each for each in graph if "ecret" in each.type.rpartition(":")[2] or each.type.endswith(":Vault")]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_no_value_of_a_secret_is_part_of_a_stack(cloud: str) -> None:
    graph = build(described(cloud)).graph
    kinds = {each.type.rpartition(":")[2] for each in graph}
    assert not kinds & {"SecretVersion", "SecretValue"}
    assert not [each for each in graph if each.type == "azure-native:keyvault:Secret"]


@pytest.mark.parametrize("stack", ["aws-use1", "azure-swc", "gcp-euw4"])
def test_a_sample_asks_its_clouds_own_store(stack: str) -> None:
    graph = graph_of(stack)
    (store,) = of(graph, "kubernetes:external-secrets.io/v1:SecretStore")
    own = {"aws-use1": "aws", "azure-swc": "azurekv", "gcp-euw4": "gcpsm"}[stack]
    assert list(store.inputs["spec"]["provider"]) == [own]
    (token,) = [each for each in graph if each.name.endswith("-hub-token-secret")]
    assert token.inputs["spec"]["target"]["name"] == "hub-token"
