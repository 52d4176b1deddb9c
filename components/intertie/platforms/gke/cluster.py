"""The cluster: a regional control plane, reached by name and identity, and no node of its own."""

from collections.abc import Sequence

import pulumi
from pulumi_gcp import container, serviceaccount

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.gke import addons, cluster_access, cluster_upgrades, fabric, pools
from intertie.platforms.gke.network import PODS, PODS_PER_NODE, SERVICES, Layout
from intertie.platforms.tags import tags


def cluster(
    plan: Plan,
    options: BuildOptions,
    *,
    nodes: serviceaccount.Account,
    project: pulumi.Input[str],
    layout: Layout,
    key: pulumi.Input[str],
    after: Sequence[pulumi.Resource],
) -> container.Cluster:
    """The control plane. All of its nodes are in pools of their own: an inline pool would replace the whole cluster.

    GKE takes some settings only at creation: location, address ranges, data plane, multi-networking.
    """
    args = container.ClusterArgs(
        name=plan.cluster,
        project=plan.where.account.id if plan.where.account else None,
        location=plan.region,
        node_locations=list(plan.zones) or None,
        release_channel=container.ClusterReleaseChannelArgs(channel=plan.operations.channel.upper()),
        maintenance_policy=cluster_upgrades.maintenance(plan),
        min_master_version=plan.kubernetes,  # "1.35": the newest patch of that minor version
        resource_labels=tags(plan, "gcp"),
        deletion_protection=plan.operations.deletion_protection,
        database_encryption=container.ClusterDatabaseEncryptionArgs(state="ENCRYPTED", key_name=key),
    )
    _set_network(args, plan, layout)
    cluster_access.set_ways_in(args, plan)
    _set_identity(args, project)
    _set_components(args, plan)
    _set_first_nodes(args, nodes)
    name, opts = child(
        options,
        "cluster",
        depends_on=list(after),
        ignore_changes=["nodeConfig"],  # of the pool that is gone: GKE reports another one's, and would replace all
    )
    return container.Cluster(name, args, opts=opts)


def _set_network(args: container.ClusterArgs, plan: Plan, layout: Layout) -> None:
    """Pods and services have addresses of the subnet's ranges; nodes have no public ones."""
    args.network = layout.network.id
    args.subnetwork = layout.subnetwork.id
    args.networking_mode = "VPC_NATIVE"
    args.ip_allocation_policy = container.ClusterIpAllocationPolicyArgs(
        cluster_secondary_range_name=PODS, services_secondary_range_name=SERVICES
    )
    args.default_max_pods_per_node = PODS_PER_NODE
    args.datapath_provider = "ADVANCED_DATAPATH"  # enforces network policies by itself
    args.enable_multi_networking = fabric.multi_networking(plan) or None
    args.enable_l4_ilb_subsetting = True  # internal load balancers beyond 250 nodes; cannot be turned off again


def _set_identity(args: container.ClusterArgs, project: pulumi.Input[str]) -> None:
    """No client certificate, which nobody could take back; pods are known to Google by their service accounts."""
    args.master_auth = container.ClusterMasterAuthArgs(
        client_certificate_config=container.ClusterMasterAuthClientCertificateConfigArgs(issue_client_certificate=False)
    )
    args.workload_identity_config = container.ClusterWorkloadIdentityConfigArgs(
        workload_pool=pulumi.Output.concat(project, ".svc.id.goog")
    )


def _set_components(args: container.ClusterArgs, plan: Plan) -> None:
    """What GKE brings along."""
    args.addons_config = addons.addons_config()
    args.monitoring_config = addons.monitoring_config(plan)
    args.logging_config = addons.logging_config()
    args.cost_management_config = container.ClusterCostManagementConfigArgs(enabled=True)
    args.security_posture_config = container.ClusterSecurityPostureConfigArgs(mode="BASIC")
    # The gateway is Envoy's, the same on every cloud, with Gateway API definitions of its own: GKE must not own them.
    args.gateway_api_config = container.ClusterGatewayApiConfigArgs(channel="CHANNEL_DISABLED")


def _set_first_nodes(args: container.ClusterArgs, account: serviceaccount.Account) -> None:
    """The pool that GKE insists on at creation, and that is then taken away. The project's policies hold for it too."""
    args.remove_default_node_pool = True
    args.initial_node_count = 1
    args.enable_shielded_nodes = True
    args.node_config = container.ClusterNodeConfigArgs(
        service_account=account.email,
        oauth_scopes=list(pools.SCOPES),
        shielded_instance_config=container.ClusterNodeConfigShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_integrity_monitoring=True
        ),
        workload_metadata_config=container.ClusterNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
    )
