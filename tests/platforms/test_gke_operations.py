"""What the plan decides about running a cluster, as GKE takes it. Each wish alone, and what it must not touch."""

import json
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from intertie.contract import TeamBinding
from intertie.graph import check
from intertie.plan import Operations, TeamAccess, Window
from intertie.platforms.gke import cluster_access, network_private
from support.building import Built, build
from support.gke import CLUSTER, SERVICE, placed

KEY_USER = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
LOGS = "gcp:logging/projectBucketConfig:ProjectBucketConfig"
SINK = "gcp:logging/projectSink:ProjectSink"
PEERING = "gcp:compute/networkPeering:NetworkPeering"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
NAT = "gcp:compute/routerNat:RouterNat"
ZONE = "gcp:dns/managedZone:ManagedZone"
RECORD = "gcp:dns/recordSet:RecordSet"
ROLE = "gcp:projects/iAMMember:IAMMember"
RUNNER = "projects/acme-runners/global/networks/ci"
PRIVATE: dict[str, Any] = {"api": "private", "runner_network": RUNNER, "runner_ranges": ("10.9.0.0/24",)}
TEAMS = (
    TeamAccess("readers", "view", ("group:readers@example.com", "user:reader@example.com")),
    TeamAccess("platform", "admin", ("group:platform@example.com",)),
)


@cache
def operated(**wishes: Any) -> Built:
    return build(placed(operations=Operations(**wishes)))


def control_plane(**wishes: Any) -> dict[str, Any]:
    return operated(**wishes).inputs(CLUSTER, "cluster")


@pytest.mark.parametrize(
    "wishes",
    [{}, PRIVATE, {"api_ranges": ("198.51.100.0/24",)}, {"egress": "none"}, {"flow_logs": False}, {"teams": TEAMS}],
    ids=lambda wishes: ",".join(wishes) or "defaults",
)
def test_every_way_of_running_a_gke_cluster_is_spelt_right(wishes: dict[str, Any]) -> None:
    assert check(operated(**wishes).graph) == ()


def test_a_public_api_with_ranges_is_an_address_that_answers_to_them_alone() -> None:
    made = control_plane(api_ranges=("198.51.100.0/24",))
    assert made["controlPlaneEndpointsConfig"] == {
        "dnsEndpointConfig": {"allowExternalTraffic": False},
        "ipEndpointsConfig": {"enabled": True},
    }
    assert made["masterAuthorizedNetworksConfig"] == {
        "cidrBlocks": [{"cidrBlock": "198.51.100.0/24", "displayName": "allowed-0"}],
        "gcpPublicCidrsAccessEnabled": False,
    }
    assert "enablePrivateEndpoint" not in made["privateClusterConfig"]


def test_a_private_api_has_no_public_address_and_answers_to_the_runner_alone() -> None:
    made = control_plane(**PRIVATE)
    assert made["privateClusterConfig"] == {"enablePrivateEndpoint": True, "enablePrivateNodes": True}
    assert made["controlPlaneEndpointsConfig"]["dnsEndpointConfig"] == {"allowExternalTraffic": False}
    (block,) = made["masterAuthorizedNetworksConfig"]["cidrBlocks"]
    assert block["cidrBlock"] == "10.9.0.0/24"


def test_nobody_reaches_a_private_api_that_no_runner_is_named_for() -> None:
    assert control_plane(api="private")["masterAuthorizedNetworksConfig"]["cidrBlocks"] == []


def test_the_runners_network_is_peered_with_the_routes_to_the_api() -> None:
    peering = operated(**PRIVATE).inputs(PEERING, "runner-peering")
    assert (peering["peerNetwork"], peering["exportCustomRoutes"]) == (RUNNER, True)
    assert not operated().graph.of_type(PEERING)


@pytest.mark.parametrize(
    ("wishes", "trusted"), [({}, False), ({"api_ranges": ("198.51.100.0/24",)}, True), (PRIVATE, True)]
)
def test_a_kubeconfig_names_the_authority_of_an_address_and_none_for_the_dns_name(wishes: Any, trusted: bool) -> None:
    plan = placed(operations=Operations(**wishes))
    text = cluster_access.config_text(plan, "host.example.com", "Y2E=" if trusted else "")
    assert cluster_access.by_name(plan) is not trusted
    server = json.loads(text)["clusters"][0]["cluster"]
    expected = {"certificate-authority-data": "Y2E="} if trusted else {}
    assert server == {"server": "https://host.example.com", **expected}


def test_a_runner_behind_a_bastion_reaches_gke_through_its_proxy() -> None:
    plan = placed(operations=Operations(runner_proxy="socks5://127.0.0.1:1080"))
    server = json.loads(cluster_access.config_text(plan, "host.example.com"))["clusters"][0]["cluster"]
    assert server["proxy-url"] == "socks5://127.0.0.1:1080"


def test_secrets_are_encrypted_by_a_key_that_gkes_agent_may_use_before_there_is_a_cluster() -> None:
    built = operated()
    assert built.inputs(CLUSTER, "cluster")["databaseEncryption"]["state"] == "ENCRYPTED"
    user = built.inputs(KEY_USER, "secrets-key-user")
    assert user["role"] == "roles/cloudkms.cryptoKeyEncrypterDecrypter"
    assert "here-secrets-key-user" in built.before(built.one(CLUSTER, "cluster"))
    ring = built.one("gcp:kms/keyRing:KeyRing", "secrets-keys")
    nodes = built.one("gcp:serviceaccount/account:Account", "nodes-account")
    assert ring.property_dependencies["name"] == (nodes.urn,), (
        "a ring's name can never be used again, nor be left to chance"
    )
    assert built.inputs("gcp:kms/cryptoKey:CryptoKey", "secrets-key")["rotationPeriod"] == "7776000s"
    assert "cloudkms.googleapis.com" in {each.inputs["service"] for each in built.graph.of_type(SERVICE)}


def test_a_key_that_exists_is_used_and_none_is_made() -> None:
    key = "projects/acme/locations/europe-west4/keyRings/own/cryptoKeys/gke"
    built = operated(key=key)
    assert built.inputs(CLUSTER, "cluster")["databaseEncryption"]["keyName"] == key
    assert not built.graph.of_type("gcp:kms/cryptoKey:CryptoKey")


@pytest.mark.parametrize("channel", ["stable", "regular", "rapid", "extended"])
def test_the_channel_is_the_plans(channel: str) -> None:
    assert control_plane(channel=channel)["releaseChannel"] == {"channel": channel.upper()}


@pytest.mark.parametrize(("day", "code"), [("monday", "MO"), ("wednesday", "WE"), ("sunday", "SU")])
def test_the_window_comes_every_week_on_its_day_and_is_as_long_as_it_says(day: str, code: str) -> None:
    made = control_plane(window=Window(day, "22:30", 12))["maintenancePolicy"]["recurringWindow"]
    assert made["recurrence"] == f"FREQ=WEEKLY;BYDAY={code}"
    start, end = (datetime.fromisoformat(made[each]) for each in ("startTime", "endTime"))
    assert start.strftime("%A %H:%M") == f"{day.capitalize()} 22:30"
    assert (end - start).total_seconds() == 12 * 3600


@pytest.mark.parametrize(("hours", "days"), [(4, "SA,SU,MO"), (5, "SA,SU,MO"), (6, "SA,SU"), (11, "SA,SU"), (12, "SA")])
def test_a_short_window_comes_on_as_many_days_as_make_48_hours_in_four_weeks(hours: int, days: str) -> None:
    made = control_plane(window=Window("saturday", "02:00", hours))["maintenancePolicy"]["recurringWindow"]
    assert made["recurrence"] == f"FREQ=WEEKLY;BYDAY={days}"
    assert 4 * hours * (days.count(",") + 1) >= 48


@pytest.mark.parametrize("protected", [True, False])
def test_gke_protects_a_cluster_from_deletion_when_the_plan_says_so(protected: bool) -> None:
    assert control_plane(deletion_protection=protected)["deletionProtection"] is protected


def test_audit_and_control_plane_logs_are_kept_as_long_as_the_plan_says() -> None:
    built = operated(log_days=120)
    bucket, sink = built.inputs(LOGS, "control-plane-logs"), built.inputs(SINK, "control-plane-sink")
    assert (bucket["retentionDays"], bucket["location"]) == (120, "europe-west4")
    assert sink["filter"] == (
        'resource.type=("k8s_cluster" OR "k8s_control_plane_component" OR "k8s_container" OR "k8s_pod") '
        'AND resource.labels.cluster_name="chat-here"'
    )
    assert {"here-control-plane-sink", "here-control-plane-logs"} <= built.before(built.one(CLUSTER, "cluster"))


def test_a_cluster_that_comes_back_within_a_week_does_not_meet_its_own_deleted_logs() -> None:
    """Google keeps a deleted bucket of logs for seven days, and takes no change of one in them."""
    built = operated()
    nodes = built.one("gcp:serviceaccount/account:Account", "nodes-account")
    assert built.one(LOGS, "control-plane-logs").property_dependencies["bucketId"] == (nodes.urn,)


def test_flow_logs_can_be_left_out() -> None:
    assert operated().inputs(SUBNETWORK, "subnetwork")["logConfig"]["flowSampling"] == 0.5
    assert "logConfig" not in operated(flow_logs=False).inputs(SUBNETWORK, "subnetwork")


def test_without_a_way_out_googles_services_are_reached_from_within() -> None:
    built = operated(egress="none")
    assert not built.graph.of_type(NAT)
    assert {each.inputs["dnsName"] for each in built.graph.of_type(ZONE)} == {"googleapis.com.", "gcr.io.", "pkg.dev."}
    addresses = [each.inputs for each in built.graph.of_type(RECORD) if each.inputs["type"] == "A"]
    assert [tuple(each["rrdatas"]) for each in addresses] == [network_private.RESTRICTED] * 3
    names = [each.inputs for each in built.graph.of_type(RECORD) if each.inputs["type"] == "CNAME"]
    assert [each["rrdatas"] for each in names] == [[each["name"].removeprefix("*.")] for each in names]
    assert "dns.googleapis.com" in {each.inputs["service"] for each in built.graph.of_type(SERVICE)}
    assert not operated().graph.of_type(ZONE)


def test_members_of_teams_may_connect_and_their_rights_are_the_clusters_own() -> None:
    built = operated(teams=TEAMS, deployer="serviceAccount:ci@acme.iam.gserviceaccount.com")
    connect = [each.inputs for each in built.graph.of_type(ROLE) if each.inputs["role"].startswith("roles/container.c")]
    assert {each["member"] for each in connect} == {member for team in TEAMS for member in team.principals}
    assert {each["role"] for each in connect} == {"roles/container.clusterViewer"}
    assert built.handle is not None
    assert built.handle.teams == (
        TeamBinding("deployer", "admin", "User", "ci@acme.iam.gserviceaccount.com"),
        TeamBinding("readers", "view", "Group", "readers@example.com"),
        TeamBinding("readers", "view", "User", "reader@example.com"),
        TeamBinding("platform", "admin", "Group", "platform@example.com"),
    )
