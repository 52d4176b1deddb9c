"""A data collection rule and that it is the cluster's: without both, an agent in the cluster sends nothing."""

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import containerservice, monitor

from intertie.platforms.aks.network import Place
from intertie.platforms.children import child
from intertie.platforms.tags import tags

TO = "workspace"
"""Name of the one destination of a rule."""


def collect(
    place: Place,
    cluster: containerservice.ManagedCluster,
    what: str,
    streams: Sequence[str],
    *,
    sources: monitor.DataCollectionRuleDataSourcesArgs,
    destinations: monitor.DataCollectionRuleDestinationsArgs,
    endpoint: pulumi.Input[str] | None = None,
) -> pulumi.Resource:
    """`what` (`metrics`) names both. `endpoint` is where the agent sends to, for streams that need one."""
    plan = place.plan
    name, opts = child(place.options, f"{what}-rule")
    rule = monitor.DataCollectionRule(
        name,
        data_collection_rule_name=f"{plan.cluster}-{what}",
        resource_group_name=place.group.name,
        location=plan.region,
        kind=monitor.KnownDataCollectionRuleResourceKind.LINUX,
        data_collection_endpoint_id=endpoint,
        data_sources=sources,
        destinations=destinations,
        data_flows=[monitor.DataFlowArgs(streams=list(streams), destinations=[TO])],
        tags=tags(plan, "azure"),
        opts=opts,
    )
    name, opts = child(place.options, f"{what}-association")
    return monitor.DataCollectionRuleAssociation(
        name,
        association_name=f"{plan.cluster}-{what}",
        data_collection_rule_id=rule.id,
        resource_uri=cluster.id,
        opts=opts,
    )
