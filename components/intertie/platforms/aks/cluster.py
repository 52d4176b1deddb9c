"""The managed cluster: control plane, system pool, network of the pods, upgrades, and the way in."""

import base64
from ipaddress import ip_network

import pulumi
from pulumi_azure_native import containerservice, network

from intertie.plan import Plan
from intertie.platforms.aks import addons, monitoring, pools
from intertie.platforms.aks.identity import Control
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child
from intertie.platforms.tags import tags

WINDOWS = (
    ("cluster-upgrades", "aksManagedAutoUpgradeSchedule"),
    ("node-image-upgrades", "aksManagedNodeOSUpgradeSchedule"),
)
"""Role and fixed Azure name of the two upgrade schedules. Without them AKS drains accelerator nodes at any hour."""


def cluster(place: Place, nodes: network.Subnet, control: Control) -> containerservice.ManagedCluster:
    """The cluster with its system pool; all other pools are resources of their own."""
    plan = place.plan
    name, opts = child(
        place.options,
        "cluster",
        depends_on=control.grants,
        # The list also holds what other resources made: sending ours again fails or undoes them.
        ignore_changes=["agentPoolProfiles"],
    )
    made = containerservice.ManagedCluster(
        name,
        resource_name_=plan.cluster,
        resource_group_name=place.group.name,
        location=plan.region,
        dns_prefix=plan.cluster,
        node_resource_group=f"{plan.cluster}-nodes",
        kubernetes_version=plan.kubernetes,
        sku=containerservice.ManagedClusterSKUArgs(
            name=containerservice.ManagedClusterSKUName.BASE,
            tier=containerservice.ManagedClusterSKUTier.STANDARD,  # the default, Free, comes without an SLA
        ),
        identity=containerservice.ManagedClusterIdentityArgs(
            type=containerservice.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[control.plane.id]
        ),
        identity_profile={"kubeletidentity": _kubelet(control)},
        network_profile=_network(plan),
        api_server_access_profile=containerservice.ManagedClusterAPIServerAccessProfileArgs(disable_run_command=True),
        enable_rbac=True,
        # Local accounts stay: without them only members of an Entra group get in, and a description names none. The
        # login is fetched when it is needed and is a secret of the stack.
        disable_local_accounts=False,
        oidc_issuer_profile=containerservice.ManagedClusterOIDCIssuerProfileArgs(enabled=True),
        security_profile=containerservice.ManagedClusterSecurityProfileArgs(
            workload_identity=containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True)
        ),
        auto_upgrade_profile=_upgrades(),
        auto_scaler_profile=addons.autoscaler(plan),
        workload_auto_scaler_profile=addons.scaler(),
        azure_monitor_profile=monitoring.profile(),
        agent_pool_profiles=[pools.system(plan, nodes)],
        tags=tags(plan, "azure"),
        opts=opts,
    )
    for role, schedule in WINDOWS:
        _window(place, made, role, schedule)
    return made


def kubeconfig(place: Place, cluster: containerservice.ManagedCluster) -> pulumi.Output[str]:
    """The login of a local account, as YAML. A secret; fetched at every run, never stored in the description."""
    found = containerservice.list_managed_cluster_user_credentials_output(
        resource_group_name=place.group.name,
        resource_name=cluster.name,
        opts=pulumi.InvokeOutputOptions(parent=cluster, depends_on=[cluster]),
    )
    text = found.kubeconfigs.apply(lambda files: base64.b64decode(files[0].value).decode())
    # Joined to the id: an answer that is not known yet has forgotten whose login it is, and with it the order.
    return pulumi.Output.secret(pulumi.Output.all(cluster.id, text).apply(lambda known: known[1]))


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


def _upgrades() -> containerservice.ManagedClusterAutoUpgradeProfileArgs:
    """Patches come by themselves, minor versions with the description.

    The version is written without a patch number: sending `1.35` again to a cluster that has become 1.35.6 changes
    nothing, so it need not be ignored, and raising it in the description does upgrade.
    """
    return containerservice.ManagedClusterAutoUpgradeProfileArgs(
        upgrade_channel=containerservice.UpgradeChannel.PATCH,
        node_os_upgrade_channel=containerservice.NodeOSUpgradeChannel.NODE_IMAGE,
    )


def _window(place: Place, cluster: containerservice.ManagedCluster, role: str, schedule: str) -> None:
    """Upgrades happen on Sundays from 02:00 to 08:00 UTC."""
    name, opts = child(place.options, role)
    containerservice.MaintenanceConfiguration(
        name,
        config_name=schedule,
        resource_group_name=place.group.name,
        resource_name_=cluster.name,
        maintenance_window=containerservice.MaintenanceWindowArgs(
            schedule=containerservice.ScheduleArgs(
                weekly=containerservice.WeeklyScheduleArgs(
                    day_of_week=containerservice.WeekDay.SUNDAY, interval_weeks=1
                )
            ),
            start_time="02:00",
            utc_offset="+00:00",
            duration_hours=6,
        ),
        opts=opts,
    )
