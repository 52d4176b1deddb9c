"""What the cluster needs installed: EKS add-ons, Cluster Autoscaler, and the EFA device plugin where there is EFA."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_aws import eks
from pulumi_kubernetes.helm.v3 import Release

from intertie.contract import BuildOptions
from intertie.plan import LABEL, Plan
from intertie.platforms.children import child
from intertie.platforms.eks import addons_charts as charts
from intertie.platforms.eks import cluster_access, monitoring_logs, network_runner
from intertie.platforms.eks.fabric import PRESENT
from intertie.platforms.eks.identity import pod_identity, pod_role
from intertie.platforms.eks.pools import Pools
from intertie.platforms.tags import tags

AUTOSCALER_CHART = "9.56.0"  # index of the chart repository kubernetes.github.io/autoscaler, 2026-03
EFA_CHART = "v0.5.29"  # NVIDIA aicr component registry, 2026-08
_CRITICAL = {"key": "CriticalAddonsOnly", "operator": "Exists"}
_FIRST_RUNG = 100  # priority of a ladder's first step; higher is tried earlier


def before_nodes(plan: Plan, options: BuildOptions, cluster: eks.Cluster) -> list[pulumi.Resource]:
    """Add-ons without which a node does not become ready, or its pods get no identity; and who may use the cluster."""
    allowed = [*cluster_access.grant(plan, options, cluster), *network_runner.let_in(plan, options, cluster)]
    agent = _addon(plan, options, cluster, "eks-pod-identity-agent")
    role, rights = pod_role(plan, options, "vpc-cni", managed=["AmazonEKS_CNI_Policy"])
    network = _addon(
        plan,
        options,
        cluster,
        "vpc-cni",
        {"enableNetworkPolicy": "true"},  # off as it comes: the stages' policies would be taken and hold nobody back
        identity=eks.AddonPodIdentityAssociationArgs(role_arn=role.arn, service_account="aws-node"),
        after=[agent, *rights],
    )
    return [*allowed, agent, network, _addon(plan, options, cluster, "kube-proxy")]


def after_nodes(plan: Plan, options: BuildOptions, cluster: eks.Cluster, pools: Pools) -> list[pulumi.Resource]:
    """Add-ons that are pods on nodes: they count as installed when they run."""
    nodes = [pools.groups[pool.name] for pool in plan.pools if pool.role == "system"]
    provider = charts.provider(plan, options, cluster)
    dns = _addon(plan, options, cluster, "coredns", after=nodes)
    made: list[pulumi.Resource] = [
        dns,
        _storage(plan, options, cluster, nodes),
        _addon(plan, options, cluster, "metrics-server", {"tolerations": [_CRITICAL]}, after=nodes),
        _addon(plan, options, cluster, "eks-node-monitoring-agent", _monitoring(plan), after=nodes),
        _autoscaler(plan, options, cluster, provider, after=[*nodes, dns]),
        monitoring_logs.collect(plan, options, cluster, provider, after=[*nodes, dns]),
    ]
    if pools.efa_machines:
        made.append(_efa_plugin(options, pools, provider))
    return made


def _addon(
    plan: Plan,
    options: BuildOptions,
    cluster: eks.Cluster,
    addon: str,
    configuration: Mapping[str, Any] | None = None,
    *,
    identity: eks.AddonPodIdentityAssociationArgs | None = None,
    after: Iterable[pulumi.Resource] = (),
) -> eks.Addon:
    """One add-on in the version that EKS has as default for the cluster's Kubernetes."""
    name, opts = child(options, addon, depends_on=list(after) or None)
    return eks.Addon(
        name,
        region=plan.region,
        cluster_name=cluster.name,
        addon_name=addon,
        configuration_values=json.dumps(configuration, sort_keys=True) if configuration else None,
        pod_identity_associations=[identity] if identity else None,
        resolve_conflicts_on_create="OVERWRITE",
        resolve_conflicts_on_update="OVERWRITE",
        tags=tags(plan, "aws"),
        opts=opts,
    )


def _storage(plan: Plan, options: BuildOptions, cluster: eks.Cluster, nodes: list[eks.NodeGroup]) -> eks.Addon:
    role, rights = pod_role(plan, options, "ebs-csi", managed=["AmazonEBSCSIDriverPolicyV2"])
    return _addon(
        plan,
        options,
        cluster,
        "aws-ebs-csi-driver",
        {"defaultStorageClass": {"enabled": True}},
        identity=eks.AddonPodIdentityAssociationArgs(role_arn=role.arn, service_account="ebs-csi-controller-sa"),
        after=[*nodes, *rights],
    )


def _monitoring(plan: Plan) -> dict[str, Any] | None:
    """The agent stands on every node, but the part that reads GPUs tolerates nothing by itself, and our GPU nodes are
    tainted: without this no GPU fault is ever seen, and no node repaired."""
    taints = sorted({(taint.key, taint.effect) for pool in plan.accelerator_pools() for taint in pool.taints})
    tolerations = [{"key": key, "operator": "Exists", "effect": effect} for key, effect in taints]
    return {"dcgmAgent": {"tolerations": tolerations}} if tolerations else None


def _autoscaler(
    plan: Plan,
    options: BuildOptions,
    cluster: eks.Cluster,
    provider: kubernetes.Provider,
    after: list[pulumi.Resource],
) -> Release:
    """The party that grows every pool. Its minor version is that of Kubernetes; it climbs ladders by rank."""
    role, rights = pod_role(plan, options, "cluster-autoscaler", statements=_autoscaler_rights(plan))
    identity = pod_identity(
        plan,
        options,
        cluster,
        "cluster-autoscaler-identity",
        account=(charts.NAMESPACE, "cluster-autoscaler"),
        taken_on=role,
        after=rights,
    )
    return charts.release(
        options,
        provider,
        "cluster-autoscaler",
        repository="https://kubernetes.github.io/autoscaler",
        version=AUTOSCALER_CHART,
        values=_autoscaler_values(plan),
        after=[*after, identity],
    )


def _autoscaler_values(plan: Plan) -> dict[str, Any]:
    """Values of its chart. It stands on the system pool, which it never empties."""
    image = charts.sourced(plan, "registry.k8s.io/autoscaling/cluster-autoscaler")
    return {
        "cloudProvider": "aws",
        "awsRegion": plan.region,
        "autoDiscovery": {"clusterName": plan.cluster},  # EKS tags the groups of a cluster for discovery
        "image": {"tag": f"v{plan.kubernetes}.0", **image},
        "fullnameOverride": "cluster-autoscaler",
        "rbac": {"serviceAccount": {"name": "cluster-autoscaler"}},
        "replicaCount": 2,
        "nodeSelector": {f"{LABEL}/pool": next(pool.name for pool in plan.pools if pool.role == "system")},
        "tolerations": [_CRITICAL],
        "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
        "extraArgs": {"expander": "priority,least-waste", "skip-nodes-with-local-storage": False},
        "expanderPriorities": _priorities(plan),
    }


def _autoscaler_rights(plan: Plan) -> list[dict[str, Any]]:
    """Reads everything, changes only the groups of this cluster."""
    read = (
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeScalingActivities",
        "autoscaling:DescribeTags",
        "ec2:DescribeImages",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:GetInstanceTypesFromInstanceRequirements",
        "eks:DescribeNodegroup",
    )
    change = ("autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup")
    owned = {"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{plan.cluster}": "owned"}}
    return [
        {"Effect": "Allow", "Action": list(read), "Resource": "*"},
        {"Effect": "Allow", "Action": list(change), "Resource": "*", "Condition": owned},
    ]


def _priorities(plan: Plan) -> dict[str, list[str]]:
    """Which groups are grown first: by the rank of their pools. EKS names the scaling group `eks-<group>-<id>`."""
    found: dict[str, list[str]] = {"1": [".*"]}
    for pool in plan.accelerator_pools():
        found.setdefault(str(_FIRST_RUNG - pool.rank), []).append(f"^eks-{pool.name}-.*")
    return found


def _efa_plugin(options: BuildOptions, pools: Pools, provider: kubernetes.Provider) -> Release:
    """Offers EFA interfaces to pods, on the nodes that have them and nowhere else."""
    machines = {"keys": ["node.kubernetes.io/instance-type"], "values": list(pools.efa_machines)}
    values = {
        "nodeSelector": {PRESENT: "true"},
        "supportedInstanceLabels": machines,
        "tolerations": [{"operator": "Exists"}],
    }

    after = list(pools.groups.values())
    return charts.release(
        options,
        provider,
        "aws-efa-k8s-device-plugin",
        repository=charts.EKS_CHARTS,
        version=EFA_CHART,
        values=values,
        after=after,
    )
