"""Every series that rules and dashboard speak of is fed by what the exporter reads: cluster, ledger, forecast."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from intertie.cli.commands.exporter import _read_once, _Source
from intertie.errors import InputError, OutsideError
from intertie.money import PriceBook
from intertie.money.exporter.commitments import Held, held_by, in_use, read_held
from intertie.money.exporter.snapshot import Facts, facts_of
from intertie.money.guard.machine import Memory
from intertie.money.guard.memory import to_data
from intertie.money.guard.meter import NodeCost
from intertie.money.ledger import append
from intertie.money.ledger.entries import Commitment
from intertie.plan import resolve
from intertie.plan.cost_rules import rule_groups
from intertie.spec import PipelineSpec
from intertie.workload import cost_watch
from intertie.workload.cost_dashboard import dashboard
from support import plans
from support.workloads import handle

ODCR = {"name": "cr-1", "kind": "odcr", "region": "us-east-1", "machine": "p5.48xlarge", "quantity": 4}
FACTS = Facts("chat", "aws-use1", "aws", "chat", "search", "ml-1", {"generate": "acme/70b"}, 90_000.0, (ODCR,))
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
RESULT = {"schema": "intertie.forecast/v1", "unit": "USD", "step": "1d", "points": [{}] * 30,
          "total": {"p10": 1.0, "p50": 2.0, "p90": 3.0}}  # fmt: skip


class Cluster:
    """Two nodes: one reserved, one of the general pool; and a guard that has run."""

    def nodes(self) -> Sequence[Mapping[str, Any]]:
        return [node("a", "p5.48xlarge", "odcr", "8"), node("b", "m7i.xlarge", "on-demand", "0")]

    def remembered(self) -> Mapping[str, Any]:
        return to_data(Memory(month="2026-06", counted_from=JUNE, spent=10.0, samples=((JUNE, 1.0),)))


class Forgetful(Cluster):
    """A guard whose memory is not what a guard writes."""

    def remembered(self) -> Mapping[str, Any]:
        return {"schema": "intertie.guard-memory/v1", "spent": "much", "state": "ok"}


def node(name: str, machine: str, kind: str, accelerators: str) -> dict[str, Any]:
    labels = {
        "node.kubernetes.io/instance-type": machine,
        "topology.kubernetes.io/region": "us-east-1",
        "intertie.dev/stage": "generate",
        "intertie.dev/capacity": kind,
    }
    return {"metadata": {"name": name, "labels": labels}, "status": {"capacity": {"nvidia.com/gpu": accelerators}}}


def read(tmp_path: Path, ledger: Path | None = None) -> str:
    (tmp_path / "forecast.json").write_text(json.dumps(RESULT))
    return _Source(FACTS, Cluster(), PriceBook(), tmp_path / "forecast.json", ledger).read().decode()


def value(text: str, name: str, /, **labels: str) -> float:
    for line in text.splitlines():
        if line.startswith(f"{name}{{") and all(f'{key}="{told}"' in line for key, told in labels.items()):
            return float(line.rpartition(" ")[2])
    raise AssertionError(f"{name} {labels} is not shown")


def test_every_series_of_rules_and_dashboard_is_there(tmp_path: Path) -> None:
    rules = [rule for group in rule_groups("chat", "aws") for rule in group["rules"]]
    asked = [rule["expr"] for rule in rules] + [panel["targets"][0]["expr"] for panel in dashboard("x")["panels"]]
    recorded = {rule["record"] for rule in rules if "record" in rule}
    names = {name for text in asked for name in re.findall(r"\b(?:intertie[:_][a-z0-9_:]+|node_gpu_count)\b", text)}
    shown = set(re.findall(r"^([a-z_]+)[{ ]", read(tmp_path), re.MULTILINE))
    assert names - recorded <= shown
    assert len(names - recorded) >= 10


def test_reserved_machines_that_do_not_run_are_idle_money(tmp_path: Path) -> None:
    text = read(tmp_path)
    assert value(text, "intertie_commitment_utilization_ratio", name="cr-1") == 0.25
    assert value(text, "intertie_commitment_idle_usd_per_hour", name="cr-1") == pytest.approx(3 * 55.04)


def test_a_ledger_takes_the_place_of_what_the_description_reserves(tmp_path: Path) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    block = Commitment("cb-1", "odcr", "aws", "us-east-1", "p5.48xlarge", 2, Decimal(40), start, None)
    over = replace(block, id="old", end=datetime(2026, 2, 1, tzinfo=UTC))
    elsewhere = replace(block, id="far", cloud="gcp")
    append(tmp_path / "capacity.ledger", [block, over, elsewhere])
    text = read(tmp_path, tmp_path / "capacity.ledger")
    assert value(text, "intertie_commitment_utilization_ratio", name="cb-1") == 0.5
    assert value(text, "intertie_commitment_idle_usd_per_hour", name="cb-1") == 40
    assert not re.search('name="(old|far|cr-1)"', text)


def test_carbon_is_of_the_accelerators_whose_power_is_known_and_the_others_are_counted(tmp_path: Path) -> None:
    text = read(tmp_path)
    assert 1.5 < value(text, "intertie_carbon_kg_per_hour") < 3  # eight H100 half used: 0.23 kg an hour each
    assert value(text, "intertie_carbon_unknown_nodes") == 1


def test_a_forecast_that_nobody_has_written_yet_has_no_sample(tmp_path: Path) -> None:
    text = _Source(FACTS, Cluster(), PriceBook(), tmp_path / "none.json", None).read().decode()
    assert "intertie_forecast_cost_usd{" not in text


def test_a_memory_of_the_guard_that_cannot_be_read_is_unknown_spend_not_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = _Source(FACTS, Forgetful(), PriceBook(), None, None).read().decode()
    assert "intertie_budget_usd{" in text
    assert "intertie_budget_spent_usd{" not in text
    assert "intertie_guard_state{" not in text
    assert "the memory of the budget guard cannot be read" in capsys.readouterr().err


class Shown:
    """What scrapes would get."""

    def __init__(self) -> None:
        self.text = b""

    def show(self, text: bytes) -> None:
        self.text = text


class Away(Cluster):
    """A cluster that cannot be reached any more after the first read."""

    def __init__(self, reads: int = 1) -> None:
        self.left = reads

    def nodes(self) -> Sequence[Mapping[str, Any]]:
        self.left -= 1
        if self.left < 0:
            raise OutsideError("GET /api/v1/nodes: refused")
        return super().nodes()


def test_reads_that_fail_are_counted_while_they_fail_and_the_figures_stay(capsys: pytest.CaptureFixture[str]) -> None:
    source, shown = _Source(FACTS, Away(), PriceBook(), None, None), Shown()
    for count in (0, 1, 2):
        _read_once(source, shown)  # type: ignore[arg-type]
        assert value(shown.text.decode(), "intertie_read_errors_total", placement="aws-use1") == count
        assert "node_total_hourly_cost{" in shown.text.decode()
    assert "warning: GET /api/v1/nodes: refused" in capsys.readouterr().err


def test_before_the_first_read_nothing_is_shown_as_read() -> None:
    source, shown = _Source(FACTS, Away(0), PriceBook(), None, None), Shown()
    _read_once(source, shown)  # type: ignore[arg-type]
    assert (shown.text, source.errors) == (b"", 1)


@pytest.mark.parametrize(
    "change",
    [{"step": ""}, {"step": "xd"}, {"total": []}, {"points": 3}, {"unit": "EUR"}, {"schema": None},
     {"total": {"p10": float("nan"), "p50": 1, "p90": 2}}, {"total": {"p10": -1, "p50": 1, "p90": 2}}],
)  # fmt: skip
def test_a_forecast_that_cannot_be_shown_is_refused_with_its_file(change: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "forecast.json"
    path.write_text(json.dumps({**RESULT, **change}))
    with pytest.raises(InputError, match=r"forecast\.json"):
        _Source(FACTS, Cluster(), PriceBook(), path, None).read()


def test_the_budget_of_a_placement_is_its_share() -> None:
    found = plans.plan()
    data = found.spec.model_dump(mode="json", exclude_unset=True)
    watch = {"image": f"ghcr.io/acme/intertie@sha256:{'a' * 64}", "monthly_usd": {found.placement: 5e4}}
    data["budget"] = {"monthly_usd": 9e4, "watch": watch}
    plan = resolve(PipelineSpec.model_validate(data), found.placement)
    assert facts_of(plan).budget_usd == cost_watch.facts(plan, handle(plan))["budget_usd"] == 5e4


def nodes(kind: str, count: int) -> list[NodeCost]:
    return [NodeCost(f"{kind}{i}", "m", "r", "s", kind, 1.0) for i in range(count)]


def test_discounts_are_used_by_any_machine_that_is_not_on_spot_and_reservations_by_their_own() -> None:
    held = [Held("r", "odcr", "r", "m", 2, 3.0), Held("d", "reserved-instance", "r", "m", 8, 2.0)]
    used = in_use(held, [*nodes("odcr", 1), *nodes("on-demand", 3), *nodes("spot", 9)])
    assert [(one.used, one.idle_usd_per_hour) for one in used] == [(0.5, 3.0), (0.5, 8.0)]


def test_a_node_fills_one_reservation_only_and_an_unknown_price_has_no_idle_money() -> None:
    held = [Held("one", "odcr", "r", "m", 2), Held("two", "odcr", "r", "m", 2)]
    assert [(one.used, one.idle_usd_per_hour) for one in in_use(held, nodes("odcr", 3))] == [(1, None), (0.5, None)]


def test_what_a_description_reserves_is_what_its_facts_say() -> None:
    found = plans.plan()
    data = found.spec.model_dump(mode="json", exclude_unset=True)
    claim = {"kind": "odcr", "id": "cr-0abc", "machine": "p5.48xlarge", "zone": "us-east-1b", "count": 2}
    data["placements"][found.placement]["capacity"] = {"generate": [claim, "on-demand"]}
    data["budget"] = {"monthly_usd": 9e4, "watch": {"image": f"ghcr.io/acme/intertie@sha256:{'a' * 64}"}}
    plan = resolve(PipelineSpec.model_validate(data), found.placement)
    (held,) = held_by(plan)
    assert held == Held("cr-0abc", "odcr", plan.region, "p5.48xlarge", 2)
    (told,) = read_held(cost_watch.facts(plan, handle(plan))["commitments"], "facts")
    assert replace(told, region=plan.region) == held  # the region is the cluster's own, as its handle has it


@pytest.mark.parametrize("rows", [1, [1], [{}], [{**ODCR, "quantity": 0}], [{**ODCR, "quantity": True}]])
def test_facts_whose_commitments_cannot_be_read_are_refused(rows: Any) -> None:
    with pytest.raises(InputError, match="commitments cannot be read"):
        read_held(rows, "facts")
