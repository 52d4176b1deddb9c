"""The control plane, what it needs beside it (key, log group, role), and the handle that workloads get."""

import json
from collections.abc import Iterable

import pulumi
from pulumi_aws import cloudwatch, eks, kms

from intertie.contract import Bound, BuildOptions, ClusterHandle, GatewayBinding, StorageBinding
from intertie.plan import Plan
from intertie.platforms import components
from intertie.platforms.children import child
from intertie.platforms.eks.identity import service_role
from intertie.platforms.eks.network import Network
from intertie.platforms.eks.pools import Pools
from intertie.platforms.eks.storage import Weights
from intertie.platforms.tags import tags

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
LOG_DAYS = 90
_INSTALLED = ("autoscaler",)  # by `addons`, beside what the catalogue says that AWS brings
_LOAD_BALANCER = "service.beta.kubernetes.io/aws-load-balancer"


def build(plan: Plan, options: BuildOptions, network: Network) -> eks.Cluster:
    """The EKS cluster. Its default add-ons are left out at creation: `addons` installs them where they can be kept."""
    role, rights = service_role(plan, options, "cluster", "eks.amazonaws.com", ("AmazonEKSClusterPolicy",))
    key = _key(plan, options)
    logs = _log_group(plan, options)
    name, opts = child(options, "control-plane", depends_on=[*rights, logs])
    return eks.Cluster(
        name,
        region=plan.region,
        name=plan.cluster,
        version=plan.kubernetes,
        role_arn=role.arn,
        # Whoever creates the cluster must be let in: the same run installs the autoscaler and the pipeline, and no
        # other principal is known without asking the account, which a preview without credentials cannot.
        access_config=eks.ClusterAccessConfigArgs(
            authentication_mode="API", bootstrap_cluster_creator_admin_permissions=True
        ),
        # Both ways in: nodes use the private address, the machine that runs Pulumi the public one. From where that
        # machine connects is not part of a description; IAM stands in front of either address.
        vpc_config=eks.ClusterVpcConfigArgs(
            subnet_ids=network.subnets(), endpoint_private_access=True, endpoint_public_access=True
        ),
        kubernetes_network_config=eks.ClusterKubernetesNetworkConfigArgs(
            ip_family="ipv4", service_ipv4_cidr=plan.addresses.services
        ),
        encryption_config=eks.ClusterEncryptionConfigArgs(
            provider=eks.ClusterEncryptionConfigProviderArgs(key_arn=key.arn), resources=["secrets"]
        ),
        # At the end of support AWS upgrades the cluster, rather than charging six times as much for it.
        upgrade_policy=eks.ClusterUpgradePolicyArgs(support_type="STANDARD"),
        enabled_cluster_log_types=list(LOG_TYPES),
        bootstrap_self_managed_addons=False,
        deletion_protection=False,  # a failover drill must be able to take a cluster away again
        tags=tags(plan, "aws"),
        opts=opts,
    )


def _key(plan: Plan, options: BuildOptions) -> kms.Key:
    name, opts = child(options, "secrets-key")
    key = kms.Key(
        name,
        region=plan.region,
        description=f"Secrets of the Kubernetes cluster {plan.cluster}",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        tags=tags(plan, "aws"),
        opts=opts,
    )
    name, opts = child(options, "secrets-key-alias")
    kms.Alias(name, region=plan.region, name=f"alias/{plan.cluster}", target_key_id=key.key_id, opts=opts)
    return key


def _log_group(plan: Plan, options: BuildOptions) -> cloudwatch.LogGroup:
    """Made before the cluster: else EKS makes one that keeps logs for ever and outlives the stack."""
    name, opts = child(options, "control-plane-logs")
    return cloudwatch.LogGroup(
        name,
        region=plan.region,
        name=f"/aws/eks/{plan.cluster}/cluster",
        retention_in_days=LOG_DAYS,
        tags=tags(plan, "aws"),
        opts=opts,
    )


def kubeconfig(plan: Plan, cluster: eks.Cluster) -> pulumi.Output[str]:
    """Kubeconfig of the cluster: no credential in it, a secret all the same."""
    authority = cluster.certificate_authority.apply(lambda authority: authority.data)
    parts = pulumi.Output.all(cluster.endpoint, authority)
    return pulumi.Output.secret(parts.apply(lambda known: kubeconfig_text(plan, known[0], known[1])))


def kubeconfig_text(plan: Plan, endpoint: str, authority: str) -> str:
    """A kubeconfig as JSON, with the AWS command line asked for a token whenever one is needed."""
    name = plan.cluster
    user = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": ["--region", plan.region, "eks", "get-token", "--cluster-name", name, "--output", "json"],
        "interactiveMode": "Never",
    }
    server = {"server": endpoint, "certificate-authority-data": authority}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": server}],
        "users": [{"name": name, "user": {"exec": user}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
    }
    return json.dumps(content)


def gateway(plan: Plan) -> GatewayBinding:
    """Annotations for the gateway's load balancer, in the words of the controller that EKS runs: a network one."""
    annotations: dict[str, Bound] = {
        f"{_LOAD_BALANCER}-type": "nlb",
        f"{_LOAD_BALANCER}-cross-zone-load-balancing-enabled": "true",
        f"{_LOAD_BALANCER}-additional-resource-tags": ",".join(f"{key}={value}" for key, value in plan.tags),
    }
    if plan.endpoint is None or str(plan.endpoint.access) == "private":
        annotations[f"{_LOAD_BALANCER}-internal"] = "true"
    return GatewayBinding(annotations)


def handle(
    plan: Plan, cluster: eks.Cluster, weights: Weights, pools: Pools, ready: Iterable[pulumi.Resource]
) -> ClusterHandle:
    """All that a workload may know of the cluster."""
    installed = [*_INSTALLED, *(["efa-device-plugin"] if pools.efa_machines else [])]
    return ClusterHandle(
        name=plan.cluster,
        kubeconfig=kubeconfig(plan, cluster),
        pools=pools.bindings,
        storage=StorageBinding(weights_uri=weights.uri, env={"AWS_REGION": plan.region}),
        gateway=gateway(plan),
        registry=plan.where.registry,
        provided=components.provided("aws", components.vendors(plan), installed),
        ready=(*pools.groups.values(), *ready),
    )
