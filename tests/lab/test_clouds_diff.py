"""Which changes replace a resource, per cloud, and who says so."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from intertie.lab import tables, values
from intertie.lab.oracles import store
from support.clouds import Provider, aks_cluster, aks_pool, azure_network, refusal
from support.stacks import graph_of

IMMUTABLE = tables.rows("intertie.lab.clouds", "data/immutable.csv")
KINDS = provider_pb2.PropertyDiff


def diff(tmp_path: Path, type_: str, olds: dict[str, Any], news: dict[str, Any], ignore: tuple[str, ...] = ()) -> Any:
    return Provider(type_.partition(":")[0], tmp_path).diff(type_, "x", olds, news, ignore)


GROUP = {
    "clusterName": "prod",
    "instanceTypes": ["g6.xlarge"],
    "labels": {"a": "b"},
    "subnetIds": ["subnet-1", "subnet-2"],
}
POOL = {"cluster": "c", "nodeConfig": {"machineType": "g2-standard-4", "labels": {"a": "b"}, "spot": True}}


@pytest.mark.parametrize(
    ("type_", "olds", "news", "replaces"),
    [
        ("aws:eks/nodeGroup:NodeGroup", GROUP, {**GROUP, "instanceTypes": ["g6.2xlarge"]}, ["instanceTypes"]),
        ("aws:eks/nodeGroup:NodeGroup", GROUP, {**GROUP, "labels": {"a": "c"}}, []),
        ("aws:eks/nodeGroup:NodeGroup", GROUP, {**GROUP, "subnetIds": ["subnet-2", "subnet-1"]}, []),  # a set
        ("aws:eks/nodeGroup:NodeGroup", GROUP, {**GROUP, "subnetIds": ["subnet-1"]}, ["subnetIds"]),
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.1.0.0/16"}, ["cidrBlock"]),
        ("aws:ec2/vpc:Vpc", {"region": "us-east-1"}, {"region": "us-west-2"}, ["region"]),
        (
            "aws:iam/role:Role",
            {"name": "a", "assumeRolePolicy": "{}"},
            {"name": "b", "assumeRolePolicy": "{}"},
            ["name"],
        ),
        ("aws:s3/bucketVersioning:BucketVersioning", {"bucket": "a"}, {"bucket": "b"}, ["bucket"]),
        ("azure-native:containerservice:AgentPool", {"agentPoolName": "a"}, {"agentPoolName": "b"}, ["agentPoolName"]),
        ("azure-native:containerservice:AgentPool", {"vmSize": "Standard_D4s_v5"}, {"vmSize": "Standard_D8s_v5"}, []),
        ("azure-native:network:Subnet", {"resourceGroupName": "a"}, {"resourceGroupName": "b"}, ["resourceGroupName"]),
        ("azure-native:authorization:RoleAssignment", {"scope": "/Sub/A"}, {"scope": "/sub/a"}, []),
        (
            "gcp:container/nodePool:NodePool",
            POOL,
            {**POOL, "nodeConfig": {**POOL["nodeConfig"], "spot": False}},
            ["nodeConfig"],
        ),
        ("gcp:container/nodePool:NodePool", POOL, {**POOL, "nodeConfig": {**POOL["nodeConfig"], "labels": {}}}, []),
        (
            "gcp:compute/subnetwork:Subnetwork",
            {"network": "projects/p/global/networks/n"},
            {"network": "https://www.googleapis.com/compute/v1/projects/p/global/networks/n"},
            [],
        ),
        ("gcp:container/cluster:Cluster", {"location": "europe-west4"}, {"location": "us-central1"}, ["location"]),
    ],
)
def test_a_change_replaces_what_the_cloud_cannot_change(
    tmp_path: Path, type_: str, olds: dict[str, Any], news: dict[str, Any], replaces: list[str]
) -> None:
    answer = diff(tmp_path, type_, olds, news)
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.replaces) == replaces


@pytest.mark.parametrize(
    ("old_name", "new_name", "first"),
    [
        ("mine", "mine", True),  # two of one name cannot be at once
        ("mine", "yours", False),
        ("x-1f2e3d4", "x-1f2e3d4", False),  # the provider gave it, and gives the new one another
        (None, None, False),
    ],
)
def test_what_keeps_the_name_that_the_program_gives_is_deleted_before_it_is_replaced(
    tmp_path: Path, old_name: str | None, new_name: str | None, first: bool
) -> None:
    before: dict[str, Any] = {"location": "europe-west4"} | ({"name": old_name} if old_name else {})
    after: dict[str, Any] = {"location": "us-central1"} | ({"name": new_name} if new_name else {})
    answer = diff(tmp_path, "gcp:container/cluster:Cluster", before, after)
    assert "location" in answer.replaces
    assert answer.deleteBeforeReplace is first


def test_no_change_is_no_change(tmp_path: Path) -> None:
    assert diff(tmp_path, "aws:ec2/vpc:Vpc", GROUP, GROUP).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_what_is_ignored_changes_nothing(tmp_path: Path) -> None:
    before, after = {"scalingConfig": {"desiredSize": 1}}, {"scalingConfig": {"desiredSize": 3}}
    answer = diff(tmp_path, "aws:eks/nodeGroup:NodeGroup", before, after, ("scalingConfig.desiredSize",))
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE
    wrong = diff(tmp_path, "aws:eks/nodeGroup:NodeGroup", before, after, ("scaling_config.desired_size",))
    assert wrong.changes == provider_pb2.DiffResponse.DIFF_SOME  # the Python spelling matches nothing


def test_the_detail_says_what_is_added_changed_and_taken_away(tmp_path: Path) -> None:
    answer = diff(
        tmp_path, "aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "tags": {"a": "1", "b": "2"}},
        {"cidrBlock": "10.1.0.0/16", "tags": {"a": "3"}, "enableDnsSupport": True},
    )  # fmt: skip
    kinds = {path: detail.kind for path, detail in answer.detailedDiff.items()}
    assert kinds == {
        "cidrBlock": KINDS.UPDATE_REPLACE,
        "tags.a": KINDS.UPDATE,
        "tags.b": KINDS.DELETE,
        "enableDnsSupport": KINDS.ADD,
    }


def test_an_unknown_value_is_a_change_not_a_deletion(tmp_path: Path) -> None:
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    answer = diff(tmp_path, "aws:ec2/subnet:Subnet", {"vpcId": "vpc-1"}, {"vpcId": unknown})
    assert answer.detailedDiff["vpcId"].kind == KINDS.UPDATE_REPLACE


def test_a_provider_of_another_region_makes_everything_anew(tmp_path: Path) -> None:
    def ask(**news: str) -> Any:
        request = provider_pb2.DiffRequest(
            old_inputs=values.encode({"region": "us-east-1", "version": "7.51.1"}), news=values.encode(news)
        )
        return Provider("aws", tmp_path).servicer.DiffConfig(request, None)

    assert list(ask(region="us-west-2", version="7.51.1").replaces) == ["region"]
    assert ask(region="us-east-1", version="7.52.0").changes == provider_pb2.DiffResponse.DIFF_NONE


@pytest.mark.parametrize("row", IMMUTABLE, ids=lambda row: f"{row['type']}.{row['path']}")
def test_every_row_of_the_table_is_of_a_property_that_there_is_and_has_a_source_and_a_day(row: dict[str, str]) -> None:
    declared = {path.replace("[]", "") for path, _ in store.of(row["type"]).inputs.paths()}
    assert row["path"] in declared
    assert row["change"] in ("replace", "update", "refuse")
    assert row["source"]
    assert row["as_of"] == "2026-11-22"
    published = {path.replace("[]", "") for path in store.of(row["type"]).fixed()}
    assert row["change"] != "replace" or row["path"] not in published, "a published model says it: take the row away"


def test_aks_refuses_in_place_what_it_cannot_change_and_the_provider_does_not_replace_for(tmp_path: Path) -> None:
    azure = Provider("azure-native", tmp_path)
    aks_cluster(azure, azure_network(azure))
    pool = aks_pool(azure, "gpu")
    _, inputs, _ = azure.read("azure-native:containerservice:AgentPool", pool["id"], "gpu")
    wrong = {**inputs, "vmSize": "Standard_D8s_v5"}
    token = "azure-native:containerservice:AgentPool"
    error = refusal(lambda: azure.update(token, "gpu", pool["id"], **wrong))
    assert error.message == (
        'Status=400 Code="PropertyChangeNotAllowed" Message="Changing property \'properties.vmSize\' is not allowed."'
    )
    assert azure.pool("gpu").machine == "Standard_D4s_v5"
    assert azure.update(token, "gpu", pool["id"], **{**inputs, "nodeLabels": {"a": "b"}})["nodeLabels"] == {"a": "b"}


def test_what_the_table_calls_fixed_in_a_gke_pool_is_not_what_gkes_own_update_takes() -> None:
    # A process of its own: Google's libraries and Pulumi's both bring google.rpc.Status.
    code = (
        "from google.cloud.container_v1.types import UpdateNodePoolRequest as R;"
        "print(*R.pb(R()).DESCRIPTOR.fields_by_name)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    updatable = {name.replace("_", "") for name in out.split()}
    assert {"machinetype", "taints", "labels"} <= updatable
    fixed = [row["path"].rpartition(".")[2] for row in IMMUTABLE if row["type"] == "gcp:container/nodePool:NodePool"]
    both = {name for name in fixed if name.lower() in updatable}
    # the provider replaces these although the API could change them: ForceNew in its schema
    assert both <= {"name", "flexStart", "maxRunDuration", "acceleratorNetworkProfile"}, both
    assert len(fixed) >= 15


def test_our_aks_pools_are_replaced_for_all_that_aks_refuses_in_place() -> None:
    from intertie.platforms.aks.pools import FIXED

    token = "azure-native:containerservice:AgentPool"
    refused = {row["path"] for row in IMMUTABLE if row["type"] == token and row["change"] == "refuse"}
    asked = {name for pool in graph_of("azure-swc").of_type(token) for name in pool.inputs}
    for path in refused:
        if path.partition(".")[0] in asked:
            assert any(path == each or path.startswith(f"{each}.") for each in FIXED), path
