"""Who collects metrics in a cluster that is adopted: in which kinds it is told what to ask for, and who asks."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from intertie.spec.base import Cidr, LabelKey, LabelValue, Spec
from intertie.spec.fields import NotAllowed, Text


class CollectorKind(StrEnum):
    """What a collector reads of the cluster to know which pods to ask."""

    ANNOTATIONS = "annotations"
    PROMETHEUS_OPERATOR = "prometheus-operator"
    GOOGLE_MANAGED = "google-managed"
    AZURE_MANAGED = "azure-managed"


NamespaceName = Annotated[
    str,
    Text(
        r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        "a Kubernetes namespace: up to 63 lower case letters, digits and hyphens",
        63,
        examples=("monitoring",),
    ),
]


class Collector(Spec):
    """The collector that an adopted cluster has. Nothing of it is installed or changed."""

    kind: CollectorKind
    """`annotations` of pods, `prometheus-operator` (PodMonitor, PrometheusRule), `google-managed` (PodMonitoring,
    Rules), or `azure-managed` (PodMonitor of azmonitoring.coreos.com; alert rules are Azure's)."""
    namespace: NamespaceName | None = None
    """Where the pods run that ask for metrics: nobody else may. Managed collectors have one of their own."""
    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """`prometheus-operator`: labels by which its Prometheus chooses monitors and rules, such as
    `{release: kube-prometheus-stack}`. Default: it takes all."""
    allow: tuple[Cidr, ...] = ()
    """Ranges that ask for metrics, where the collector stands outside of the cluster or on its nodes' own network."""

    @property
    def takes_rules(self) -> bool:
        """Whether alert rules are objects of the cluster."""
        return self.kind in (CollectorKind.PROMETHEUS_OPERATOR, CollectorKind.GOOGLE_MANAGED)

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        operator = self.kind is CollectorKind.PROMETHEUS_OPERATOR
        if operator and self.namespace is None:
            raise NotAllowed(
                f"`namespace` beside `kind: {self.kind}`", "the namespace of its Prometheus: pods answer nobody else"
            )
        if self.labels and not operator:
            raise NotAllowed("`labels` with `kind: prometheus-operator` alone", "no other collector chooses by them")
        if not operator and self.kind is not CollectorKind.ANNOTATIONS and (self.namespace or self.allow):
            raise NotAllowed(f"neither `namespace` nor `allow` with `kind: {self.kind}`", "where it runs is known")
        return self


def _collector(value: Any) -> Any:
    """`google-managed` → `{kind: google-managed}`, once, on reading."""
    return {"kind": value} if isinstance(value, str) else value


CollectorChoice = Annotated[Collector, BeforeValidator(_collector, json_schema_input_type=CollectorKind | Collector)]
"""`google-managed`, or `{kind: prometheus-operator, namespace: monitoring, labels: {release: …}}`."""
