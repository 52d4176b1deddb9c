"""The managed cluster and its system pool."""

import pytest

from support.azure import AZ, CLUSTER, ROLE, ladder, other, plain
from support.plans import plan


def cluster() -> dict:
    return plain().inputs(CLUSTER, "cluster")


def system_pool() -> dict:
    (pool,) = cluster()["agentPoolProfiles"]
    return pool


def test_the_list_of_pools_is_left_alone_once_the_cluster_exists() -> None:
    """Sending it again is refused ("A new agent pool was introduced") or undoes what the pools have become."""
    assert plain().one(CLUSTER, "cluster").ignore_changes == ("agentPoolProfiles",)


def test_the_system_pool_keeps_everything_but_add_ons_away() -> None:
    pool = system_pool()
    assert pool["mode"] == "System"
    assert pool["nodeTaints"] == ["CriticalAddonsOnly=true:NoSchedule"]
    assert (pool["minCount"], pool["maxCount"], pool["count"]) == (2, 6, 2)
    assert pool["enableAutoScaling"] is True
    assert pool["tags"] == dict(plan("azure").tags)


def test_the_system_pool_lies_in_the_zones_of_the_plan() -> None:
    assert "availabilityZones" not in system_pool()
    assert other().inputs(CLUSTER, "cluster")["agentPoolProfiles"][0]["availabilityZones"] == ["1", "2", "3"]


def test_the_cluster_acts_as_an_identity_of_its_own_whose_roles_come_first() -> None:
    made = plain()
    resource = made.one(CLUSTER, "cluster")
    plane = made.one(f"{AZ}managedidentity:UserAssignedIdentity", "control-plane")
    assert resource.inputs["identity"]["type"] == "UserAssigned"
    assert resource.property_dependencies["identity"] == (plane.urn,)
    grants = {made.one(ROLE, "grant-network").urn, made.one(ROLE, "grant-kubelet").urn}
    assert grants <= set(resource.depends_on)


def test_nodes_pull_images_as_the_kubelet_identity_that_is_named_by_all_three_of_its_ids() -> None:
    made = plain()
    kubelet = made.one(f"{AZ}managedidentity:UserAssignedIdentity", "kubelet")
    assert set(cluster()["identityProfile"]["kubeletidentity"]) == {"resourceId", "clientId", "objectId"}
    assert made.one(CLUSTER, "cluster").property_dependencies["identityProfile"] == (kubelet.urn,)


def test_the_control_plane_has_an_sla_and_its_own_name_for_the_group_of_nodes() -> None:
    assert cluster()["sku"] == {"name": "Base", "tier": "Standard"}
    assert cluster()["nodeResourceGroup"] == "chat-here-nodes"


def test_service_accounts_can_prove_who_they_are() -> None:
    assert cluster()["oidcIssuerProfile"] == {"enabled": True}
    profile = cluster()["securityProfile"]
    key = profile["azureKeyVaultKms"]["keyId"]  # known when the key is
    assert profile == {
        "workloadIdentity": {"enabled": True},
        "azureKeyVaultKms": {"enabled": True, "keyId": key, "keyVaultNetworkAccess": "Public"},
        "imageCleaner": {"enabled": True, "intervalHours": 168},
    }


def test_patches_come_by_themselves_and_minor_versions_with_the_description() -> None:
    made = other()
    inputs = made.inputs(CLUSTER, "cluster")
    assert inputs["kubernetesVersion"] == "1.36"  # without a patch number, which would drift
    assert inputs["agentPoolProfiles"][0]["orchestratorVersion"] == "1.36"
    assert inputs["autoUpgradeProfile"] == {"upgradeChannel": "patch", "nodeOSUpgradeChannel": "NodeImage"}
    assert "kubernetesVersion" not in made.one(CLUSTER, "cluster").ignore_changes


@pytest.mark.parametrize("schedule", ["aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"])
def test_upgrades_have_a_window_so_that_accelerators_are_not_drained_at_noon(schedule: str) -> None:
    windows = {
        each.inputs["configName"]: each.inputs["maintenanceWindow"]
        for each in plain().graph.of_type(f"{AZ}containerservice:MaintenanceConfiguration")
    }
    assert windows[schedule]["schedule"] == {"weekly": {"dayOfWeek": "Sunday", "intervalWeeks": 1}}
    assert windows[schedule]["durationHours"] >= 4  # Azure takes nothing shorter


def test_the_kubeconfig_is_secret_and_waits_for_the_cluster() -> None:
    provider = ladder().one("pulumi:providers:kubernetes", "kubernetes")
    assert provider.inputs["kubeconfig"] == "[secret]"
    assert "here-cluster" in ladder().before(provider)


def test_someone_can_log_in_though_no_group_of_people_is_known() -> None:
    assert cluster()["disableLocalAccounts"] is False
    assert cluster()["enableRBAC"] is True
    assert "aadProfile" not in cluster()


def test_a_node_may_take_as_long_to_end_as_the_longest_stage_asks_for() -> None:
    assert other().inputs(CLUSTER, "cluster")["autoScalerProfile"]["maxGracefulTerminationSec"] == "7200"
    assert cluster()["autoScalerProfile"]["maxGracefulTerminationSec"] == "3600"
