"""Managed Prometheus of Google Cloud: it comes with the cluster, and reads monitors and rules of kinds of its own."""

from intertie.contract import MetricsBinding

_API = "monitoring.googleapis.com/v1"


def binding() -> MetricsBinding:
    """Monitors and rules are objects of the cluster; who asks for metrics runs on each node, in a namespace of its own.

    Source: Google Cloud documentation, managed collection and managed rule evaluation.
    """
    return MetricsBinding(monitor=(_API, "PodMonitoring"), rules=(_API, "Rules"), namespaces=("gmp-system",))
