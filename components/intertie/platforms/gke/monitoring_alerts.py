"""Whom alerts reach on Google Cloud: policies of Cloud Monitoring over the metrics of managed Prometheus.

The evaluator of managed Prometheus hands alerts to an Alertmanager, which needs a mail server and its password to write
to anybody. Cloud Monitoring evaluates the same PromQL and writes by itself, so the rules are its policies where there
is somebody to tell. Source: Google Cloud documentation, alerting policies with PromQL, and managed rule evaluation.
"""

import re
from collections.abc import Sequence

import pulumi
from pulumi_gcp import monitoring

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.alerts import Alert, alerts
from intertie.plan.cost_rules import cost_alerts
from intertie.plan.recipients import Desk, desk_of, desks
from intertie.platforms.children import child
from intertie.platforms.tags import tags

_SEVERITY = {"critical": "CRITICAL", "warning": "WARNING"}
_UNITS = {"s": 1, "m": 60, "h": 3600}


def build(plan: Plan, options: BuildOptions, apis: list[pulumi.Resource]) -> tuple[pulumi.Resource, ...]:
    """A channel per address and a policy per alert. () where nobody is to be told."""
    channels = {desk.name: [_channel(plan, options, apis, desk, number) for number in range(len(desk.addresses))]
                for desk in desks(plan)}  # fmt: skip
    made: list[pulumi.Resource] = []
    for alert in (*alerts(plan, own(plan)), *cost_alerts(plan)):
        desk = desk_of(plan, alert.severity)
        if desk is not None:
            made.append(_policy(plan, options, apis, alert, channels[desk.name]))
    return tuple(made)


def own(plan: Plan) -> str:
    """What tells this cluster's series from those of others in the project, which a policy sees as well."""
    return f'cluster="{plan.cluster}"'


def _channel(
    plan: Plan, options: BuildOptions, apis: list[pulumi.Resource], desk: Desk, number: int
) -> monitoring.NotificationChannel:
    name, opts = child(options, f"alerts-{desk.name}-{number}", depends_on=apis)
    return monitoring.NotificationChannel(
        name,
        project=plan.where.account.id if plan.where.account else None,
        display_name=f"{desk.name.capitalize()} for {plan.cluster}",
        type="email",
        labels={"email_address": desk.addresses[number]},
        user_labels=tags(plan, "gcp"),
        opts=opts,
    )


def _policy(
    plan: Plan,
    options: BuildOptions,
    apis: list[pulumi.Resource],
    alert: Alert,
    channels: Sequence[monitoring.NotificationChannel],
) -> monitoring.AlertPolicy:
    """One alert. Metrics that nothing has sent yet are no mistake: the cluster is made in the same update."""
    name, opts = child(options, f"alert-{alert.key}", depends_on=apis)
    query = monitoring.AlertPolicyConditionConditionPrometheusQueryLanguageArgs(
        query=alert.expr,
        duration=f"{seconds(alert.hold)}s",
        evaluation_interval="60s",
        alert_rule=alert.name,
        rule_group=plan.spec.name,
        labels={"severity": alert.severity, **({"stage": alert.stage} if alert.stage else {})},
        disable_metric_validation=True,
    )
    return monitoring.AlertPolicy(
        name,
        project=plan.where.account.id if plan.where.account else None,
        display_name=f"{plan.cluster}: {alert.key}",
        combiner="OR",
        enabled=True,
        severity=_SEVERITY[alert.severity],
        conditions=[
            monitoring.AlertPolicyConditionArgs(
                display_name=alert.name, condition_prometheus_query_language=query
            )
        ],
        documentation=monitoring.AlertPolicyDocumentationArgs(
            content=plainly(alert.summary), mime_type="text/markdown"
        ),
        notification_channels=[channel.id for channel in channels],
        user_labels=tags(plan, "gcp"),
        opts=opts,
    )  # fmt: skip


def plainly(summary: str) -> str:
    """A summary without the fields that Prometheus would fill in: they stand among the labels of the incident."""
    return re.sub(r"\{\{[^}]*\}\}", "…", summary)


def seconds(hold: str) -> int:
    """A duration of Prometheus: `15m` → 900."""
    match = re.fullmatch(r"(\d+)([smh])", hold)
    assert match is not None, hold
    return int(match[1]) * _UNITS[match[2]]
