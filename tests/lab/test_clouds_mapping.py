"""The published models, and the names that bring them under Pulumi's: sampled, and complete for the samples."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from intertie import catalog
from intertie.lab import machines, tables
from intertie.lab.oracles import gaps, mapping, store
from intertie.lab.oracles.rules import Rule
from support.stacks import STACKS, graph_of

NAMES = tables.rows("intertie.lab.oracles", "data/names.csv")
LOOK = """
import json, sys
from intertie.lab.oracles import mapping
from intertie.lab.oracles.extract import shape
from intertie.lab.oracles.field import Field

def there(token, origin, target):
    models = [model for model in mapping.models()[token] if model.origin == origin]
    return any(isinstance(shape(model).at(target), Field) for model in models)

print(json.dumps([there(*each) for each in json.load(sys.stdin)]))
"""


def rule(token: str, path: str) -> Rule:
    return dict(store.of(token).inputs.paths())[path]


def from_model(token: str, path: str, source: str) -> Rule:
    """The rule, of which the named model must say something."""
    found = rule(token, path)
    assert any(source in limit.source for limit in found.limits), found.limits
    return found


@pytest.mark.parametrize(
    ("token", "path", "source"),
    [
        ("aws:eks/nodeGroup:NodeGroup", "taints[].effect", "eks.CreateNodegroup (botocore"),
        ("aws:eks/nodeGroup:NodeGroup", "subnetIds", "AWS::EKS::Nodegroup (cfn-lint"),
        ("aws:eks/cluster:Cluster", "vpcConfig.subnetIds", "eks.CreateCluster (botocore"),
        ("aws:eks/cluster:Cluster", "enabledClusterLogTypes", "AWS::EKS::Cluster (cfn-lint"),
        ("aws:iam/role:Role", "assumeRolePolicy", "iam.CreateRole (botocore"),
        ("aws:ec2/launchTemplate:LaunchTemplate", "networkInterfaces[].interfaceType", "AWS::EC2::LaunchTemplate"),
        ("aws:ec2/launchTemplate:LaunchTemplate", "blockDeviceMappings[].ebs.volumeType", "ec2.CreateLaunchTemplate"),
        ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "blockPublicAcls", "s3.PutPublicAccessBlock"),
        ("azure-native:containerservice:AgentPool", "gpuProfile.driver", "containerservice.AgentPool"),
        ("azure-native:containerservice:AgentPool", "vnetSubnetID", "containerservice.AgentPool"),
        (
            "azure-native:containerservice:ManagedCluster",
            "agentPoolProfiles[].osSKU",
            "containerservice.ManagedCluster",
        ),
        ("azure-native:compute:CapacityReservation", "sku.capacity", "compute.CapacityReservation"),
        ("gcp:container/nodePool:NodePool", "nodeConfig.guestAccelerators[].count", "container.NodePool"),
        ("gcp:container/nodePool:NodePool", "nodeConfig.taints[].effect", "container.NodePool"),
        ("gcp:container/cluster:Cluster", "datapathProvider", "container.Cluster"),
        ("gcp:container/cluster:Cluster", "monitoringConfig.enableComponents", "container.Cluster"),
        ("gcp:compute/routerNat:RouterNat", "natIpAllocateOption", "compute.RouterNat"),
        ("aws:amp/scraper:Scraper", "source.eks.subnetIds", "amp.CreateScraper (botocore"),
        ("aws:secretsmanager/secret:Secret", "recoveryWindowInDays", "secretsmanager.DeleteSecret (botocore"),
        ("aws:budgets/budget:Budget", "notifications[].comparisonOperator", "budgets.CreateBudget (botocore"),
        (
            "azure-native:network:PrivateDnsZoneGroup",
            "privateDnsZoneConfigs[].privateDnsZoneId",
            "network.PrivateDnsZone",
        ),
        ("azure-native:keyvault:Vault", "properties.sku.name", "keyvault.VaultCreateOrUpdateParameters"),
        ("azure-native:monitor:DataCollectionRule", "dataFlows[].streams", "monitor.DataCollectionRuleResource"),
        ("azure-native:authorization:RoleAssignment", "principalType", "authorization.v2022_04_01.RoleAssignment"),
        ("azure-native:network:Subnet", "virtualNetworkName", "network.subnets_create_or_update (azure-mgmt-network"),
        ("gcp:kms/cryptoKey:CryptoKey", "purpose", "kms.CryptoKey (google-cloud-kms"),
        ("gcp:secretmanager/secret:Secret", "replication.userManaged.replicas[].location", "secret-manager.Secret"),
        ("gcp:storage/bucketIAMMember:BucketIAMMember", "role", "(grpc-google-iam-v1"),
        ("gcp:container/cluster:Cluster", "maintenancePolicy.recurringWindow.startTime", "container.Cluster"),
    ],
)
def test_a_property_is_checked_by_the_model_of_its_cloud(token: str, path: str, source: str) -> None:
    from_model(token, path, source)


def test_values_limits_and_requirements_come_through_as_they_are_published() -> None:
    effect = from_model("aws:eks/nodeGroup:NodeGroup", "taints[].effect", "botocore")
    assert {"NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"} in [set(limit.values) for limit in effect.limits]
    key = from_model("aws:eks/nodeGroup:NodeGroup", "taints[].key", "botocore")
    assert any((limit.least, limit.most) == (1, 63) for limit in key.limits)
    assert any(limit.required for limit in rule("aws:eks/nodeGroup:NodeGroup", "nodeRoleArn").limits)
    labels = rule("aws:eks/nodeGroup:NodeGroup", "labels")
    assert any(limit.most == 63 for limit in labels.key_limits)
    driver = from_model("azure-native:containerservice:AgentPool", "gpuProfile.driver", "containerservice")
    assert any(set(limit.values) == {"Install", "None"} for limit in driver.limits)
    mode = rule("gcp:container/nodePool:NodePool", "nodeConfig.workloadMetadataConfig.mode")
    assert any("GKE_METADATA" in limit.values for limit in mode.limits)


def test_what_is_create_only_comes_from_the_resource_schema() -> None:
    fixed = store.of("aws:ec2/subnet:Subnet").fixed()
    assert {"vpcId", "availabilityZone", "cidrBlock"} <= set(fixed)
    assert "mapPublicIpOnLaunch" not in fixed
    assert fixed["vpcId"].startswith("AWS::EC2::Subnet (cfn-lint")


def test_what_an_azure_resource_is_called_is_a_part_of_its_address_and_fixed() -> None:
    name = rule("azure-native:managedidentity:FederatedIdentityCredential", "federatedIdentityCredentialResourceName")
    assert [limit.pattern for limit in name.limits if limit.fixed] == ["^[a-zA-Z0-9]{1}[a-zA-Z0-9-_]{2,119}$"]
    group = rule("azure-native:monitor:DataCollectionRule", "resourceGroupName")
    assert [(limit.least, limit.most) for limit in group.limits] == [(1, 90)]
    assert set(store.of("azure-native:network:Subnet").fixed()) == {
        "resourceGroupName", "subnetName", "virtualNetworkName",
    }  # fmt: skip


def test_an_enum_that_azure_calls_known_is_no_limit() -> None:
    streams = rule("azure-native:monitor:DataCollectionRule", "dataFlows[].streams").item
    assert streams is not None
    assert streams.limits
    assert not any(limit.values for limit in streams.limits)
    sku = rule("azure-native:keyvault:Vault", "properties.sku.name")
    assert {"standard", "premium"} in [set(limit.values) for limit in sku.limits]


def test_what_google_describes_as_immutable_and_required_is_taken_so() -> None:
    assert store.of("gcp:kms/cryptoKey:CryptoKey").fixed()["purpose"].startswith("kms.CryptoKey (google-cloud-kms")
    assert "rotationPeriod" not in store.of("gcp:kms/cryptoKey:CryptoKey").fixed()
    destination = from_model("gcp:logging/projectSink:ProjectSink", "destination", "logging.LogSink")
    assert any(limit.required for limit in destination.limits)
    assert any(limit.read_only for limit in rule("gcp:container/cluster:Cluster", "location").limits)


def test_a_shape_that_holds_itself_is_followed_only_so_far() -> None:
    paths = dict(store.of("azure-native:network:PublicIPAddress").inputs.paths())
    assert paths["linkedPublicIPAddress.sku.name"].limits
    assert "linkedPublicIPAddress.linkedPublicIPAddress.sku.name" in paths
    assert "linkedPublicIPAddress.linkedPublicIPAddress.linkedPublicIPAddress.sku.name" not in paths


def test_models_are_read_without_the_clients_around_them() -> None:
    look = "import sys; from intertie.lab.oracles import packages as p; p.module('azure.mgmt.keyvault.models'); "
    asked = look + "print(*[name for name in sys.modules if name.startswith('azure.mgmt.keyvault.')])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=True)
    assert "azure.mgmt.keyvault.models" in done.stdout.split()
    assert not [name for name in done.stdout.split() if "operations" in name or "_client" in name]


@pytest.mark.parametrize("token", sorted(mapping.models()))
def test_nothing_that_a_model_requires_is_without_a_name(token: str) -> None:
    assert not store.of(token).unmatched


def tokens_of(row: dict[str, str]) -> list[str]:
    return [row["type"]] if row["type"] != "*" else ["aws:eks/cluster:Cluster"]


@pytest.fixture(scope="module")
def there() -> dict[tuple[str, ...], bool]:
    """Whether the published models have what the exceptions name. Asked in a process of its own, as a provider does:
    Google's messages and Pulumi's protocol both bring `google.rpc.Status`, and one process takes only one of them."""
    asked = [(token, row["origin"], row["target"]) for row in NAMES for token in tokens_of(row) if row["target"] != "-"]
    done = subprocess.run(
        [sys.executable, "-c", LOOK], input=json.dumps(asked), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(asked, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("row", NAMES, ids=lambda row: f"{row['type']}.{row['property']}")
def test_every_exception_is_needed_and_right(row: dict[str, str], there: dict[tuple[str, ...], bool]) -> None:
    for token in tokens_of(row):
        declared = {path.replace("[]", "") for path, _ in store.of(token).inputs.paths()}
        assert row["property"] in declared
        assert any(model.origin == row["origin"] for model in mapping.models()[token])
        if row["target"] == "-":
            assert row["note"], "say why nobody else can be asked"
        else:
            assert there[token, row["origin"], row["target"]], row["target"]


def test_the_page_lists_every_property_of_the_samples_that_no_model_knows(project: Path) -> None:
    graphs = [graph_of(stack) for stack in STACKS if stack != "datacentre"]
    page = (project / "docs" / "lab-gaps.md").read_text(encoding="utf-8")
    declared = gaps.properties(gaps.used(graphs))
    assert gaps.replaced(page, gaps.render(declared)) == page, "run: python -m intertie.lab.oracles.gaps"
    assert len(gaps.gaps(declared)) <= 14, "bring in the models of what was added"  # the page says of how many


def test_machine_types_of_the_catalogue_are_what_ec2_says_they_are() -> None:
    for row in catalog.machines("aws"):
        found = machines.find("aws", row.name)
        assert found is not None, row.name
        assert (found.vcpus, found.memory_mib, found.arch) == (row.vcpus, row.memory_gib * 1024, row.arch), row.name
        devices = {name: count for name, count in found.devices.items() if name != "vpc.amazonaws.com/efa"}
        if row.accelerator is not None:
            resource = catalog.accelerator(row.accelerator).resource
            assert devices[resource] == row.count * catalog.accelerator(row.accelerator).devices, row.name
        if row.fabric == "efa":
            assert found.devices["vpc.amazonaws.com/efa"] == row.fabric_nics, row.name


@pytest.mark.parametrize("cloud", ["azure", "gcp"])
def test_machine_types_of_the_other_clouds_are_written_down_twice_alike(cloud: str) -> None:
    different = {
        row.name
        for row in catalog.machines(cloud)
        for found in [machines.find(cloud, row.name)]
        if found is None or (found.vcpus, round(found.memory_mib / 1024)) != (row.vcpus, row.memory_gib)
    }
    assert different <= {"Standard_ND96amsr_A100_v4"}  # docs/lab-gaps.md


def test_machines_of_azure_have_the_infiniband_cards_that_the_catalogue_says() -> None:
    cards = {row.name: row.fabric_nics for row in catalog.machines("azure") if row.fabric == "infiniband"}
    found = {name: machines.find("azure", name) for name in cards}
    assert len(cards) >= 5
    assert {name: each.devices["rdma/ib"] for name, each in found.items() if each is not None} == cards
