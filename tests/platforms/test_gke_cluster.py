"""The control plane, its network, identities and bucket."""

import json

import pytest

from intertie.errors import PlanError
from intertie.platforms.gke import cluster_access, network, storage
from support.building import build
from support.gke import ACCOUNT, BUCKET, CLUSTER, POOL, described, ladder, multi_node, placed, pool, tpu_pool
from support.plans import plan, spec, spec_data

NETWORK = "gcp:compute/network:Network"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
NAT = "gcp:compute/routerNat:RouterNat"
IDENTITY = "gcp:serviceaccount/iAMMember:IAMMember"
ROLE = "gcp:projects/iAMMember:IAMMember"


def cluster() -> dict:
    return ladder().inputs(CLUSTER, "cluster")


def test_the_default_pool_is_taken_away_by_both_settings_and_obeys_the_projects_policies() -> None:
    assert cluster()["removeDefaultNodePool"] is True
    assert cluster()["initialNodeCount"] == 1
    node = cluster()["nodeConfig"]
    assert node["shieldedInstanceConfig"] == {"enableIntegrityMonitoring": True, "enableSecureBoot": True}
    resource = ladder().one(CLUSTER, "cluster")
    assert ladder().one(ACCOUNT, "nodes-account").urn in resource.property_dependencies["nodeConfig"]


def test_what_gke_reports_of_the_pool_that_is_gone_does_not_replace_the_cluster() -> None:
    assert ladder().one(CLUSTER, "cluster").ignore_changes == ("nodeConfig",)


def test_no_pool_is_part_of_the_cluster_itself() -> None:
    assert "nodePools" not in cluster()


def test_the_cluster_is_regional_and_of_the_pinned_minor_version() -> None:
    assert cluster()["location"] == "europe-west4"
    assert cluster()["minMasterVersion"] == "1.35"
    assert cluster()["releaseChannel"] == {"channel": "REGULAR"}


def test_nodes_are_private_and_the_control_plane_is_reached_by_name_alone() -> None:
    assert cluster()["privateClusterConfig"] == {"enablePrivateNodes": True}
    assert cluster()["controlPlaneEndpointsConfig"] == {
        "dnsEndpointConfig": {"allowExternalTraffic": True},
        "ipEndpointsConfig": {"enabled": False},
    }
    assert cluster()["masterAuth"] == {"clientCertificateConfig": {"issueClientCertificate": False}}
    # Even an empty block would turn the list of allowed addresses on.
    assert "masterAuthorizedNetworksConfig" not in cluster()


def test_the_data_plane_enforces_policies_by_itself() -> None:
    assert cluster()["datapathProvider"] == "ADVANCED_DATAPATH"
    assert "networkPolicy" not in cluster()
    assert cluster()["networkingMode"] == "VPC_NATIVE"


def test_the_gateway_api_is_left_to_the_gateway_that_is_the_same_on_every_cloud() -> None:
    assert cluster()["gatewayApiConfig"] == {"channel": "CHANNEL_DISABLED"}


def test_destroy_needs_no_update_before_it() -> None:
    assert cluster()["deletionProtection"] is False


def test_gpu_metrics_are_collected_where_there_are_gpus() -> None:
    assert "DCGM" in cluster()["monitoringConfig"]["enableComponents"]
    without = build(placed(tpu_pool())).inputs(CLUSTER, "cluster")
    assert "DCGM" not in without["monitoringConfig"]["enableComponents"]


def test_no_driver_that_mounts_buckets_is_run_since_weights_are_streamed() -> None:
    assert set(cluster()["addonsConfig"]) == {"dnsCacheConfig", "gcePersistentDiskCsiDriverConfig"}


@pytest.mark.parametrize(
    ("pools", "wanted"),
    [
        ((pool(),), False),
        ((multi_node("a3-megagpu-8g", "tcpxo"),), True),
        ((multi_node("a3-megagpu-8g", "tcpxo", hosts=1),), False),
        ((multi_node("a3-ultragpu-8g", "roce", "spot"),), False),
    ],
)
def test_multi_networking_is_on_only_where_a_pool_needs_it(pools, wanted) -> None:
    assert build(placed(*pools)).inputs(CLUSTER, "cluster").get("enableMultiNetworking", False) is wanted


def test_the_kubeconfig_asks_googles_plugin_for_a_token_and_trusts_public_certificates() -> None:
    config = json.loads(cluster_access.config_text(placed(), "gke-0123.europe-west4.gke.goog"))
    assert config["clusters"] == [
        {"name": "chat-here", "cluster": {"server": "https://gke-0123.europe-west4.gke.goog"}}
    ]
    (user,) = config["users"]
    assert user["user"]["exec"]["command"] == "gke-gcloud-auth-plugin"
    assert set(user["user"]) == {"exec"}
    assert config["current-context"] == config["contexts"][0]["name"] == "chat-here"


def test_the_network_has_only_our_subnet_with_room_for_pods_and_services() -> None:
    assert ladder().inputs(NETWORK, "network")["autoCreateSubnetworks"] is False
    assert ladder().inputs(NETWORK, "network")["mtu"] == 8896
    subnet = ladder().inputs(SUBNETWORK, "subnetwork")
    assert subnet["ipCidrRange"] == "10.64.0.0/19"
    assert {each["rangeName"]: each["ipCidrRange"] for each in subnet["secondaryIpRanges"]} == {
        "pods": "100.64.0.0/18",
        "services": "10.64.36.0/22",
    }
    assert cluster()["ipAllocationPolicy"] == {
        "clusterSecondaryRangeName": "pods",
        "servicesSecondaryRangeName": "services",
    }
    assert subnet["privateIpGoogleAccess"] is True
    assert subnet["logConfig"]["metadata"] == "INCLUDE_ALL_METADATA"


def test_the_way_out_has_ports_to_spare_and_is_there_before_the_first_node() -> None:
    nat = ladder().inputs(NAT, "nat")
    assert nat["natIpAllocateOption"] == "AUTO_ONLY"
    assert nat["sourceSubnetworkIpRangesToNat"] == "ALL_SUBNETWORKS_ALL_IP_RANGES"
    assert nat["enableDynamicPortAllocation"] is True
    assert nat["enableEndpointIndependentMapping"] is False  # Google refuses both together
    for number in (nat["minPortsPerVm"], nat["maxPortsPerVm"]):
        assert number & (number - 1) == 0, "dynamic ports come in powers of two"
    assert "here-nat" in ladder().before(ladder().one(CLUSTER, "cluster"))


def test_more_nodes_than_the_pods_range_can_serve_are_a_problem_before_anything_is_made() -> None:
    fits = placed(pool(max_nodes=128 - 14))
    assert network.problems(fits) == []
    with pytest.raises(PlanError) as refused:
        build(placed(pool(max_nodes=128 - 13)))
    assert "placements.here.network.pods: found pools that may grow to 129 nodes" in str(refused.value)
    assert "128 addresses of 100.64.0.0/18; allowed: at most 128 nodes" in str(refused.value)


def test_steps_of_a_ladder_take_one_anothers_place_and_slices_of_one_step_stand_together() -> None:
    ladder_of_two = placed(pool(max_nodes=100), pool("spot", 1, max_nodes=100))
    assert network.problems(ladder_of_two) == []
    together = placed(pool(max_nodes=100), pool(max_nodes=100, name="generatex"))
    assert [problem.path for problem in network.problems(together)] == ["placements.here.network.pods"]


def test_the_gateway_is_internal_unless_the_endpoint_is_public() -> None:
    public = network.gateway(placed()).service_annotations
    assert public == {"cloud.google.com/l4-rbs": "enabled"}
    for endpoint in ({**spec_data()["endpoint"], "access": "private"}, None):
        closed = network.gateway(plan("gcp", spec=spec("gcp", endpoint=endpoint))).service_annotations
        assert closed["networking.gke.io/load-balancer-type"] == "Internal"
        assert closed["networking.gke.io/internal-load-balancer-allow-global-access"] == "true"


def test_nodes_have_an_account_of_their_own_with_two_roles_before_the_cluster() -> None:
    roles = {role.inputs["role"] for role in ladder().graph.of_type(ROLE)}
    assert roles == {"roles/artifactregistry.reader", "roles/container.defaultNodeServiceAccount"}
    assert {"here-nodes-images", "here-nodes-service"} <= ladder().before(ladder().one(CLUSTER, "cluster"))
    account = ladder().one(ACCOUNT, "nodes-account").urn
    for node_pool in ladder().graph.of_type(POOL):
        assert node_pool.inputs["nodeConfig"]["serviceAccount"]
        assert account in node_pool.property_dependencies["nodeConfig"]


def test_no_right_is_given_in_a_way_that_takes_others_away() -> None:
    kinds = {resource.type for resource in ladder().graph}
    assert not {kind for kind in kinds if kind.endswith(("IAMPolicy", "IAMBinding", "IamPolicy", "IamBinding"))}


def test_every_stage_acts_as_the_pipelines_account_once_there_is_a_cluster() -> None:
    named = build(placed(here={"account": {"id": "acme-inference"}}))
    cluster_inputs = named.inputs(CLUSTER, "cluster")
    assert cluster_inputs["workloadIdentityConfig"] == {"workloadPool": "acme-inference.svc.id.goog"}
    members = {each.inputs["member"] for each in named.graph.of_type(IDENTITY)}
    assert members == {
        "serviceAccount:acme-inference.svc.id.goog[chat/chat-prepare]",
        "serviceAccount:acme-inference.svc.id.goog[chat/chat-generate]",
        "serviceAccount:acme-inference.svc.id.goog[chat/intertie-secrets]",
    }
    for each in named.graph.of_type(IDENTITY):
        assert each.inputs["role"] == "roles/iam.workloadIdentityUser"
        assert named.one(CLUSTER, "cluster").urn in each.depends_on
    assert named.handle is not None
    assert set(named.handle.identity.service_account_annotations) == {"iam.gke.io/gcp-service-account"}


def test_pods_may_read_the_weights_and_nothing_else() -> None:
    (reader,) = ladder().graph.of_type("gcp:storage/bucketIAMMember:BucketIAMMember")
    assert reader.inputs["role"] == "roles/storage.objectViewer"
    assert reader.property_dependencies["member"] == (ladder().one(ACCOUNT, "pods-account").urn,)


@pytest.mark.parametrize("cluster_name", ["c", "chat-here", "x" * 40, "chat-" + "very-long-" * 3 + "place"])
def test_account_names_fit_google_and_differ(cluster_name) -> None:
    made = build(placed(cluster=cluster_name))
    names = [account.inputs["accountId"] for account in made.graph.of_type(ACCOUNT)]
    assert len(set(names)) == 3
    for name in names:
        assert 6 <= len(name) <= 30
        assert name[0].isalpha()
        assert name.replace("-", "").isalnum()


def test_the_bucket_is_closed_versioned_and_can_be_had_back_for_a_week() -> None:
    bucket = ladder().inputs(BUCKET, "weights")
    assert bucket["uniformBucketLevelAccess"] is True
    assert bucket["publicAccessPrevention"] == "enforced"
    assert bucket["versioning"] == {"enabled": True}
    assert bucket["softDeletePolicy"] == {"retentionDurationSeconds": 7 * 24 * 3600}
    assert bucket["location"] == "EUROPE-WEST4"
    (rule,) = bucket["lifecycleRules"]
    assert rule["action"] == {"type": "Delete"}
    assert rule["condition"] == {"daysSinceNoncurrentTime": 30, "withState": "ARCHIVED"}


def test_bucket_names_fit_google_are_the_same_in_every_run_and_differ_by_project() -> None:
    first = storage.bucket_name(placed())
    assert first == storage.bucket_name(placed())
    assert first == ladder().inputs(BUCKET, "weights")["name"]
    names = {
        storage.bucket_name(placed(spec=described(account={"id": project}))) for project in ("acme-one", "acme-two")
    }
    assert len(names | {first}) == 3
    assert len(storage.bucket_name(placed(cluster="x" * 40))) <= 63
