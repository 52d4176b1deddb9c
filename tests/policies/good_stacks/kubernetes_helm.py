"""What a cluster needs beside its workloads, from charts: operator, gateway, metrics, certificates, secrets."""

import pulumi
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apps.v1 import DaemonSet
from pulumi_kubernetes.core.v1 import ConfigMap, Namespace, Secret
from pulumi_kubernetes.helm.v3 import Release
from pulumi_kubernetes.rbac.v1 import ClusterRole, ClusterRoleBinding

cluster = Provider("cluster", kubeconfig=pulumi.Output.secret("{}"), cluster_identifier="datacentre")
opts = pulumi.ResourceOptions(provider=cluster)
labels = {"owner": "search-platform", "cost_center": "ml-4711"}

for name, enforced in {"monitoring": "baseline", "certificates": "restricted"}.items():
    Namespace(
        name, metadata={"name": name, "labels": {**labels, "pod-security.kubernetes.io/enforce": enforced}}, opts=opts
    )
EXPORTER = "nvcr.io/nvidia/k8s/dcgm-exporter@sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
CHARTS = {
    "gpu-operator": (
        "https://helm.ngc.nvidia.com/nvidia",
        "v26.3.0",
        {"driver": {"enabled": False}, "toolkit": {"enabled": False}},
    ),
    "cert-manager": ("https://charts.jetstack.io", "v1.20.0", {"crds": {"enabled": True}, "replicaCount": 2}),
    "kube-prometheus-stack": (
        "https://prometheus-community.github.io/helm-charts",
        "80.4.0",
        {
            "grafana": {"admin": {"existingSecret": "grafana", "passwordKey": "password"}},
            "prometheus": {"prometheusSpec": {"retention": "30d"}},
        },
    ),
}
for chart, (repository, version, values) in CHARTS.items():
    Release(
        chart,
        chart=chart,
        version=version,
        namespace="gpu-operator" if chart == "gpu-operator" else "monitoring",
        create_namespace=chart == "gpu-operator",
        repository_opts={"repo": repository},
        values=values,
        opts=opts,
    )
Secret(
    "grafana",
    metadata={"name": "grafana", "namespace": "monitoring"},
    string_data={"password": pulumi.Config().get_secret("grafana") or pulumi.Output.secret("from-the-configuration")},
    opts=opts,
)
ConfigMap(
    "settings",
    metadata={"name": "settings", "namespace": "monitoring"},
    data={
        "retention": "30d",
        "token_url": "https://login.example.com/token",
        "dashboards": '{"title": "accelerators"}',
    },
    opts=opts,
)
DaemonSet(
    "exporter",
    metadata={"name": "dcgm-exporter", "namespace": "gpu-operator"},
    spec={
        "selector": {"match_labels": {"app": "dcgm-exporter"}},
        "template": {
            "metadata": {"labels": {"app": "dcgm-exporter", **labels}},
            "spec": {
                "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
                "node_selector": {"nvidia.com/gpu.present": "true"},
                "containers": [
                    {
                        "name": "exporter",
                        "image": EXPORTER,
                        "ports": [{"container_port": 9400}],
                        "security_context": {"privileged": True},
                        "volume_mounts": [{"name": "kubelet", "mount_path": "/var/lib/kubelet/pod-resources"}],
                    }
                ],
                "volumes": [{"name": "kubelet", "host_path": {"path": "/var/lib/kubelet/pod-resources"}}],
            },
        },
    },
    opts=opts,
)
role = ClusterRole(
    "reader",
    metadata={"name": "accelerator-reader"},
    rules=[{"api_groups": [""], "resources": ["nodes", "pods"], "verbs": ["get", "list", "watch"]}],
    opts=opts,
)
ClusterRoleBinding(
    "reader",
    metadata={"name": "accelerator-reader"},
    role_ref={"api_group": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "accelerator-reader"},
    subjects=[{"kind": "ServiceAccount", "name": "exporter", "namespace": "gpu-operator"}],
    opts=opts,
)
