"""GKE Autopilot with workloads in the same program: the cloud makes the machines, the stack says what they are for."""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from pulumi_gcp import Provider, compute, container, kms

labels = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
gcp = Provider("gcp", project="acme-serving", region="us-central1", default_labels=labels)
o = pulumi.ResourceOptions(provider=gcp)
net = compute.Network("serving", auto_create_subnetworks=False, opts=o)
sub = compute.Subnetwork(
    "serving",
    network=net.id,
    region="us-central1",
    ip_cidr_range="10.110.0.0/20",
    private_ip_google_access=True,
    opts=o,
)
ring = kms.KeyRing("serving", name="serving-91b2", location="us-central1", opts=o)
key = kms.CryptoKey("serving", name="serving", key_ring=ring.id, labels=labels, opts=o)
grant = kms.CryptoKeyIAMMember(
    "serving",
    crypto_key_id=key.id,
    role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
    member="serviceAccount:service-123456789012@container-engine-robot.iam.gserviceaccount.com",
    opts=o,
)
cluster = container.Cluster(
    "serving",
    name="serving",
    location="us-central1",
    enable_autopilot=True,
    network=net.id,
    subnetwork=sub.id,
    release_channel={"channel": "STABLE"},
    private_cluster_config={"enable_private_nodes": True},
    control_plane_endpoints_config={
        "dns_endpoint_config": {"allow_external_traffic": True},
        "ip_endpoints_config": {"enabled": False},
    },
    database_encryption={"state": "ENCRYPTED", "key_name": key.id},
    resource_labels=labels,
    opts=pulumi.ResourceOptions(provider=gcp, depends_on=[grant]),
)
inside = k8s.Provider("inside", kubeconfig=pulumi.Output.secret("{}"), cluster_identifier="serving")
ko = pulumi.ResourceOptions(provider=inside, depends_on=[cluster])
space = k8s.core.v1.Namespace(
    "serve",
    metadata={"name": "serve", "labels": {**labels, "pod-security.kubernetes.io/enforce": "restricted"}},
    opts=ko,
)
app = {"app": "vllm"}
SERVER = "vllm/vllm-openai@sha256:5b6b0e0a4f8e3b7c2d1a09f8e7d6c5b4a3928170605f4e3d2c1b0a9f8e7d6c5b"
health: Any = {"http_get": {"path": "/health", "port": 8000}}
k8s.networking.v1.NetworkPolicy(
    "serve",
    metadata={"namespace": space.metadata["name"]},
    spec={"pod_selector": {}, "policy_types": ["Ingress"], "ingress": [{"from_": [{"pod_selector": {}}]}]},
    opts=ko,
)
served: Any = {
    "replicas": 2,
    "selector": {"match_labels": app},
    "template": {
        "metadata": {"labels": app},
        "spec": {
            "node_selector": {"cloud.google.com/gke-accelerator": "nvidia-l4"},
            "topology_spread_constraints": [
                {
                    "topology_key": "topology.kubernetes.io/zone",
                    "max_skew": 1,
                    "when_unsatisfiable": "ScheduleAnyway",
                    "label_selector": {"match_labels": app},
                }
            ],
            "containers": [
                {
                    "name": "vllm",
                    "image": SERVER,
                    "args": ["--model", "Qwen/Qwen3-8B"],
                    "ports": [{"container_port": 8000}],
                    "resources": {"limits": {"nvidia.com/gpu": "1"}},
                    "startup_probe": {**health, "period_seconds": 10, "failure_threshold": 60},
                    "readiness_probe": health,
                }
            ],
        },
    },
}
k8s.apps.v1.Deployment(
    "vllm",
    metadata={"namespace": space.metadata["name"]},
    spec=served,
    opts=ko,
)
k8s.policy.v1.PodDisruptionBudget(
    "vllm",
    metadata={"namespace": space.metadata["name"]},
    spec={"max_unavailable": 1, "selector": {"match_labels": app}},
    opts=ko,
)
k8s.core.v1.Service(
    "vllm",
    metadata={"namespace": space.metadata["name"]},
    spec={"selector": app, "ports": [{"port": 80, "target_port": 8000}]},
    opts=ko,
)
