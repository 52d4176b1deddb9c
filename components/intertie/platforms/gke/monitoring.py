"""Managed Prometheus of Google Cloud: it comes with the cluster, and reads monitors and rules of kinds of its own."""

from intertie.contract import MetricsBinding
from intertie.plan import Plan
from intertie.plan.recipients import desks

_API = "monitoring.googleapis.com/v1"


def binding(plan: Plan) -> MetricsBinding:
    """Monitors and rules are objects of the cluster; who asks for metrics runs on each node, in a namespace of its own.

    Alerts that are told to somebody are policies of Cloud Monitoring: see `monitoring_alerts`.

    Source: Google Cloud documentation, managed collection and managed rule evaluation.
    """
    return MetricsBinding(
        monitor=(_API, "PodMonitoring"), rules=(_API, "Rules"), alerts=not desks(plan), namespaces=("gmp-system",)
    )
