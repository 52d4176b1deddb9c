"""One realistic resource of every kind that matters, as wire inputs: with unknowns and secrets in them."""

from typing import Any

from intertie.graph import SECRET, UNKNOWN, Resource

EKS_CLUSTER: dict[str, Any] = {
    "name": "chat-use1",
    "roleArn": UNKNOWN,
    "version": "1.35",
    "vpcConfig": {
        "subnetIds": [UNKNOWN, "subnet-1"],
        "endpointPrivateAccess": True,
        "publicAccessCidrs": ["198.51.100.0/24"],
    },
    "encryptionConfig": {"provider": {"keyArn": SECRET}, "resources": ["secrets"]},
    "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
    "enabledClusterLogTypes": ["api", "audit"],
    "tags": {"owner": "search-platform", "cost-center": UNKNOWN},
}

EKS_NODE_GROUP: dict[str, Any] = {
    "clusterName": UNKNOWN,
    "nodeRoleArn": UNKNOWN,
    "subnetIds": [UNKNOWN],
    "instanceTypes": ["p5.48xlarge"],
    "amiType": "AL2023_x86_64_NVIDIA",
    "capacityType": "CAPACITY_BLOCK",
    "scalingConfig": {"minSize": 0, "maxSize": 4, "desiredSize": 0},
    "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
    "labels": {"intertie.dev/pool": "generate0"},
    "launchTemplate": {"id": UNKNOWN, "version": UNKNOWN},
    "updateConfig": {"maxUnavailable": 1},
}

AKS_CLUSTER: dict[str, Any] = {
    "resourceGroupName": UNKNOWN,
    "location": "swedencentral",
    "dnsPrefix": "chat",
    "kubernetesVersion": "1.35",
    "identity": {"type": "UserAssigned", "userAssignedIdentities": [UNKNOWN]},
    "agentPoolProfiles": [
        {
            "name": "system",
            "mode": "System",
            "count": 2,
            "vmSize": "Standard_D4s_v5",
            "osType": "Linux",
            "availabilityZones": ["1", "2"],
            "vnetSubnetID": UNKNOWN,
            "enableAutoScaling": True,
            "minCount": 1,
            "maxCount": 3,
            "nodeTaints": ["CriticalAddonsOnly=true:NoSchedule"],
            "tags": {"owner": "search-platform"},
        }
    ],
    "networkProfile": {
        "networkPlugin": "azure",
        "networkPluginMode": "overlay",
        "serviceCidr": "10.200.0.0/16",
        "dnsServiceIP": "10.200.0.10",
        "loadBalancerProfile": {"managedOutboundIPs": {"count": 1}},
    },
    "oidcIssuerProfile": {"enabled": True},
    "securityProfile": {"workloadIdentity": {"enabled": True}},
    "servicePrincipalProfile": {"clientId": "msi", "secret": SECRET},
    "sku": {"name": "Base", "tier": "Standard"},
    "tags": {"owner": "search-platform"},
}

GKE_NODE_POOL: dict[str, Any] = {
    "cluster": UNKNOWN,
    "location": "europe-west4",
    "nodeLocations": ["europe-west4-a"],
    "initialNodeCount": 0,
    "autoscaling": {"totalMinNodeCount": 0, "totalMaxNodeCount": 8, "locationPolicy": "ANY"},
    "nodeConfig": {
        "machineType": "a3-highgpu-8g",
        "diskSizeGb": 200,
        "spot": False,
        "guestAccelerators": [
            {
                "type": "nvidia-h100-80gb",
                "count": 8,
                "gpuDriverInstallationConfig": {"gpuDriverVersion": "LATEST"},
            }
        ],
        "reservationAffinity": {
            "consumeReservationType": "SPECIFIC_RESERVATION",
            "key": "compute.googleapis.com/reservation-name",
            "values": [UNKNOWN],
        },
        "oauthScopes": ["https://www.googleapis.com/auth/cloud-platform"],
        "workloadMetadataConfig": {"mode": "GKE_METADATA"},
        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
        "resourceLabels": {"owner": "search-platform"},
    },
    "management": {"autoRepair": True, "autoUpgrade": True},
    "placementPolicy": {"type": "COMPACT"},
}

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "generate", "namespace": UNKNOWN, "labels": {"app": "generate"}, "annotations": {"a": SECRET}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "generate"}},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
        "template": {
            "metadata": {"labels": {"app": "generate"}},
            "spec": {
                "serviceAccountName": "generate",
                "nodeSelector": {"intertie.dev/pool": "generate0"},
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
                "containers": [
                    {
                        "name": "vllm",
                        "image": UNKNOWN,
                        "args": ["--model", "m", UNKNOWN],
                        "ports": [{"containerPort": 8000, "name": "http"}],
                        "env": [
                            {"name": "A", "value": "1"},
                            {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                            {"name": "C", "value": SECRET},
                        ],
                        "resources": {"limits": {"nvidia.com/gpu": "8"}, "requests": {"cpu": "8", "memory": "64Gi"}},
                        "startupProbe": {
                            "httpGet": {"path": "/health", "port": "http"},
                            "failureThreshold": 90,
                            "periodSeconds": 10,
                        },
                        "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}],
                    }
                ],
                "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "16Gi"}}],
            },
        },
    },
}

LEADER_WORKER_SET: dict[str, Any] = {
    "apiVersion": "leaderworkerset.x-k8s.io/v1",
    "kind": "LeaderWorkerSet",
    "metadata": {"name": "generate", "labels": {"app": "generate"}},
    "spec": {"replicas": 1, "leaderWorkerTemplate": {"size": 2, "workerTemplate": {"anything": ["goes"]}}},
}

AWS_PROVIDER: dict[str, Any] = {
    "region": "us-east-1",
    "allowedAccountIds": '["123456789012"]',
    "skipRegionValidation": "true",
    "assumeRoles": '[{"roleArn": "arn:aws:iam::123456789012:role/x"}]',
    "secretKey": SECRET,
}

BY_TYPE: dict[str, dict[str, Any]] = {
    "aws:eks/cluster:Cluster": EKS_CLUSTER,
    "aws:eks/nodeGroup:NodeGroup": EKS_NODE_GROUP,
    "azure-native:containerservice:ManagedCluster": AKS_CLUSTER,
    "gcp:container/nodePool:NodePool": GKE_NODE_POOL,
    "kubernetes:apps/v1:Deployment": DEPLOYMENT,
    "kubernetes:leaderworkerset.x-k8s.io/v1:LeaderWorkerSet": LEADER_WORKER_SET,
    "pulumi:providers:aws": AWS_PROVIDER,
}


def resource(token: str, inputs: dict[str, Any], **changes: Any) -> Resource:
    """A custom resource named `it` with these inputs."""
    fields: dict[str, Any] = {"custom": True, **changes}
    return Resource(urn=f"urn:pulumi:dev::inference::{token}::it", type=token, name="it", inputs=inputs, **fields)
