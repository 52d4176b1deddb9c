"""Alert rules: PromQL that parses, about what the placement has, and nothing about what it does not."""

from dataclasses import replace
from datetime import date

import promql_parser
import pytest

from intertie.plan.alerts import _rows, alerts, rule_groups, runtime_metrics
from intertie.spec import Runtime
from support import plans
from support.rendered import CASES, case, limited, on_trial
from support.workloads import pinned, stage_spec


def names(plan) -> set[str]:
    return {alert.name for alert in alerts(plan)}


@pytest.mark.parametrize("name", CASES)
def test_every_expression_is_promql_with_nothing_left_open(name: str) -> None:
    for alert in alerts(case(name)[0]):
        promql_parser.parse(alert.expr)
        assert "$" not in alert.expr + alert.summary


def test_the_parser_refuses_what_prometheus_would() -> None:
    with pytest.raises(ValueError):
        promql_parser.parse("sum(rate(vllm:tokens_total[5m]")


def test_a_placement_that_has_everything_has_every_alert() -> None:
    assert names(limited()) | names(on_trial()) == {row["alert"] for row in _rows("alerts.csv")}


def test_a_canary_is_compared_with_the_revision_that_serves() -> None:
    slower, fails = (alert for alert in alerts(on_trial()) if alert.name.startswith("Canary"))
    assert 'stage="generate-canary"' in slower.expr
    assert "> 1.5 * " in slower.expr
    assert 'stage="generate"' in slower.expr
    assert "outlier_detection_ejections_active" in fails.expr
    assert not [name for name in names(limited()) if name.startswith("Canary")]


def test_a_first_token_is_judged_by_the_objective_of_the_description() -> None:
    (slow,) = [alert for alert in alerts(limited()) if alert.name == "SlowFirstToken"]
    assert slow.expr.endswith("> 0.8")
    assert "vllm:time_to_first_token_seconds_bucket" in slow.expr
    assert "SlowFirstToken" not in names(pinned(plans.plan()))


def test_a_queue_is_too_long_in_proportion_to_what_replicas_are_scaled_on() -> None:
    plan = stage_spec(pinned(plans.plan()), "generate", scaling={"target": 10})
    (grows,) = [alert for alert in alerts(plan) if alert.name == "QueueGrows"]
    assert "> 40" in grows.expr
    assert grows.stage == "generate"


def test_a_reservation_that_ends_is_announced_three_days_before() -> None:
    (ends,) = [alert for alert in alerts(limited()) if alert.name == "ReservationEnds"]
    assert ends.expr == "vector(time()) > 1800012600"  # 2027-01-15T11:30:00Z
    assert "2027-01-18T11:30:00+00:00" in ends.summary


def test_a_tier_without_replicas_is_not_woken_for_them() -> None:
    assert names(replace(limited(), tier="pilot")) == {"ReservationEnds"}
    assert names(replace(pinned(plans.plan()), tier="pilot")) == set()


def test_errors_of_gpus_are_watched_where_there_are_any() -> None:
    assert "GpuError" not in names(pinned(plans.plan("gcp"), "vllm", "tpu-v6e", "google"))


def test_every_runtime_says_what_it_measures_and_where_that_is_written() -> None:
    for runtime in Runtime:
        found = runtime_metrics(runtime.value)
        assert found.source
        date.fromisoformat(found.as_of)


def test_the_scalers_metric_is_the_one_that_alerts_look_at() -> None:
    from intertie.workload.runtimes import runtime_module

    for runtime in Runtime:
        assert runtime_metrics(runtime.value).queue == (runtime_module(runtime.value).QUEUE_METRIC or "")


def test_rules_say_whom_they_concern() -> None:
    (group,) = rule_groups(limited())
    for rule in group["rules"]:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["labels"]["pipeline"] == "chat"
        assert rule["annotations"]["summary"]
