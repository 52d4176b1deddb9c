"""AKS as a whole: everything that is registered, for every tier and every kind of capacity."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from intertie.errors import PlanError
from intertie.graph import check
from support.azure import AZ, ladder, other, placed, plain, pool
from support.building import Built, build
from support.plans import plan, spec, spec_data

TAGGABLE = {
    "resources:ResourceGroup", "network:VirtualNetwork", "network:PublicIPAddress", "network:NatGateway",
    "managedidentity:UserAssignedIdentity", "containerservice:ManagedCluster", "containerservice:AgentPool",
    "storage:StorageAccount",
}  # fmt: skip


@cache
def cold_stack() -> Built:
    return build(placed(tier="cold", renders=("artifacts", "identity")))


@pytest.mark.parametrize("stack", [ladder, plain, other])
def test_no_stack_has_anything_misspelt_or_missing(stack: Callable[[], Built]) -> None:
    assert check(stack().graph) == ()
    assert not stack().graph.messages


def test_everything_that_can_carry_tags_carries_the_plans() -> None:
    made = plain().graph
    tagged = [each for each in made if each.type.removeprefix(AZ) in TAGGABLE]
    assert {each.type.removeprefix(AZ) for each in tagged} == TAGGABLE
    assert all(each.inputs["tags"] == dict(plan("azure").tags) for each in tagged)


def test_every_tag_is_legal_on_azure_or_nothing_is_built() -> None:
    wrong = replace(plan("azure"), tags=(("cost/center", "x"),))
    with pytest.raises(PlanError, match="cost/center"):
        build(wrong)


def test_names_are_unique_per_type_and_tell_the_component_and_the_role() -> None:
    made = [each for each in ladder().graph if each.custom and each.type != "pulumi:pulumi:Stack"]
    assert all(count == 1 for count in Counter((each.type, each.name) for each in made).values())
    assert all(each.name.startswith("here-") for each in made)


def test_every_child_hangs_under_the_component() -> None:
    made = plain().graph
    holder = made.find("test:index:Holder", "here").urn
    assert all(each.parent == holder for each in made if each.type.startswith(AZ))


def test_physical_names_are_given_wherever_azure_asks_for_one() -> None:
    """The provider's random suffix never fits a pool, and makes two previews of one thing differ."""
    named = {
        "resources:ResourceGroup": "resourceGroupName", "network:VirtualNetwork": "virtualNetworkName",
        "network:Subnet": "subnetName", "network:NatGateway": "natGatewayName",
        "network:PublicIPAddress": "publicIpAddressName", "managedidentity:UserAssignedIdentity": "resourceName",
        "managedidentity:FederatedIdentityCredential": "federatedIdentityCredentialResourceName",
        "containerservice:ManagedCluster": "resourceName", "containerservice:AgentPool": "agentPoolName",
        "containerservice:MaintenanceConfiguration": "configName", "storage:StorageAccount": "accountName",
        "storage:BlobContainer": "containerName",
    }  # fmt: skip
    for each in ladder().graph:
        key = named.get(each.type.removeprefix(AZ))
        assert key is None or isinstance(each.inputs.get(key), str), each.name
    assert {each.type.removeprefix(AZ) for each in ladder().graph} >= set(named)


def test_a_cold_placement_is_weights_secrets_and_identity_and_no_cluster() -> None:
    cold = cold_stack()
    assert cold.handle is None
    assert {each.type.removeprefix(AZ) for each in cold.graph if each.type.startswith(AZ)} == {
        "resources:ResourceGroup", "managedidentity:UserAssignedIdentity", "authorization:RoleAssignment",
        "storage:StorageAccount", "storage:BlobServiceProperties", "storage:BlobContainer", "keyvault:Vault",
    }  # fmt: skip


def test_a_placement_can_warm_up_without_anything_being_replaced() -> None:
    """What a cold placement has keeps its names and inputs when the cluster comes."""
    cold = cold_stack().graph
    hot = {each.urn: each.inputs for each in plain().graph}
    assert all(hot[each.urn] == each.inputs for each in cold if each.custom and each.type.startswith(AZ))


def test_the_handle_is_all_that_a_workload_needs() -> None:
    handle = plain().handle
    assert handle is not None
    assert handle.name == "chat-here"
    assert set(handle.pools) == {"system", "general", "generate0"}
    assert handle.registry is None
    assert {"autoscaler", "nvidia-driver"} <= handle.provided
    assert "nvidia-device-plugin" not in handle.provided


def test_the_registry_of_the_placement_is_handed_on() -> None:
    handle = other().handle
    assert handle is not None
    assert handle.registry == "acme.azurecr.io/mirror"


def test_all_problems_come_at_once_and_before_anything_is_registered() -> None:
    data = spec_data("azure")
    data["placements"]["here"]["weights"] = "acme-weights"
    wrong = pool(0, "crg", claim=pool(0, "crg", identifier="h100").claim, max_nodes=1000)
    with pytest.raises(PlanError) as raised:
        build(replace(plan("azure", (wrong,)), spec=spec("azure", **data)))
    assert {problem.path for problem in raised.value.problems} == {
        "placements.here.weights", "placements.here.capacity.generate", "placements.here.network.pods",
    }  # fmt: skip


def test_a_ladder_adds_pools_and_renames_nothing() -> None:
    def names(stack: Built) -> set[tuple[str, str]]:
        return {(each.type, each.name) for each in stack.graph}

    assert names(plain()) < names(ladder())
