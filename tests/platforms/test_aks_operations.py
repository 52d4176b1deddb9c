"""What the plan decides about running a cluster, as AKS takes it. Each wish alone, and what it must not touch."""

import json
from functools import cache
from typing import Any

import pytest
import yaml

from intertie.boundary import lifted
from intertie.errors import PlanError
from intertie.graph import check
from intertie.plan import Operations, TeamAccess, Window
from intertie.platforms.aks import cluster_access
from support.azure import AZ, CLUSTER, ROLE, SUBSCRIPTION, placed
from support.building import Built, build
from support.pipelines import planned

KEY = f"{AZ}keyvault:Key"
LOGS = f"{AZ}operationalinsights:Workspace"
RECORDS = f"{AZ}monitor:DiagnosticSetting"
PEERING = f"{AZ}network:VirtualNetworkPeering"
SUBNET = f"{AZ}network:Subnet"
WINDOW = f"{AZ}containerservice:MaintenanceConfiguration"
READERS, PLATFORM = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
DEPLOYER = "00000000-0000-4000-8000-00000000000c"
VIEW, ADMIN = TeamAccess("readers", "view", (READERS,)), TeamAccess("platform", "admin", (PLATFORM,))
RUNNER = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/ci/providers/Microsoft.Network/virtualNetworks/ci"
FETCHED = yaml.safe_dump(
    {"clusters": [{"name": "c", "cluster": {"server": "https://c"}}], "users": [{"name": "u", "user": {"token": "t"}}]}
)


@cache
def operated(**wishes: Any) -> Built:
    return build(placed(operations=Operations(**wishes)))


def control_plane(**wishes: Any) -> dict[str, Any]:
    return operated(**wishes).inputs(CLUSTER, "cluster")


def roles(built: Built) -> list[str]:
    """The principal of every assignment to somebody who is named."""
    named = [each.inputs for each in built.graph.of_type(ROLE)]
    return [each["principalId"] for each in named if each.get("principalType") != "ServicePrincipal"]


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"api_ranges": ("198.51.100.0/24",)},
        {"api": "private", "runner_network": RUNNER},
        {"teams": (VIEW, ADMIN), "deployer": DEPLOYER},
        {"channel": "extended"},
    ],
    ids=lambda wishes: ",".join(wishes) or "defaults",
)
def test_every_way_of_running_an_aks_cluster_is_spelt_right(wishes: dict[str, Any]) -> None:
    assert check(operated(**wishes).graph) == ()


def test_a_public_api_answers_to_the_ranges_of_the_plan_and_to_the_nodes_way_out() -> None:
    built = operated(api_ranges=("198.51.100.0/24",))
    ranges = built.inputs(CLUSTER, "cluster")["apiServerAccessProfile"]["authorizedIPRanges"]
    assert ranges[0] == "198.51.100.0/24"
    assert len(ranges) == 2  # the second is known when the address is
    egress = built.one(f"{AZ}network:PublicIPAddress", "egress-address").urn
    assert egress in built.one(CLUSTER, "cluster").property_dependencies["apiServerAccessProfile"]
    assert "authorizedIPRanges" not in control_plane()["apiServerAccessProfile"]


def test_a_private_aks_api_has_no_public_address_or_name() -> None:
    profile = control_plane(api="private")["apiServerAccessProfile"]
    assert profile == {
        "disableRunCommand": True,
        "enablePrivateCluster": True,
        "enablePrivateClusterPublicFQDN": False,
        "privateDNSZone": "system",
    }


def test_the_runners_network_is_peered_with_that_of_the_nodes() -> None:
    peering = operated(api="private", runner_network=RUNNER).inputs(PEERING, "runner-peering")
    assert peering["remoteVirtualNetwork"] == {"id": RUNNER}
    assert not operated().graph.of_type(PEERING)


def test_secrets_are_encrypted_by_a_key_that_the_control_plane_may_use_before_there_is_a_cluster() -> None:
    built = operated()
    kms = built.inputs(CLUSTER, "cluster")["securityProfile"]["azureKeyVaultKms"]
    assert (kms["enabled"], kms["keyVaultNetworkAccess"]) == (True, "Public")
    assert {"here-secrets-key", "here-grant-secrets-key"} <= built.before(built.one(CLUSTER, "cluster"))
    assert built.inputs(KEY, "secrets-key")["properties"] == {"keySize": 2048, "kty": "RSA"}


def test_an_azure_key_that_exists_is_used_and_none_is_made() -> None:
    key = "https://acme.vault.azure.net/keys/aks/0123456789abcdef0123456789abcdef"
    built = operated(key=key)
    assert built.inputs(CLUSTER, "cluster")["securityProfile"]["azureKeyVaultKms"]["keyId"] == key
    assert not built.graph.of_type(KEY)


def test_long_support_takes_the_premium_tier() -> None:
    extended = control_plane(channel="extended")
    assert (extended["sku"]["tier"], extended["supportPlan"]) == ("Premium", "AKSLongTermSupport")
    assert (control_plane()["sku"]["tier"], control_plane()["supportPlan"]) == ("Standard", "KubernetesOfficial")


def test_both_schedules_have_the_window_of_the_plan() -> None:
    windows = [
        each.inputs["maintenanceWindow"] for each in operated(window=Window("friday", "22:30", 5)).graph.of_type(WINDOW)
    ]
    assert len(windows) == 2
    for window in windows:
        assert window["schedule"] == {"weekly": {"dayOfWeek": "Friday", "intervalWeeks": 1}}
        assert (window["startTime"], window["durationHours"]) == ("22:30", 5)


@pytest.mark.parametrize("protected", [True, False])
def test_a_protected_aks_cluster_is_protected_by_pulumi(protected: bool) -> None:
    assert operated(deletion_protection=protected).one(CLUSTER, "cluster").protect is protected


@pytest.mark.parametrize(("protected", "said"), [(True, True), (False, None)])
def test_vaults_of_a_protected_placement_cannot_be_purged_and_others_do_not_say_no(
    protected: bool, said: bool | None
) -> None:
    built = operated(purge_protection=protected)
    vaults = [each for each in built.graph if each.type == "azure-native:keyvault:Vault"]
    assert vaults
    assert {each.inputs["properties"].get("enablePurgeProtection") for each in vaults} == {said}


def test_lifting_the_protection_of_a_cluster_leaves_its_vaults_as_they_are() -> None:
    plan = planned("azure", environment="production")
    assert (plan.operations.deletion_protection, plan.operations.purge_protection) == (True, True)
    assert (lifted(plan).operations.deletion_protection, lifted(plan).operations.purge_protection) == (False, True)


def test_audit_and_control_plane_logs_of_aks_are_kept_as_long_as_the_plan_says() -> None:
    built = operated(log_days=120)
    assert built.inputs(LOGS, "control-plane-logs")["retentionInDays"] == 120
    records = built.inputs(RECORDS, "control-plane-records")["logs"]
    assert {"kube-audit-admin", "guard", "kube-apiserver"} <= {each["category"] for each in records}
    assert all(each["enabled"] for each in records)


def test_services_of_azure_are_reached_over_its_own_network() -> None:
    def services(**wishes: Any) -> set[str]:
        return {each["service"] for each in operated(**wishes).inputs(SUBNET, "nodes")["serviceEndpoints"]}

    assert services() == {"Microsoft.ContainerRegistry", "Microsoft.KeyVault", "Microsoft.Storage"}
    assert services(endpoints=False) == {"Microsoft.Storage"}


def test_a_cluster_without_a_way_out_is_refused_with_the_reason() -> None:
    with pytest.raises(PlanError) as caught:
        operated(egress="none")
    (problem,) = caught.value.problems
    assert problem.path == "placements.here.network.egress"
    assert "Microsoft Entra ID, which has no private address" in problem.hint
    assert "registry of its own" in problem.hint


def test_teams_are_known_by_entra_and_their_rights_are_azures() -> None:
    built = operated(teams=(VIEW, ADMIN))
    inputs = built.inputs(CLUSTER, "cluster")
    assert inputs["aadProfile"] == {"enableAzureRBAC": True, "managed": True}
    reader = built.inputs(ROLE, f"grant-team-readers-{cluster_access.digest(READERS, 6)}")
    assert (reader["principalId"], reader["principalType"]) == (READERS, "Group")
    assert sorted(roles(built)) == [READERS, READERS, PLATFORM, PLATFORM]  # to connect, and what they may do
    assert "aadProfile" not in control_plane()


@pytest.mark.parametrize(
    ("wishes", "off"),
    [({}, False), ({"teams": (VIEW,)}, False), ({"teams": (ADMIN,)}, True), ({"deployer": DEPLOYER}, True)],
)
def test_local_accounts_are_off_as_soon_as_somebody_else_can_administer(wishes: dict[str, Any], off: bool) -> None:
    assert control_plane(**wishes)["disableLocalAccounts"] is off


def test_the_deployer_administers_the_cluster() -> None:
    assert roles(operated(deployer=DEPLOYER)) == [DEPLOYER, DEPLOYER]


def test_without_local_accounts_the_login_is_that_of_the_azure_cli() -> None:
    text = cluster_access.config_text(placed(operations=Operations(deployer=DEPLOYER)), FETCHED)
    (user,) = json.loads(text)["users"]
    assert user["user"]["exec"]["args"][:3] == ["get-token", "--login", "azurecli"]
    assert "token" not in user["user"]


def test_with_local_accounts_the_kubeconfig_is_the_one_that_azure_gives() -> None:
    assert cluster_access.config_text(placed(operations=Operations()), FETCHED) == FETCHED


def test_a_runner_behind_a_bastion_reaches_aks_through_its_proxy() -> None:
    text = cluster_access.config_text(placed(operations=Operations(runner_proxy="socks5://127.0.0.1:1080")), FETCHED)
    assert json.loads(text)["clusters"][0]["cluster"]["proxy-url"] == "socks5://127.0.0.1:1080"
    assert json.loads(text)["users"][0]["user"] == {"token": "t"}
