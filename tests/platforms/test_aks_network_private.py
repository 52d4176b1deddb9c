"""What of the network on Azure is neither subnet nor way out: the vault's private endpoint, and flow logs."""

from functools import cache
from typing import Any

from intertie.graph import check
from intertie.plan import Operations
from intertie.platforms.aks.identity import ROLES
from intertie.platforms.aks.storage import account_name
from support.azure import AZ, ROLE, placed
from support.building import Built, build
from support.plans import spec, spec_data

ENDPOINT = f"{AZ}network:PrivateEndpoint"
FLOW_LOG = f"{AZ}network:FlowLog"
ACCOUNT = f"{AZ}storage:StorageAccount"


@cache
def with_secrets(**wishes: Any) -> Built:
    data = spec_data("azure")
    data["stages"][1]["model"]["token_secret"] = "hub-token"
    return build(placed(spec=spec("azure", **data), operations=Operations(**wishes)))


def test_a_network_with_a_private_endpoint_and_flow_logs_is_spelt_right() -> None:
    assert check(with_secrets().graph) == ()


def test_the_vault_with_the_secrets_answers_inside_of_the_network() -> None:
    made = with_secrets()
    endpoint = made.one(ENDPOINT, "secrets-endpoint")
    (connection,) = endpoint.inputs["privateLinkServiceConnections"]
    assert connection["groupIds"] == ["vault"]
    vault = made.one(f"{AZ}keyvault:Vault", "secret-store")
    assert endpoint.property_dependencies["privateLinkServiceConnections"] == (vault.urn,)
    assert endpoint.property_dependencies["subnet"] == (made.one(f"{AZ}network:Subnet", "nodes").urn,)


def test_inside_the_vault_is_found_under_its_own_name_and_so_is_every_other_vault() -> None:
    made = with_secrets()
    zone = made.one(f"{AZ}privatedns:PrivateZone", "secrets-zone")
    assert (zone.inputs["privateZoneName"], zone.inputs["location"]) == ("privatelink.vaultcore.azure.net", "global")
    link = made.one(f"{AZ}privatedns:VirtualNetworkLink", "secrets-zone-link")
    assert link.inputs["resolutionPolicy"] == "NxDomainRedirect"
    assert link.inputs["registrationEnabled"] is False
    assert link.property_dependencies["virtualNetwork"] == (made.one(f"{AZ}network:VirtualNetwork", "network").urn,)
    records = made.one(f"{AZ}network:PrivateDnsZoneGroup", "secrets-zone-records")
    assert records.property_dependencies["privateDnsZoneConfigs"] == (zone.urn,)
    assert records.property_dependencies["privateEndpointName"] == (made.one(ENDPOINT, "secrets-endpoint").urn,)


def test_pods_start_when_the_vault_can_be_found() -> None:
    handle = with_secrets().handle
    assert handle is not None
    assert {"PrivateDnsZoneGroup", "VirtualNetworkLink"} <= {type(each).__name__ for each in handle.ready}


def test_without_secrets_or_without_the_wish_there_is_no_private_endpoint() -> None:
    assert not with_secrets(endpoints=False).graph.of_type(ENDPOINT)
    assert not build(placed(spec=spec("azure", endpoint=None))).graph.of_type(ENDPOINT)


def test_flow_logs_of_azure_record_the_whole_network_as_long_as_logs_are_kept() -> None:
    made = with_secrets(log_days=120)
    log = made.one(FLOW_LOG, "flow-log")
    assert log.inputs["enabled"] is True
    assert log.inputs["retentionPolicy"] == {"enabled": True, "days": 120}
    assert log.inputs["format"] == {"type": "JSON", "version": 2}
    assert log.property_dependencies["targetResourceId"] == (made.one(f"{AZ}network:VirtualNetwork", "network").urn,)
    assert log.property_dependencies["storageId"] == (made.one(ACCOUNT, "flow-logs-account").urn,)


def test_flow_logs_are_the_regions_own_watchers() -> None:
    log = with_secrets().inputs(FLOW_LOG, "flow-log")
    assert (log["networkWatcherName"], log["resourceGroupName"]) == ("NetworkWatcher_swedencentral", "NetworkWatcherRG")
    assert log["location"] == "swedencentral"


def test_flow_logs_are_written_by_an_identity_into_an_account_without_keys() -> None:
    made = with_secrets()
    log, account = made.one(FLOW_LOG, "flow-log"), made.one(ACCOUNT, "flow-logs-account")
    assert log.inputs["identity"]["type"] == "UserAssigned"
    writer = made.one(f"{AZ}managedidentity:UserAssignedIdentity", "flow-logs").urn
    assert log.property_dependencies["identity"] == (writer,)
    assert (account.inputs["allowSharedKeyAccess"], account.inputs["allowBlobPublicAccess"]) == (False, False)
    assert account.inputs["accessTier"] == "Cool"
    right = made.one(ROLE, "grant-flow-logs")
    assert right.property_dependencies["scope"] == (account.urn,)
    assert right.urn in log.depends_on
    assert ROLES["Storage Blob Data Contributor"] == "ba92f5b4-2d11-453d-a403-e96b0029c9fe"


def test_accounts_for_different_uses_do_not_meet() -> None:
    assert account_name(placed()) != account_name(placed(), "flow-logs")
    assert len(account_name(placed(), "flow-logs")) <= 24


def test_flow_logs_of_azure_can_be_left_out() -> None:
    made = with_secrets(flow_logs=False)
    assert not made.graph.of_type(FLOW_LOG)
    assert [each.name for each in made.graph.of_type(ACCOUNT)] == ["here-weights-account"]
