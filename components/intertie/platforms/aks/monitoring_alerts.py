"""Whom alerts reach on Azure: an action group per desk, which rules name among their actions."""

from pulumi_azure_native import alertsmanagement, monitor

from intertie.plan.recipients import Desk, desks
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child
from intertie.platforms.tags import tags

Groups = dict[str, monitor.ActionGroup]
"""By severity of the rules."""


def groups(place: Place) -> Groups:
    """Who is told of which severity; {} where nobody is to be told."""
    made = [(desk, _group(place, desk)) for desk in desks(place.plan)]
    return {severity: group for desk, group in made for severity in desk.severities}


def actions(told: Groups, severity: str) -> list[alertsmanagement.PrometheusRuleGroupActionArgs] | None:
    """What a rule of this severity does when it fires; None: nothing."""
    if severity not in told:
        return None
    return [alertsmanagement.PrometheusRuleGroupActionArgs(action_group_id=told[severity].id)]


def _group(place: Place, desk: Desk) -> monitor.ActionGroup:
    """Short names have 12 characters at most, and stand in what people get."""
    name, opts = child(place.options, f"alerts-{desk.name}")
    return monitor.ActionGroup(
        name,
        action_group_name=f"{place.plan.cluster}-{desk.name}",
        resource_group_name=place.group.name,
        location="Global",
        group_short_name=desk.name,
        enabled=True,
        email_receivers=[
            monitor.MicrosoftCommonEmailReceiverArgs(
                name=f"{desk.name}-{number}", email_address=address, use_common_alert_schema=True
            )
            for number, address in enumerate(desk.addresses)
        ],
        tags=tags(place.plan, "azure"),
        opts=opts,
    )
