"""Recording and alerting rules on the exporter's metrics, as data: burn rate, idleness, forecast, commitments, and
figures that stand still."""

from typing import Any

from intertie.plan.alerts import Alert
from intertie.plan.types import Plan

_BY = "pipeline, placement, owner, cost_center, stage, model"

RECORDING = (
    ("intertie:spend_usd:1d", f"sum by ({_BY}) (increase(intertie_spend_usd_total[1d]))"),
    ("intertie:cost_usd_per_hour:sum", "sum by (pipeline, placement) (intertie_cost_usd_per_hour)"),
    (
        "intertie:budget_burn:ratio_6h",
        "avg_over_time(intertie:cost_usd_per_hour:sum[6h]) * 730 / on (pipeline, placement) intertie_budget_usd",
    ),
)
"""(name, expression). A burn of 1 spends exactly the budget in an average month of 730 hours."""

_IDLE = (
    "(avg by (Hostname) (DCGM_FI_DEV_GPU_UTIL) < 5) and on (Hostname)"
    ' (label_replace(node_gpu_count > 0, "Hostname", "$1", "node", "(.*)"))'
)
_ABOVE = (
    'intertie_forecast_cost_usd{horizon="30d", quantile="p50"} > on (pipeline, placement) group_left ()'
    " intertie_budget_usd"
)
_PLACE = "{{ $labels.pipeline }} on {{ $labels.placement }}"
_READ, _RAN = "intertie_last_read_timestamp_seconds", "intertie_guard_last_reading_timestamp_seconds"
_STILL = f"time() - {_RAN} > 900 and on (pipeline, placement) (time() - {_READ} < 300)"
"""Three runs of the guard without a reading that it believed, as seen by an exporter that sees."""
_NEVER = f"intertie_budget_usd unless on (pipeline, placement) {_RAN}"
ALERTS = (
    (
        "BudgetBurnsTooFast", "critical", "30m", "intertie:budget_burn:ratio_6h > 1.5",
        "{{ $labels.pipeline }} on {{ $labels.placement }} spends {{ $value | humanize }} times its budget",
    ),
    (
        "BudgetAlmostSpent", "warning", "15m", "intertie_budget_remaining_ratio < 0.1",
        "{{ $value | humanizePercentage }} of the month's budget of {{ $labels.pipeline }} is left",
    ),
    (
        "BudgetGuardActs", "critical", "0m", 'intertie_guard_state{state=~"freeze|degrade|stop"} == 1',
        "the budget guard of {{ $labels.pipeline }} on {{ $labels.placement }} is in state {{ $labels.state }}",
    ),
    (
        "AcceleratorsIdle", "warning", "30m",
        _IDLE,
        "accelerators of {{ $labels.Hostname }} are paid for and idle",
    ),
    (
        "ForecastAboveBudget", "warning", "1h",
        _ABOVE,
        "the next 30 days of {{ $labels.pipeline }} are going to cost {{ $value | humanize }} dollars",
    ),
    (
        "CommitmentIdle", "warning", "6h", "intertie_commitment_utilization_ratio < 0.5",
        "commitment {{ $labels.name }} is paid for and used to {{ $value | humanizePercentage }}",
    ),
    (
        "NodesWithoutPrice", "warning", "15m", "intertie_unpriced_nodes > 0",
        "{{ $value }} nodes have no known price: costs are lower bounds, and the budget guard holds still",
    ),
    (
        "CostReadsFail", "warning", "15m", "increase(intertie_read_errors_total[15m]) > 0",
        "the cost exporter of {{ $labels.pipeline }} on {{ $labels.placement }} cannot read the cluster",
    ),
    (
        "CostFiguresOld", "warning", "5m", f"time() - {_READ} > 600",
        "the costs of {{ $labels.pipeline }} on {{ $labels.placement }} are of {{ $value | humanizeDuration }} ago",
    ),
    (
        "BudgetGuardStandsStill", "critical", "5m", _STILL,
        f"{_PLACE}: the budget guard has believed nothing for {{{{ $value | humanizeDuration }}}}",
    ),
    (
        "BudgetGuardNeverRan", "critical", "30m", _NEVER,
        "the budget guard of {{ $labels.pipeline }} on {{ $labels.placement }} has left no memory that can be read",
    ),
)  # fmt: skip
"""(name, severity, for, expression, summary)."""


def watched(plan: Plan) -> bool:
    """Whether the placement runs what these rules ask: the exporter and the guard of `budget.watch`."""
    return plan.spec.budget is not None and plan.spec.budget.watch is not None and "workload" in plan.renders


def cost_alerts(plan: Plan) -> tuple[Alert, ...]:
    """The alerts of a placement whose costs are watched; () for others."""
    if not watched(plan):
        return ()
    return tuple(
        Alert(name, expression, lasting, severity, summary)
        for name, severity, lasting, expression, summary in _alerts(plan.spec.name, plan.placement)
    )


def _alerts(pipeline: str, placement: str) -> tuple[tuple[str, str, str, str, str], ...]:
    """That nothing is shown can only be asked of a series by its name and labels: so the placement is named."""
    gone = (
        "CostExporterGone", "warning", "15m", f'absent({_READ}{{pipeline="{pipeline}", placement="{placement}"}})',
        f"nothing shows what {pipeline} on {placement} costs: the exporter does not run or is not asked",
    )  # fmt: skip
    return (*ALERTS, gone)


def rule_groups(pipeline: str, placement: str) -> list[dict[str, Any]]:
    """Groups as Prometheus, and every operator's custom resource, take them: recordings, then alerts."""
    recording = [{"record": name, "expr": expression} for name, expression in RECORDING]
    alerting = [
        {
            "alert": name,
            "expr": expression,
            "for": lasting,
            "labels": {"severity": severity},
            "annotations": {"summary": summary},
        }
        for name, severity, lasting, expression, summary in _alerts(pipeline, placement)
    ]
    return [
        {"name": "intertie-cost", "interval": "1m", "rules": recording},
        {"name": "intertie-cost-alerts", "rules": alerting},
    ]
