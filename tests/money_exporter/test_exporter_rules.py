"""Rules and dashboard speak only of series that are there, in expressions that Prometheus' own grammar takes."""

import re
from datetime import UTC, datetime

import promql_parser
import pytest

from intertie.money.exporter import Snapshot, exposition
from intertie.money.exporter.snapshot import Commitment
from intertie.money.guard.meter import NodeCost
from intertie.plan.cost_rules import rule_groups
from intertie.workload.cost_dashboard import dashboard

AT = datetime(2026, 6, 1, tzinfo=UTC)
NODE = NodeCost("a", "m", "r", "generate", "spot", 1.0, 8)
FULL = Snapshot((NODE,), "o", "c", "p", "aws", spent={("generate", "spot"): 1.0}, budget_usd=10.0,
                guard={"spent": 1.0, "state": "ok", "samples": [[AT.isoformat(), 1.0]]},
                forecast_usd={("30d", "p50"): 1.0},
                commitments=(Commitment("n", "odcr", 1.0, 0.0),), carbon_kg_per_hour=1.0,
                read_at=AT)  # fmt: skip
SHOWN = set(re.findall(r"^([a-z_]+)\{?", exposition(FULL).decode(), re.MULTILINE))
RULES = [rule for group in rule_groups("chat", "aws") for rule in group["rules"]]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
EXPRESSIONS = [rule["expr"] for rule in RULES] + [panel["targets"][0]["expr"] for panel in dashboard("x")["panels"]]
FOREIGN = {"DCGM_FI_DEV_GPU_UTIL"}
NAME = re.compile(r"\b(?:intertie[:_][a-z0-9_:]+|node_[a-z_]+|kubecost_[a-z_]+|DCGM_[A-Z_]+)\b")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_parses_and_names_only_series_that_are_there(expression: str) -> None:
    promql_parser.parse(expression)
    assert set(NAME.findall(expression)) <= SHOWN | RECORDED | FOREIGN


def test_every_alert_says_what_is_wrong_and_how_bad_it_is() -> None:
    alerts = [rule for rule in RULES if "alert" in rule]
    assert len(alerts) == len({rule["alert"] for rule in alerts}) == 12
    assert all(
        rule["annotations"]["summary"] and rule["labels"]["severity"] in ("warning", "critical") for rule in alerts
    )


def test_panels_do_not_overlap() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard("x")["panels"]]
    assert len(set(places)) == len(places)
