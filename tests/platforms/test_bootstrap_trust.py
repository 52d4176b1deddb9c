"""Whom a prepared account believes, and what the deployer may do in the cluster that does not exist yet."""

from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from intertie.bootstraps import PlacementBootstrap
from intertie.graph import Graph, record
from intertie.platforms.eks import bootstrap_role
from intertie.platforms.gke.bootstrap import RBAC
from support.plans import plan, spec_data

REGION = {"azure": "swedencentral", "gcp": "europe-west4"}
TRUSTED = {
    "azure": "azure-native:managedidentity:FederatedIdentityCredential",
    "gcp": "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider",
}
OWN = "https://ci.example.com"


@cache
def made(cloud: str, name: str = "chat", **more: Any) -> Graph:
    described = spec_data(cloud, name=name, placements={"here": {"cloud": cloud, "region": REGION[cloud]}})
    args: Any = {
        "spec": described,
        "placement": "here",
        "account": "acme-inference" if cloud == "gcp" else "00000000-0000-0000-0000-000000000001",
        "issuer": "https://token.actions.githubusercontent.com",
        "subject": "repo:acme/inference:environment:here",
        **more,
    }
    return record(lambda: PlacementBootstrap("b", args) and None, "bootstrap", "here", root_directory=Path())


def trusted(cloud: str, **more: Any) -> dict[str, Any]:
    (found,) = made(cloud, **more).of_type(TRUSTED[cloud])
    return dict(found.inputs)


def test_google_takes_the_audience_that_its_own_sign_in_action_asks_for() -> None:
    """The provider's full name, which it expects where no audience is listed: any list would refuse the action."""
    assert "allowedAudiences" not in trusted("gcp")["oidc"]
    assert trusted("gcp", audience=OWN)["oidc"]["allowedAudiences"] == [OWN]


def test_azure_takes_the_audience_that_is_given() -> None:
    assert trusted("azure")["audiences"] == ["api://AzureADTokenExchange"]
    assert trusted("azure", audience=OWN)["audiences"] == [OWN]


@pytest.mark.parametrize("name", ["chat", "gcp-chat"])
def test_googles_pool_never_begins_with_what_google_keeps_for_itself(name: str) -> None:
    (pool,) = made("gcp", name=name).of_type("gcp:iam/workloadIdentityPool:WorkloadIdentityPool")
    assert pool.inputs["workloadIdentityPoolId"] == f"ci-{name}-here"


def test_googles_deployer_may_write_rights_within_the_cluster_which_developers_may_only_read() -> None:
    (role,) = made("gcp").of_type("gcp:projects/iAMCustomRole:IAMCustomRole")
    assert set(RBAC) <= set(role.inputs["permissions"])
    assert {
        "container.clusterRoles.create", "container.clusterRoles.escalate", "container.clusterRoles.bind",
        "container.clusterRoleBindings.create", "container.roleBindings.update", "container.roles.delete",
        "container.mutatingWebhookConfigurations.create", "container.validatingWebhookConfigurations.delete",
    } <= set(RBAC)  # fmt: skip
    granted = {each.inputs["role"] for each in made("gcp").of_type("gcp:projects/iAMMember:IAMMember")
               if isinstance(each.inputs["role"], str)}  # fmt: skip
    assert "roles/container.developer" in granted


def test_awss_deployer_may_look_for_the_roles_of_eks_before_they_are_there() -> None:
    """Without it the first node group of an account is refused: a role that is not there yet has no path in its ARN."""
    wanted = "arn:aws:iam::123456789012:role/AWSServiceRoleForAmazonEKSNodegroup"
    patterns = [
        pattern
        for each in bootstrap_role.statements(plan(), "123456789012")
        if each["Effect"] == "Allow" and "iam:GetRole" in each["Action"]
        for pattern in ([each["Resource"]] if isinstance(each["Resource"], str) else each["Resource"])
    ]
    assert any(fnmatchcase(wanted, pattern) for pattern in patterns)
    there = wanted.replace("/AWS", "/aws-service-role/eks-nodegroup.amazonaws.com/AWS")
    assert any(fnmatchcase(there, pattern) for pattern in patterns)
    assert not any(fnmatchcase("arn:aws:iam::123456789012:role/somebody-elses", pattern) for pattern in patterns)
