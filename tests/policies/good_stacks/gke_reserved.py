"""GKE with a reservation for its H100 machines, and a queue behind it; a class per concern, composed."""

from typing import Any

import pulumi
import pulumi_gcp as gcp

LABELS = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
PROVIDER = gcp.Provider("gcp", project="acme-reserved", region="us-central1")


class Network(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("acme:gke:Network", name)
        o = pulumi.ResourceOptions(parent=self, provider=PROVIDER)
        self.vpc = gcp.compute.Network(name, auto_create_subnetworks=False, opts=o)
        self.subnet = gcp.compute.Subnetwork(
            name,
            network=self.vpc.id,
            region="us-central1",
            ip_cidr_range="10.130.0.0/18",
            private_ip_google_access=True,
            opts=o,
        )


class Cluster(pulumi.ComponentResource):
    def __init__(self, name: str, network: Network) -> None:
        super().__init__("acme:gke:Cluster", name)
        self.o = pulumi.ResourceOptions(parent=self, provider=PROVIDER)
        self.nodes = gcp.serviceaccount.Account(f"{name}-nodes", account_id=f"{name}-nodes", opts=self.o)
        gcp.projects.IAMMember(
            f"{name}-nodes",
            project="acme-reserved",
            role="roles/container.defaultNodeServiceAccount",
            member=pulumi.Output.concat("serviceAccount:", self.nodes.email),
            opts=self.o,
        )
        ring = gcp.kms.KeyRing(f"{name}-ring", name=f"{name}-4d7e", location="us-central1", opts=self.o)
        key = gcp.kms.CryptoKey(f"{name}-key", name="etcd", key_ring=ring.id, labels=LABELS, opts=self.o)
        member = gcp.kms.CryptoKeyIAMMember(
            f"{name}-member",
            crypto_key_id=key.id,
            role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
            member="serviceAccount:service-123456789012@container-engine-robot.iam.gserviceaccount.com",
            opts=self.o,
        )
        self.cluster = gcp.container.Cluster(
            name,
            name=name,
            location="us-central1",
            network=network.vpc.id,
            subnetwork=network.subnet.id,
            network_policy={"enabled": True, "provider": "CALICO"},
            addons_config={"network_policy_config": {"disabled": False}},
            min_master_version="1.35",
            release_channel={"channel": "REGULAR"},
            private_cluster_config={"enable_private_nodes": True, "enable_private_endpoint": True},
            database_encryption={"state": "ENCRYPTED", "key_name": key.id},
            workload_identity_config={"workload_pool": "acme-reserved.svc.id.goog"},
            remove_default_node_pool=True,
            initial_node_count=1,
            node_config={"service_account": self.nodes.email},
            deletion_protection=True,
            resource_labels=LABELS,
            opts=pulumi.ResourceOptions.merge(
                self.o, pulumi.ResourceOptions(depends_on=[member], ignore_changes=["nodeConfig", "minMasterVersion"])
            ),
        )

    def pool(
        self, name: str, machine: str, zones: list[str], scaling: Any, node: dict[str, Any], **more: Any
    ) -> gcp.container.NodePool:
        config: Any = {
            "machine_type": machine,
            "service_account": self.nodes.email,
            "workload_metadata_config": {"mode": "GKE_METADATA"},
            "resource_labels": LABELS,
            **node,
        }
        return gcp.container.NodePool(
            name,
            name=name,
            cluster=self.cluster.id,
            node_locations=zones,
            autoscaling=scaling,
            node_config=config,
            upgrade_settings={"max_surge": 0, "max_unavailable": 1},
            **more,
            opts=pulumi.ResourceOptions.merge(
                self.o, pulumi.ResourceOptions(ignore_changes=["initialNodeCount", "nodeCount"])
            ),
        )


network = Network("reserved")
cluster = Cluster("reserved", network)
managed = {"auto_repair": True, "auto_upgrade": True}
cluster.pool(
    "system",
    "n2-standard-8",
    ["us-central1-a", "us-central1-b"],
    {"total_min_node_count": 2, "total_max_node_count": 5},
    {},
    management=managed,
)
reservation = gcp.compute.Reservation(
    "h100",
    name="h100",
    zone="us-central1-a",
    specific_reservation_required=True,
    specific_reservation={
        "count": 2,
        "instance_properties": {
            "machine_type": "a3-highgpu-8g",
            "guest_accelerators": [{"accelerator_type": "nvidia-h100-80gb", "accelerator_count": 8}],
            "local_ssds": [{"interface": "NVME", "disk_size_gb": 375} for _ in range(16)],
        },
    },
    opts=cluster.o,
)
cluster.pool(
    "h100",
    "a3-highgpu-8g",
    ["us-central1-a"],
    {"total_min_node_count": 2, "total_max_node_count": 2, "location_policy": "ANY"},
    {
        "guest_accelerators": [
            {"type": "nvidia-h100-80gb", "count": 8, "gpu_driver_installation_config": {"gpu_driver_version": "LATEST"}}
        ],
        "gvnic": {"enabled": True},
        "ephemeral_storage_local_ssd_config": {"local_ssd_count": 16},
        "reservation_affinity": {
            "consume_reservation_type": "SPECIFIC_RESERVATION",
            "key": "compute.googleapis.com/reservation-name",
            "values": [reservation.name],
        },
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
    },
    management=managed,
)
gcp.billing.Budget(
    "reserved",
    billing_account="000000-000000-000000",
    amount={"specified_amount": {"currency_code": "USD", "units": "150000"}},
    threshold_rules=[{"threshold_percent": 0.8}, {"threshold_percent": 1.0}],
    opts=pulumi.ResourceOptions(provider=PROVIDER),
)
