"""The control plane, what it needs beside it (key, log group, role), and the handle that workloads get."""

import json
from collections.abc import Iterable

import pulumi
from pulumi_aws import eks, kms

from intertie.contract import Bound, BuildOptions, ClusterHandle, GatewayBinding, StorageBinding
from intertie.plan import Plan
from intertie.platforms import components
from intertie.platforms.children import child
from intertie.platforms.eks.cluster_logs import log_group
from intertie.platforms.eks.identity import service_role
from intertie.platforms.eks.network import Network
from intertie.platforms.eks.pools import Pools
from intertie.platforms.eks.storage import Weights
from intertie.platforms.tags import tags

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_INSTALLED = ("autoscaler",)  # by `addons`, beside what the catalogue says that AWS brings
_LOAD_BALANCER = "service.beta.kubernetes.io/aws-load-balancer"


def build(plan: Plan, options: BuildOptions, network: Network) -> eks.Cluster:
    """The EKS cluster. Its default add-ons are left out at creation: `addons` installs them where they can be kept."""
    role, rights = service_role(plan, options, "cluster", "eks.amazonaws.com", ("AmazonEKSClusterPolicy",))
    key = plan.operations.key or _key(plan, options).arn
    logs = log_group(plan, options, "control-plane-logs", f"/aws/eks/{plan.cluster}/cluster")
    name, opts = child(options, "control-plane", depends_on=[*rights, logs])
    return eks.Cluster(
        name,
        region=plan.region,
        name=plan.cluster,
        version=plan.kubernetes,
        role_arn=role.arn,
        # Without a named deployer whoever creates the cluster must be let in: the same run installs the autoscaler and
        # the pipeline, and who that is cannot be known without asking the account.
        access_config=eks.ClusterAccessConfigArgs(
            authentication_mode="API", bootstrap_cluster_creator_admin_permissions=not plan.operations.deployer
        ),
        vpc_config=_ways_in(plan, network),
        kubernetes_network_config=eks.ClusterKubernetesNetworkConfigArgs(
            ip_family="ipv4", service_ipv4_cidr=plan.addresses.services
        ),
        encryption_config=eks.ClusterEncryptionConfigArgs(
            provider=eks.ClusterEncryptionConfigProviderArgs(key_arn=key), resources=["secrets"]
        ),
        # Standard: at the end of support AWS upgrades the cluster, rather than charging six times as much for it.
        upgrade_policy=eks.ClusterUpgradePolicyArgs(
            support_type="EXTENDED" if plan.operations.channel == "extended" else "STANDARD"
        ),
        zonal_shift_config=eks.ClusterZonalShiftConfigArgs(enabled=True),  # traffic can be led out of an ill zone
        enabled_cluster_log_types=list(LOG_TYPES),
        bootstrap_self_managed_addons=False,
        deletion_protection=plan.operations.deletion_protection,
        tags=tags(plan, "aws"),
        opts=opts,
    )


def _ways_in(plan: Plan, network: Network) -> eks.ClusterVpcConfigArgs:
    """Nodes use the private address; the public one, if there is one, answers to the plan's ranges alone."""
    public = plan.operations.api == "public"
    ranges = list(plan.operations.api_ranges) or ["0.0.0.0/0"]
    return eks.ClusterVpcConfigArgs(
        subnet_ids=network.subnets(),
        endpoint_private_access=True,
        endpoint_public_access=public,
        public_access_cidrs=ranges if public else None,
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
    if plan.operations.runner_proxy:
        server["proxy-url"] = plan.operations.runner_proxy
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
        prices="aws",
        region=plan.region,
        registry=plan.where.mirror,
        provided=components.provided("aws", components.vendors(plan), installed),
        ready=(*pools.groups.values(), *ready),
    )
