"""Managed Prometheus of Google Cloud: it comes with the cluster, and reads monitors and rules of kinds of its own."""

from dataclasses import replace

from intertie.contract import MetricsBinding
from intertie.plan import Plan
from intertie.plan.recipients import desks
from intertie.platforms import collectors


def binding(plan: Plan) -> MetricsBinding:
    """Monitors and rules are objects of the cluster; who asks for metrics runs on each node, in a namespace of its own.

    Alerts that are told to somebody are policies of Cloud Monitoring: see `monitoring_alerts`.
    """
    return replace(collectors.GOOGLE_MANAGED, alerts=not desks(plan))
