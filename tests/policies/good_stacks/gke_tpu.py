"""GKE with TPU slices: one pool per slice shape, in the zone that has them; labels on each resource by hand."""

import pulumi
from pulumi_gcp import Provider, billing, compute, container, kms, projects, serviceaccount

LABELS = {"owner": "research-platform", "cost-center": "ml-4713", "environment": "production"}
ZONE, REGION = "us-east5-b", "us-east5"
provider = Provider("gcp", project="acme-research", region=REGION)
opts = pulumi.ResourceOptions(provider=provider)

network = compute.Network("tpu", auto_create_subnetworks=False, mtu=8896, opts=opts)
nodes = compute.Subnetwork(
    "nodes", network=network.id, region=REGION, ip_cidr_range="10.120.0.0/18", private_ip_google_access=True, opts=opts
)
compute.Subnetwork(
    "proxies",
    network=network.id,
    region=REGION,
    ip_cidr_range="10.121.0.0/23",
    purpose="REGIONAL_MANAGED_PROXY",
    role="ACTIVE",
    opts=opts,
)
compute.Firewall(
    "inside",
    network=network.id,
    source_ranges=["10.120.0.0/16"],
    allows=[{"protocol": "tcp", "ports": ["8000-8100"]}],
    opts=opts,
)
account = serviceaccount.Account("nodes", account_id="tpu-nodes", opts=opts)
for right in ("roles/logging.logWriter", "roles/monitoring.metricWriter"):
    projects.IAMBinding(
        right,
        project="acme-research",
        role=right,
        members=[pulumi.Output.format("serviceAccount:{0}", account.email)],
        opts=opts,
    )
ring = kms.KeyRing("tpu", name="tpu-2f0a", location=REGION, opts=opts)
secrets = kms.CryptoKey("tpu", name="tpu", key_ring=ring.id, labels=LABELS, opts=opts)
allowed = kms.CryptoKeyIAMMember(
    "tpu",
    crypto_key_id=secrets.id,
    role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
    member="serviceAccount:service-123456789012@container-engine-robot.iam.gserviceaccount.com",
    opts=opts,
)
cluster = container.Cluster(
    "tpu",
    name="tpu",
    location=REGION,
    network=network.id,
    subnetwork=nodes.id,
    datapath_provider="ADVANCED_DATAPATH",
    release_channel=container.ClusterReleaseChannelArgs(channel="RAPID"),
    private_cluster_config=container.ClusterPrivateClusterConfigArgs(
        enable_private_nodes=True, enable_private_endpoint=True
    ),
    database_encryption=container.ClusterDatabaseEncryptionArgs(state="ENCRYPTED", key_name=secrets.id),
    workload_identity_config=container.ClusterWorkloadIdentityConfigArgs(workload_pool="acme-research.svc.id.goog"),
    remove_default_node_pool=True,
    initial_node_count=1,
    node_config=container.ClusterNodeConfigArgs(service_account=account.email),
    resource_labels=LABELS,
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[allowed], ignore_changes=["nodeConfig"]),
)
metadata = container.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA")
system = container.NodePool(
    "system",
    name="system",
    cluster=cluster.id,
    node_locations=["us-east5-a", "us-east5-b"],
    autoscaling=container.NodePoolAutoscalingArgs(total_min_node_count=2, total_max_node_count=4),
    management=container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
    node_config=container.NodePoolNodeConfigArgs(
        machine_type="n2-standard-4",
        service_account=account.email,
        workload_metadata_config=metadata,
        resource_labels=LABELS,
    ),
    opts=opts,
)
for name, machine, topology, count in [("one", "ct6e-standard-4t", "2x2", 1)]:
    container.NodePool(
        f"v6e-{name}",
        name=f"v6e-{name}",
        cluster=cluster.id,
        node_locations=[ZONE],
        node_count=count,
        placement_policy=container.NodePoolPlacementPolicyArgs(type="COMPACT", tpu_topology=topology),
        management=container.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
        node_config=container.NodePoolNodeConfigArgs(
            machine_type=machine,
            service_account=account.email,
            workload_metadata_config=metadata,
            resource_labels=LABELS,
            disk_type="hyperdisk-balanced",
            disk_size_gb=100,
            taints=[container.NodePoolNodeConfigTaintArgs(key="google.com/tpu", value="present", effect="NO_SCHEDULE")],
        ),
        opts=pulumi.ResourceOptions(provider=provider, depends_on=[system]),
    )
billing.Budget(
    "tpu",
    billing_account="000000-000000-000000",
    amount={"specified_amount": {"currency_code": "USD", "units": "10000"}},
    threshold_rules=[{"threshold_percent": 0.9}],
    opts=opts,
)
