"""What the exporter shows: OpenCost's names, spend by who pays, and nothing where nothing is known."""

import http.client
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from intertie.errors import OutsideError
from intertie.money.exporter import Endpoint, Meter, Snapshot, exposition
from intertie.money.exporter.snapshot import Commitment
from intertie.money.exporter.textfile import write
from intertie.money.guard.meter import Metered, NodeCost

AT = datetime(2026, 6, 1, tzinfo=UTC)


def node(name: str, usd: float | None, stage: str = "generate", kind: str = "on-demand") -> NodeCost:
    return NodeCost(name, "p5.48xlarge", "us-east-1", stage, kind, usd, 8, "generate0", "amd64", f"aws:///{name}")


def snapshot(*nodes: NodeCost, **more) -> Snapshot:
    return Snapshot(nodes, "search", "ml-1", "chat", "aws-use1", models={"generate": "acme/70b"}, **more)


def samples(text: bytes) -> dict[tuple[str, str], float]:
    """(name, labels as text) → value."""
    families = text_string_to_metric_families(text.decode())
    return {(s.name, json.dumps(s.labels, sort_keys=True)): s.value for family in families for s in family.samples}


def of(text: bytes, name: str, /, **labels: str) -> list[float]:
    found = samples(text)
    return [value for (one, told), value in found.items() if one == name and labels.items() <= json.loads(told).items()]


def test_nodes_have_opencosts_names_and_labels() -> None:
    text = exposition(snapshot(node("a", 55.0), node("b", 20.0, kind="spot")))
    assert of(text, "node_total_hourly_cost", node="a", instance="a", instance_type="p5.48xlarge") == [55.0]
    assert of(text, "node_gpu_count", node="b", region="us-east-1", arch="amd64", provider_id="aws:///b") == [8]
    assert of(text, "kubecost_node_is_spot", node="b") == [1]


def test_spend_is_told_by_owner_cost_centre_stage_and_model() -> None:
    text = exposition(snapshot(node("a", 55.0), node("b", 55.0), node("c", 2.0, stage="")))
    owned = {"owner": "search", "cost_center": "ml-1", "stage": "generate", "model": "acme/70b"}
    assert of(text, "intertie_cost_usd_per_hour", **owned) == [110.0]
    assert of(text, "intertie_cost_usd_per_hour", stage="shared") == [2.0]
    assert of(text, "intertie_accelerators", stage="generate") == [16]


def test_an_unknown_price_has_no_sample_and_is_counted() -> None:
    text = exposition(snapshot(node("a", None)))
    assert of(text, "node_total_hourly_cost") == []
    assert of(text, "intertie_unpriced_nodes") == [1]


def test_what_is_not_known_is_not_shown() -> None:
    names = {name for name, _ in samples(exposition(snapshot(node("a", 1.0))))}
    assert not {name for name in names if "budget" in name or "forecast" in name or "carbon" in name}


def test_budget_guard_forecast_commitments_and_carbon_are_shown() -> None:
    text = exposition(
        snapshot(
            node("a", 1.0),
            budget_usd=1000.0,
            guard={"spent": 250.0, "state": "freeze"},
            forecast_usd={("30d", "p50"): 900.0},
            commitments=(Commitment("cr-1", "odcr", 0.25, 41.0),),
            carbon_kg_per_hour=3.5,
        )
    )
    assert of(text, "intertie_budget_remaining_ratio") == [0.75]
    assert of(text, "intertie_guard_state", state="freeze") == [1]
    assert sum(of(text, "intertie_guard_state")) == 1
    assert of(text, "intertie_forecast_cost_usd", horizon="30d", quantile="p50") == [900.0]
    assert of(text, "intertie_commitment_utilization_ratio", name="cr-1") == [0.25]
    assert of(text, "intertie_carbon_kg_per_hour") == [3.5]


def test_spend_adds_up_between_looks_and_a_clock_that_goes_back_adds_nothing() -> None:
    meter, seen = Meter(), Metered((node("a", 60.0), node("b", None)), ())
    for minutes in (0, 30, 10, 40):
        meter.add(seen, AT + timedelta(minutes=minutes))
    assert meter.spent == {("generate", "on-demand"): pytest.approx(60.0)}


def test_text_of_users_cannot_break_a_line() -> None:
    text = exposition(snapshot(node('a"\n}', 1.0)))
    assert of(text, "node_total_hourly_cost", node='a"\n}') == [1.0]


def asked(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_the_endpoint_is_not_ready_before_the_first_read_and_shows_what_it_has_after() -> None:
    endpoint = Endpoint()
    endpoint.start()
    try:
        assert asked(endpoint.port, "/healthz")[0] == 503
        assert asked(endpoint.port, "/metrics")[0] == 503
        endpoint.show(exposition(snapshot(node("a", 55.0))))
        assert asked(endpoint.port, "/healthz") == (200, b"ok\n")
        status, text = asked(endpoint.port, "/metrics")
        assert (status, of(text, "node_total_hourly_cost")) == (200, [55.0])
        assert asked(endpoint.port, "/secrets")[0] == 404
    finally:
        endpoint.stop()


def test_a_textfile_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "intertie.prom"
    write(path, b"one 1\n")
    write(path, b"two 2\n")
    assert path.read_bytes() == b"two 2\n"
    assert [each.name for each in tmp_path.iterdir()] == ["intertie.prom"]


def test_a_textfile_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="cannot be written"):
        write(tmp_path / "nowhere" / "intertie.prom", b"x 1\n")
