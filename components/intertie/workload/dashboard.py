"""The Grafana dashboard of a placement, from a table of panels. Its data source is chosen where it is looked at."""

from collections.abc import Iterator
from typing import Any

from intertie.plan import Plan, StagePlan
from intertie.plan.alerts import GATEWAY_NAMESPACE, runtime_metrics

_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_WIDTH, _HEIGHT = 8, 7  # of 24 columns
_STAGE_PANELS = (
    ("queue", "Requests that wait", "short", "sum({metric}{{{chosen}}})"),
    ("running", "Requests that are served", "short", "sum({metric}{{{chosen}}})"),
    ("ttft", "Time to first token, p95", "s",
     "histogram_quantile(0.95, sum by (le) (rate({metric}_bucket{{{chosen}}}[5m])))"),
    ("tokens", "Tokens per second", "short", "sum(rate({metric}{{{chosen}}}[5m]))"),
    ("cache", "Key-value cache in use", "percentunit", "avg({metric}{{{chosen}}})"),
)  # fmt: skip
"""Meaning (a column of the table of runtime metrics), title, unit of Grafana, expression."""
_VENDOR_PANELS = {
    "nvidia": (
        ("GPU in use", "percent", "avg by (gpu) (DCGM_FI_DEV_GPU_UTIL)"),
        ("GPU memory in use", "decmbytes", "sum by (gpu) (DCGM_FI_DEV_FB_USED)"),
        ("Last GPU error (XID)", "short", "max by (gpu) (DCGM_FI_DEV_XID_ERRORS)"),
    )
}


def dashboard(plan: Plan) -> dict[str, Any]:
    """`dashboard` as Grafana imports it: the same plan gives the same text."""
    panels = [_panel(index, *each) for index, each in enumerate(_panels(plan))]
    choose = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data source"}
    return {
        "title": f"{plan.spec.name}: {plan.placement}",
        "uid": f"intertie-{plan.cluster}"[:40],
        "tags": ["intertie", plan.spec.name],
        "schemaVersion": 39,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": [choose]},
        "panels": panels,
    }


def _panels(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Title, unit, expression."""
    inside = f'namespace="{plan.namespace}"'
    yield ("Pods that wait for a node", "short", f'sum(kube_pod_status_phase{{{inside}, phase="Pending"}})')
    if plan.endpoint is not None:
        proxies = f'namespace="{GATEWAY_NAMESPACE}"'
        rate = f"sum by (envoy_response_code_class) (rate(envoy_http_downstream_rq_xx{{{proxies}}}[5m]))"
        yield ("Requests per second by class of answer", "reqps", rate)
        yield (
            "Days until a certificate expires",
            "d",
            f"min(envoy_server_days_until_first_cert_expiring{{{proxies}}})",
        )
    for stage in plan.stages:
        yield from _of_stage(plan, stage)
    for vendor in sorted({pool.vendor for pool in plan.accelerator_pools()}):
        yield from _VENDOR_PANELS.get(vendor, ())


def _of_stage(plan: Plan, stage: StagePlan) -> Iterator[tuple[str, str, str]]:
    named = runtime_metrics(str(stage.spec.runtime))
    chosen = f'namespace="{plan.namespace}", stage="{stage.name}"'
    ready = f'kube_deployment_status_replicas_ready{{namespace="{plan.namespace}", deployment="{stage.name}"}}'
    if not stage.multi_node:
        yield (f"{stage.name}: ready replicas", "short", f"sum({ready})")
    for meaning, title, unit, expression in _STAGE_PANELS:
        metric = getattr(named, meaning)
        if metric:
            yield (f"{stage.name}: {title.lower()}", unit, expression.format(metric=metric, chosen=chosen))


def _panel(index: int, title: str, unit: str, expression: str) -> dict[str, Any]:
    columns = 24 // _WIDTH
    return {
        "id": index + 1,
        "type": "timeseries",
        "title": title,
        "datasource": _SOURCE,
        "gridPos": {"x": index % columns * _WIDTH, "y": index // columns * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
        "targets": [{"refId": "A", "datasource": _SOURCE, "expr": expression}],
    }
