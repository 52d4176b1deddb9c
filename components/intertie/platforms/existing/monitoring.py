"""Who collects metrics in an adopted cluster, as the description says: nobody can ask it without its credentials."""

from dataclasses import replace

from intertie.contract import MetricsBinding
from intertie.plan import Plan
from intertie.platforms import collectors
from intertie.spec import CollectorKind

_KINDS = {
    CollectorKind.ANNOTATIONS: collectors.ANNOTATIONS,
    CollectorKind.PROMETHEUS_OPERATOR: collectors.PROMETHEUS_OPERATOR,
    CollectorKind.GOOGLE_MANAGED: collectors.GOOGLE_MANAGED,
    CollectorKind.AZURE_MANAGED: collectors.AZURE_MANAGED,
}


def binding(plan: Plan) -> MetricsBinding | None:
    """In which kinds the cluster's collector is told what to ask for, and from where it asks. None: nobody said."""
    chosen = plan.where.adopt.collector if plan.where.adopt else None
    if chosen is None:
        return None
    known = _KINDS[chosen.kind]
    own = (chosen.namespace,) if chosen.namespace else known.namespaces
    return replace(known, namespaces=own, ranges=chosen.allow, labels=dict(chosen.labels))
