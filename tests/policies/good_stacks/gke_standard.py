"""GKE standard, regional, with node pools of their own; the provider labels everything that takes labels."""

import pulumi
from pulumi_gcp import Provider, billing, compute, container, kms, projects, serviceaccount, storage

LABELS = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
PROJECT, REGION = "acme-inference", "europe-west4"

gcp = Provider("gcp", project=PROJECT, region=REGION, default_labels=LABELS)
opts = pulumi.ResourceOptions(provider=gcp)

network = compute.Network("inference", name="inference", auto_create_subnetworks=False, opts=opts)
subnet = compute.Subnetwork(
    "nodes",
    name="nodes",
    network=network.id,
    region=REGION,
    ip_cidr_range="10.100.0.0/20",
    private_ip_google_access=True,
    secondary_ip_ranges=[
        compute.SubnetworkSecondaryIpRangeArgs(range_name="pods", ip_cidr_range="10.104.0.0/14"),
        compute.SubnetworkSecondaryIpRangeArgs(range_name="services", ip_cidr_range="10.108.0.0/20"),
    ],
    opts=opts,
)
router = compute.Router("out", name="out", network=network.id, region=REGION, opts=opts)
compute.RouterNat(
    "out",
    name="out",
    router=router.name,
    region=REGION,
    nat_ip_allocate_option="AUTO_ONLY",
    source_subnetwork_ip_ranges_to_nat="ALL_SUBNETWORKS_ALL_IP_RANGES",
    opts=opts,
)
ring = kms.KeyRing("inference", name="inference-7c1d", location=REGION, opts=opts)
key = kms.CryptoKey("etcd", name="etcd", key_ring=ring.id, rotation_period="7776000s", labels=LABELS, opts=opts)
agent = kms.CryptoKeyIAMMember(
    "agent",
    crypto_key_id=key.id,
    role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
    member="serviceAccount:service-123456789012@container-engine-robot.iam.gserviceaccount.com",
    opts=opts,
)
nodes = serviceaccount.Account("nodes", account_id="inference-nodes", opts=opts)
for role in ("roles/container.defaultNodeServiceAccount", "roles/artifactregistry.reader"):
    projects.IAMMember(
        role.rpartition("/")[2],
        project=PROJECT,
        role=role,
        member=nodes.email.apply(lambda email: f"serviceAccount:{email}"),
        opts=opts,
    )
storage.Bucket(
    "weights",
    name="acme-inference-weights",
    location=REGION,
    uniform_bucket_level_access=True,
    public_access_prevention="enforced",
    opts=opts,
)
cluster = container.Cluster(
    "inference",
    name="inference",
    location=REGION,
    network=network.id,
    subnetwork=subnet.id,
    networking_mode="VPC_NATIVE",
    ip_allocation_policy=container.ClusterIpAllocationPolicyArgs(
        cluster_secondary_range_name="pods", services_secondary_range_name="services"
    ),
    datapath_provider="ADVANCED_DATAPATH",
    min_master_version="1.35",
    release_channel=container.ClusterReleaseChannelArgs(channel="REGULAR"),
    private_cluster_config=container.ClusterPrivateClusterConfigArgs(
        enable_private_nodes=True, enable_private_endpoint=False
    ),
    master_authorized_networks_config=container.ClusterMasterAuthorizedNetworksConfigArgs(
        cidr_blocks=[container.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(cidr_block="198.51.100.0/24")]
    ),
    database_encryption=container.ClusterDatabaseEncryptionArgs(state="ENCRYPTED", key_name=key.id),
    workload_identity_config=container.ClusterWorkloadIdentityConfigArgs(workload_pool=f"{PROJECT}.svc.id.goog"),
    logging_config=container.ClusterLoggingConfigArgs(enable_components=["SYSTEM_COMPONENTS", "APISERVER"]),
    cost_management_config=container.ClusterCostManagementConfigArgs(enabled=True),
    remove_default_node_pool=True,
    initial_node_count=1,
    node_config=container.ClusterNodeConfigArgs(service_account=nodes.email),
    resource_labels=LABELS,
    opts=pulumi.ResourceOptions(provider=gcp, depends_on=[agent], ignore_changes=["nodeConfig", "minMasterVersion"]),
)


def pool(name: str, machine: str, least: int, most: int, zones: list[str], **more: object) -> container.NodePool:
    """A pool whose bounds hold for all zones together."""
    return container.NodePool(
        name,
        name=name,
        cluster=cluster.id,
        node_locations=zones,
        initial_node_count=1,
        autoscaling=container.NodePoolAutoscalingArgs(
            total_min_node_count=least, total_max_node_count=most, location_policy="ANY"
        ),
        management=container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
        upgrade_settings=container.NodePoolUpgradeSettingsArgs(max_surge=0, max_unavailable=1),
        node_config=container.NodePoolNodeConfigArgs(
            machine_type=machine,
            service_account=nodes.email,
            oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
            workload_metadata_config=container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
            disk_size_gb=200,
            **more,  # type: ignore[arg-type]
        ),
        opts=pulumi.ResourceOptions(provider=gcp, ignore_changes=["initialNodeCount"]),
    )


system = pool("system", "n2-standard-4", 2, 6, ["europe-west4-a", "europe-west4-b"])
pool(
    "l4",
    "g2-standard-48",
    1,
    4,
    ["europe-west4-a"],
    guest_accelerators=[
        container.NodePoolNodeConfigGuestAcceleratorArgs(
            type="nvidia-l4",
            count=4,
            gpu_driver_installation_config=container.NodePoolNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs(
                gpu_driver_version="LATEST"
            ),
        )
    ],
    taints=[container.NodePoolNodeConfigTaintArgs(key="nvidia.com/gpu", value="present", effect="NO_SCHEDULE")],
)
billing.Budget(
    "inference",
    billing_account="000000-000000-000000",
    display_name="inference",
    amount=billing.BudgetAmountArgs(
        specified_amount=billing.BudgetAmountSpecifiedAmountArgs(currency_code="USD", units="12000")
    ),
    threshold_rules=[billing.BudgetThresholdRuleArgs(threshold_percent=share) for share in (0.5, 0.8, 1.0)],
    opts=opts,
)
