"""What wakes somebody: alert rules of a placement, as data in PromQL. The same on every cloud; how a collector takes
them is the platform's and the workload's matter."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from intertie.plan.types import Plan, StagePlan

GATEWAY_NAMESPACE = "envoy-gateway-system"
WARNING = timedelta(days=3)
"""How long before reserved capacity ends its alert fires: time to find other capacity."""
PATIENCE = 4
"""An alert fires when this many times the scaling target wait: scaling has not kept up."""
_SAFE = "[bcdfghjklmnpqrstvwxz2456789]"
"""Letters of hashes and random endings: no vowels and nothing that looks like one, so that they never make a word."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule. `hold`: how long the expression must be true, as Prometheus writes it."""

    name: str
    expr: str
    hold: str
    severity: str  # critical: somebody is called; warning: somebody looks in the morning
    summary: str
    stage: str = ""

    @property
    def key(self) -> str:
        """Its name among the placement's; the same alert of two stages has two."""
        return f"{self.name}-{self.stage}" if self.stage else self.name


@dataclass(frozen=True, slots=True)
class RuntimeMetrics:
    """Names of what a runtime measures; "" for what it does not."""

    runtime: str
    queue: str
    running: str
    ttft: str
    tokens: str
    cache: str
    source: str
    as_of: str


@cache
def runtime_metrics(runtime: str) -> RuntimeMetrics:
    """Metric names of a runtime. KeyError for one that no row names."""
    return {row["runtime"]: RuntimeMetrics(**row) for row in _rows("runtime_metrics.csv")}[runtime]


def alerts(plan: Plan, own: str = "") -> tuple[Alert, ...]:
    """All rules of the placement, in a fixed order. None for a placement without replicas: nothing can go wrong.

    `own`: what tells the cluster's series from others', `cluster="chat"`, where a rule sees the series of several.
    """
    rows = [row for row in _rows("alerts.csv") if row["scope"] == "claim" or plan.tier not in ("pilot", "cold")]
    return tuple(made for row in rows for made in _made(plan, row, own))


def rule_groups(plan: Plan) -> list[dict[str, Any]]:
    """The alerts as Prometheus' own rule groups."""
    rules = [
        {
            "alert": each.name,
            "expr": each.expr,
            "for": each.hold,
            "labels": {"severity": each.severity, "pipeline": plan.spec.name, "placement": plan.placement,
                       **({"stage": each.stage} if each.stage else {})},
            "annotations": {"summary": each.summary},
        }
        for each in alerts(plan)
    ]  # fmt: skip
    return [{"name": plan.spec.name, "interval": "1m", "rules": rules}]


def _made(plan: Plan, row: Mapping[str, str], own: str) -> Iterator[Alert]:
    among = {"own": f", {own}" if own else "", "alone": f"{{{own}}}" if own else ""}
    for values in _SCOPES[row["scope"]](plan, row["needs"]):
        known = {"namespace": plan.namespace, "gateway_namespace": GATEWAY_NAMESPACE, **among, **values}
        yield Alert(
            name=row["alert"],
            expr=Template(row["expr"]).substitute(known),
            hold=row["hold"],
            severity=row["severity"],
            summary=Template(row["summary"]).substitute(known),
            stage=str(values.get("stage", "")),
        )


def _stages(plan: Plan, needs: str) -> Iterator[dict[str, Any]]:
    for stage in plan.stages:
        values = {"stage": stage.name, "floor": stage.min_replicas, "pods": pods(stage), **_measured(stage)}
        if not needs or (needs == "deployment" and not stage.multi_node and stage.min_replicas) or values.get(needs):
            yield values


def pods(stage: StagePlan) -> str:
    """Names of the stage's pods, as a regular expression; no other stage's match, whatever it is called.

    A Deployment's pod is called after it, a hash of its template and five random letters; a LeaderWorkerSet's leader
    after the set and the number of its group, a worker after its leader and its own number. Source: Kubernetes
    v1.35, k8s.io/apimachinery util/rand (alphabet and hash) and registry names.SimpleNameGenerator; LeaderWorkerSet.
    """
    if stage.multi_node:
        return f"{stage.name}-[0-9]+(-[0-9]+)?"
    return f"{stage.name}-{_SAFE}{{1,10}}-{_SAFE}{{5}}"


def _measured(stage: StagePlan) -> dict[str, Any]:
    """What the stage's runtime measures. A time to the first token is only judged where the description sets one."""
    named = runtime_metrics(str(stage.spec.runtime))
    objective = stage.spec.objective.ttft_p95 if stage.spec.objective is not None else None
    target = stage.spec.scaling.target or 4.0
    return {
        "queue": named.queue,
        "ttft": named.ttft if objective is not None else "",
        "objective": f"{objective.seconds:g}" if objective is not None else "",
        "patience": f"{PATIENCE * target:g}",
    }


def _canaries(plan: Plan, needs: str) -> Iterator[dict[str, Any]]:
    for stage in plan.stages:
        measured = {**_measured(stage), "ttft": runtime_metrics(str(stage.spec.runtime)).ttft}
        if stage.canary_of and (not needs or measured.get(needs)):
            yield {"stage": stage.name, "original": stage.canary_of, **measured}


def _vendors(plan: Plan, needs: str) -> Iterator[dict[str, Any]]:
    if any(pool.vendor == needs for pool in plan.accelerator_pools()):
        yield {}


def _pipeline(plan: Plan, needs: str) -> Iterator[dict[str, Any]]:  # noqa: ARG001  every scope is asked the same way
    if plan.endpoint is not None:
        yield {"host": plan.endpoint.host}


def _claims(plan: Plan, needs: str) -> Iterator[dict[str, Any]]:  # noqa: ARG001
    for pool in plan.accelerator_pools():
        end: datetime | None = getattr(pool.claim, "end", None)
        if end is not None:
            moment = end.astimezone(UTC)
            yield {
                "stage": pool.stage,
                "claim": f"{pool.kind} {getattr(pool.claim, 'id', '')}".strip(),
                "end": moment.isoformat(),
                "warning_at": int((moment - WARNING).timestamp()),
            }


_SCOPES = {"stage": _stages, "canary": _canaries, "vendor": _vendors, "pipeline": _pipeline, "claim": _claims}


def _rows(name: str) -> tuple[dict[str, str], ...]:
    text = files("intertie.plan").joinpath("data", name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
