"""A Grafana dashboard of the exporter's metrics, as data."""

from typing import Any

_PANELS = (
    ("Dollars per hour, by stage", "timeseries", "sum by (stage) (intertie_cost_usd_per_hour)",
     "{{stage}}", "currencyUSD"),
    ("Dollars a day, by owner and stage", "timeseries", "sum by (owner, stage) (intertie:spend_usd:1d)",
     "{{owner}} {{stage}}", "currencyUSD"),
    ("Budget left", "gauge", "intertie_budget_remaining_ratio", "{{placement}}", "percentunit"),
    ("Budget guard", "stat", "intertie_guard_state == 1", "{{placement}} {{state}}", "none"),
    ("Forecast, 30 days", "timeseries", 'intertie_forecast_cost_usd{horizon="30d"}', "{{quantile}}", "currencyUSD"),
    ("Accelerators, by capacity", "timeseries", "sum by (capacity) (intertie_accelerators)", "{{capacity}}", "none"),
    ("Commitments used", "bargauge", "intertie_commitment_utilization_ratio", "{{name}}", "percentunit"),
    ("Carbon", "timeseries", "intertie_carbon_kg_per_hour", "{{placement}}", "masskg"),
)  # fmt: skip


def dashboard(title: str) -> dict[str, Any]:
    """Two panels in a row; the data source is chosen in Grafana."""
    source = {"type": "prometheus", "uid": "${source}"}
    panels = [
        {
            "id": number,
            "title": name,
            "type": kind,
            "datasource": source,
            "gridPos": {"h": 8, "w": 12, "x": 12 * ((number - 1) % 2), "y": 8 * ((number - 1) // 2)},
            "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
            "targets": [{"refId": "A", "datasource": source, "expr": expression, "legendFormat": legend}],
        }
        for number, (name, kind, expression, legend, unit) in enumerate(_PANELS, start=1)
    ]
    variable = {"name": "source", "type": "datasource", "query": "prometheus", "label": "Data source"}
    return {
        "title": title,
        "uid": "intertie-cost",
        "schemaVersion": 39,
        "time": {"from": "now-7d", "to": "now"},
        "templating": {"list": [variable]},
        "panels": panels,
    }
