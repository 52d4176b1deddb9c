"""Collectors of metrics, and in which kinds each is told what to ask for, whoever runs the cluster."""

from intertie.contract import MetricsBinding

ANNOTATIONS = MetricsBinding()
"""It finds pods by what they say of themselves."""

PROMETHEUS_OPERATOR = MetricsBinding(
    monitor=("monitoring.coreos.com/v1", "PodMonitor"), rules=("monitoring.coreos.com/v1", "PrometheusRule")
)
"""Prometheus as the operator runs it. Source: Prometheus Operator documentation, API reference."""

GOOGLE_MANAGED = MetricsBinding(
    monitor=("monitoring.googleapis.com/v1", "PodMonitoring"),
    rules=("monitoring.googleapis.com/v1", "Rules"),
    namespaces=("gmp-system",),
)
"""Who asks for metrics runs on each node. Source: Google Cloud documentation, managed collection and managed rule
evaluation."""

AZURE_MANAGED = MetricsBinding(monitor=("azmonitoring.coreos.com/v1", "PodMonitor"), namespaces=("kube-system",))
"""Alert rules are Azure's. Source: Azure Monitor documentation, collection with pod and service monitors."""
