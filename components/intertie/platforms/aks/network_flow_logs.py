"""Flow logs: who talked to whom in the cluster's network, accepted or refused.

The region's network watcher, which Azure makes with the first network of a subscription in a region, writes them to a
storage account of their own. It does so as an identity: the account has no keys.
"""

from pulumi_azure_native import network, storage

from intertie.platforms.aks.identity import grant, user_assigned
from intertie.platforms.aks.network import Nodes, Place
from intertie.platforms.aks.storage import account
from intertie.platforms.children import child
from intertie.platforms.tags import tags

WATCHERS = "NetworkWatcherRG"
"""Resource group of the watchers that Azure makes. Source: Azure Network Watcher documentation, overview."""


def watcher(region: str) -> str:
    """Name of the watcher that Azure makes for a region."""
    return f"NetworkWatcher_{region}"


def record(place: Place, nodes: Nodes) -> None:
    """Records all traffic of the network for as long as logs are kept, if the description wants it recorded."""
    plan = place.plan
    if not plan.operations.flow_logs:
        return
    kept = account(place, "flow-logs-account", "flow-logs", storage.AccessTier.COOL)
    writer = user_assigned(place, "flow-logs")
    right = grant(place, "flow-logs", "Storage Blob Data Contributor", to=writer, scope=kept.id)
    name, opts = child(place.options, "flow-log", depends_on=[right])
    network.FlowLog(
        name,
        flow_log_name=plan.cluster,
        network_watcher_name=watcher(plan.region),
        resource_group_name=WATCHERS,
        location=plan.region,
        target_resource_id=nodes.vnet.id,
        storage_id=kept.id,
        identity=network.ManagedServiceIdentityArgs(
            type=network.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[writer.id]
        ),
        enabled=True,
        format=network.FlowLogFormatParametersArgs(type=network.FlowLogFormatType.JSON, version=2),
        retention_policy=network.RetentionPolicyParametersArgs(enabled=True, days=plan.operations.log_days),
        tags=tags(plan, "azure"),
        opts=opts,
    )
