"""What Azure is told once ids are known: values that a preview cannot show."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from intertie.platforms.aks.identity import ROLES
from support.azure import RESERVED, SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/chat-here"


@cache
def run() -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "support.azure_applied"]
    return subprocess.run(program, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])


def applied() -> dict[str, Any]:
    shown = run()
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


def role(name: str) -> tuple[str, str, str]:
    """Who may do what, and where."""
    given = applied()[f"here-grant-{name}"]
    return given["principalId"], given["roleDefinitionId"], given["scope"]


def definition(title: str) -> str:
    return f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{ROLES[title]}"


def test_roles_are_those_of_the_subscription_that_the_resource_group_lies_in() -> None:
    plane = "principal of chat-here-control-plane"
    assert role("network") == (plane, definition("Network Contributor"), f"{GROUP}/Subnet/nodes")
    kubelet = f"{GROUP}/UserAssignedIdentity/chat-here-kubelet"
    assert role("kubelet") == (plane, definition("Managed Identity Operator"), kubelet)
    reader = "principal of chat-here-workload"
    assert role("weights") == (reader, definition("Storage Blob Data Reader"), f"{GROUP}/BlobContainer/weights")


def test_the_role_on_reservations_is_on_their_resource_group() -> None:
    (name,) = [each for each in applied() if each.startswith("here-grant-capacity-")]
    given = applied()[name]
    assert given["roleDefinitionId"] == definition("Contributor")
    assert given["scope"] == RESERVED


def test_the_issuer_keeps_its_trailing_slash() -> None:
    for stage in ("prepare", "generate"):
        given = applied()[f"here-federation-{stage}"]
        assert given["issuer"] == "https://swedencentral.oic.prod-aks.azure.com/tenant/cluster/"
        assert given["subject"] == f"system:serviceaccount:chat:chat-{stage}"
        assert given["resourceName"] == "chat-here-workload"


def test_nodes_are_the_kubelet_identity() -> None:
    assert applied()["here-cluster"]["identityProfile"]["kubeletidentity"] == {
        "resourceId": f"{GROUP}/UserAssignedIdentity/chat-here-kubelet",
        "clientId": "client of chat-here-kubelet",
        "objectId": "principal of chat-here-kubelet",
    }


def test_pools_belong_to_the_cluster_and_lie_in_the_subnet() -> None:
    pool = applied()["here-pool-generate0"]
    assert pool["resourceName"] == "chat-here"
    assert pool["resourceGroupName"] == "chat-here"
    assert pool["vnetSubnetID"] == f"{GROUP}/Subnet/nodes"


def test_the_login_is_asked_for_once_the_cluster_is_there_decoded_and_secret() -> None:
    asked = applied()["azure-native:containerservice:listManagedClusterUserCredentials"]
    assert asked == {"resourceGroupName": "chat-here", "resourceName": "chat-here"}
    assert applied()["handle"]["kubeconfig"] == "apiVersion: v1\nkind: Config\n"
    assert applied()["handle"]["secret"] is True


def test_the_runtime_finds_the_weights_by_container_and_account() -> None:
    handle = applied()["handle"]
    assert handle["uri"] == "az://weights"
    assert handle["account"] == applied()["here-weights-account"]["accountName"]
    assert handle["client"] == "client of chat-here-workload"


def test_azures_sdk_is_loaded_when_something_is_built_and_no_other_clouds_ever() -> None:
    """Nor its part for virtual machines: it costs a third of a second, and only making a reservation needs it."""
    assert applied()["modules"] == {
        "before": [], "after": ["pulumi_azure_native", "pulumi_kubernetes"], "compute": False,
    }  # fmt: skip
