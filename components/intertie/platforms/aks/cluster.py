"""The managed cluster: control plane, system pool, and network of the pods."""

from ipaddress import ip_network

import pulumi
from pulumi_azure_native import containerservice, operationalinsights

from intertie.plan import Plan
from intertie.platforms.aks import addons, cluster_access, cluster_upgrades, monitoring, monitoring_logs, pools
from intertie.platforms.aks.cluster_key import Key
from intertie.platforms.aks.identity import Control
from intertie.platforms.aks.network import Nodes, Place
from intertie.platforms.children import child
from intertie.platforms.tags import tags


def cluster(
    place: Place, nodes: Nodes, control: Control, key: Key, logs: operationalinsights.Workspace
) -> containerservice.ManagedCluster:
    """The cluster with its system pool; all other pools are resources of their own."""
    plan = place.plan
    name, opts = _child(place, control, key)
    made = containerservice.ManagedCluster(
        name,
        resource_name_=plan.cluster,
        resource_group_name=place.group.name,
        location=plan.region,
        dns_prefix=plan.cluster,
        node_resource_group=f"{plan.cluster}-nodes",
        kubernetes_version=plan.kubernetes,
        sku=cluster_upgrades.sku(plan),
        support_plan=cluster_upgrades.support(plan),
        identity=containerservice.ManagedClusterIdentityArgs(
            type=containerservice.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[control.plane.id]
        ),
        identity_profile={"kubeletidentity": _kubelet(control)},
        network_profile=_network(plan),
        api_server_access_profile=cluster_access.ways_in(plan, nodes.egress),
        enable_rbac=True,
        aad_profile=cluster_access.sign_in(plan),
        disable_local_accounts=cluster_access.administered(plan),
        oidc_issuer_profile=containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
        security_profile=_security(key),
        auto_upgrade_profile=cluster_upgrades.channels(),
        auto_scaler_profile=addons.autoscaler(plan),
        workload_auto_scaler_profile=addons.scaler(),
        azure_monitor_profile=monitoring.profile(),
        addon_profiles=monitoring_logs.agent(logs),
        agent_pool_profiles=[pools.system(plan, nodes.subnet)],
        tags=tags(plan, "azure"),
        opts=opts,
    )
    cluster_upgrades.windows(place, made)
    return made


def _child(place: Place, control: Control, key: Key) -> tuple[str, pulumi.ResourceOptions]:
    return child(
        place.options,
        "cluster",
        depends_on=[*control.grants, *key.ready],
        # A lock of Azure's would also keep every pool of the cluster from being taken away.
        protect=True if place.plan.operations.deletion_protection else None,
        # The list also holds what other resources made: sending ours again fails or undoes them.
        ignore_changes=["agentPoolProfiles"],
    )


def _security(key: Key) -> containerservice.ManagedClusterSecurityProfileArgs:
    """Pods prove who they are, secrets are encrypted with the key, and images that nobody uses are taken away."""
    return containerservice.ManagedClusterSecurityProfileArgs(
        workload_identity=containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
        azure_key_vault_kms=key.profile(),
        image_cleaner=containerservice.ManagedClusterSecurityProfileImageCleanerArgs(enabled=True, interval_hours=168),
    )


def _kubelet(control: Control) -> containerservice.UserAssignedIdentityArgs:
    return containerservice.UserAssignedIdentityArgs(
        resource_id=control.kubelet.id, client_id=control.kubelet.client_id, object_id=control.kubelet.principal_id
    )


def _network(plan: Plan) -> containerservice.ContainerServiceNetworkProfileArgs:
    """Pods in an overlay of their own, Cilium for data plane and policies, out through the subnet's NAT gateway."""
    return containerservice.ContainerServiceNetworkProfileArgs(
        network_plugin=containerservice.NetworkPlugin.AZURE,
        network_plugin_mode=containerservice.NetworkPluginMode.OVERLAY,
        network_dataplane=containerservice.NetworkDataplane.CILIUM,
        network_policy=containerservice.NetworkPolicy.CILIUM,
        load_balancer_sku=containerservice.LoadBalancerSku.STANDARD,
        # A NAT gateway that AKS manages cannot be had in a network of one's own.
        outbound_type=containerservice.OutboundType.USER_ASSIGNED_NAT_GATEWAY,
        pod_cidr=plan.addresses.pods,
        service_cidr=plan.addresses.services,
        dns_service_ip=str(ip_network(plan.addresses.services)[10]),  # .1 is the API server's
    )
