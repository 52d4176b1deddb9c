"""Who the cluster, its nodes and the stages are, and what each may do."""

from dataclasses import replace
from itertools import pairwise

import pytest

from intertie.contract import service_account
from intertie.errors import PlanError
from intertie.plan import Plan
from intertie.platforms.aks import identity
from support.azure import AZ, ROLE, ladder, placed, plain
from support.building import build

CREDENTIAL = f"{AZ}managedidentity:FederatedIdentityCredential"


def with_stages(count: int) -> Plan:
    base = placed()
    extra = tuple(replace(base.stages[0], name=f"step-{number}") for number in range(count - len(base.stages)))
    return replace(base, stages=(*base.stages, *extra))


def test_every_stage_gets_one_credential_for_its_service_account() -> None:
    made = [each for each in plain().graph.of_type(CREDENTIAL) if each.name != "here-federation-secrets"]
    plan = placed()
    assert {each.inputs["subject"] for each in made} == {
        f"system:serviceaccount:{plan.namespace}:{service_account(plan, stage.name)}" for stage in plan.stages
    }
    assert all(each.inputs["audiences"] == ["api://AzureADTokenExchange"] for each in made)


def test_credentials_of_one_identity_are_written_one_after_another() -> None:
    """Azure answers 409 to two writes at a time on one identity."""
    made = [each for each in plain().graph.of_type(CREDENTIAL) if each.name != "here-federation-secrets"]
    assert len(made) == 2
    assert all(before.urn in after.depends_on for before, after in pairwise(made))


def test_credentials_name_the_clusters_issuer_which_nobody_knows_before_there_is_a_cluster() -> None:
    made = plain()
    cluster = made.one(f"{AZ}containerservice:ManagedCluster", "cluster")
    for each in made.graph.of_type(CREDENTIAL):
        assert cluster.urn in each.property_dependencies["issuer"]
        assert each.inputs["issuer"]


@pytest.mark.parametrize(("stages", "fits"), [(20, True), (21, False)])
def test_one_identity_takes_twenty_credentials(stages: int, fits: bool) -> None:
    found = identity.problems(with_stages(stages))
    assert (found == []) is fits
    assert fits or "found 21 stages; allowed: at most 20" in str(found[0])


def test_too_many_stages_are_told_before_anything_is_made() -> None:
    with pytest.raises(PlanError, match="21 stages"):
        build(with_stages(21))


def test_a_cold_placement_has_no_credentials_to_count() -> None:
    assert identity.problems(replace(with_stages(21), renders=("artifacts", "identity"))) == []


def test_service_accounts_and_pods_say_what_azures_webhook_looks_for() -> None:
    handle = plain().handle
    assert handle is not None
    assert set(handle.identity.service_account_annotations) == {"azure.workload.identity/client-id"}
    assert handle.identity.pod_labels == {"azure.workload.identity/use": "true"}


def test_every_role_says_that_it_is_for_a_service_principal() -> None:
    """Otherwise Azure looks up an identity of which it has not heard yet."""
    made = ladder().graph.of_type(ROLE)
    assert len(made) == 7
    assert all(each.inputs["principalType"] == "ServicePrincipal" for each in made)


def test_roles_are_given_on_what_they_are_for_and_nothing_wider() -> None:
    made = plain()
    scopes = {each.name: each.property_dependencies.get("scope") for each in made.graph.of_type(ROLE)}
    assert scopes == {
        "here-grant-network": (made.one(f"{AZ}network:Subnet", "nodes").urn,),
        "here-grant-kubelet": (made.one(f"{AZ}managedidentity:UserAssignedIdentity", "kubelet").urn,),
        "here-grant-weights": (made.one(f"{AZ}storage:BlobContainer", "weights").urn,),
        "here-grant-secrets": (made.one(f"{AZ}keyvault:Vault", "secret-store").urn,),
        "here-grant-secrets-key": (made.one(f"{AZ}keyvault:Vault", "key-vault").urn,),
        "here-grant-flow-logs": (made.one(f"{AZ}storage:StorageAccount", "flow-logs-account").urn,),
    }


def test_stages_may_only_read_weights_and_nodes_nothing() -> None:
    made = plain()
    holders = {each.name: each.property_dependencies["principalId"] for each in made.graph.of_type(ROLE)}
    assert holders["here-grant-weights"] == (made.one(f"{AZ}managedidentity:UserAssignedIdentity", "workload").urn,)
    kubelet = made.one(f"{AZ}managedidentity:UserAssignedIdentity", "kubelet").urn
    assert (kubelet,) not in holders.values()


def test_the_subscription_is_read_from_an_id() -> None:
    assert identity.subscription_of("/subscriptions/0000/resourceGroups/chat-here") == "0000"
