"""What a plan costs: bounds that hold, reserved capacity that is paid for anyway, and unknowns that stay visible."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from intertie.errors import InputError
from intertie.money import Cost, Expectation, OwnPrice, Price, PriceBook, Range, Traffic, cost_of
from intertie.money.amount import HOURS_PER_MONTH, dollars, exactly
from intertie.plan import Plan
from support.descriptions import SAMPLES
from support.pipelines import planned

BOOK = PriceBook()
ODCR = {"kind": "odcr", "id": "cr-0a1b2c3d4e5f60718", "machine": "p5.48xlarge", "zone": "us-east-1b", "count": 2}
P5 = Decimal("55.04")


def price_of(machine: str, amount: str, kind: str = "on-demand") -> OwnPrice:
    return OwnPrice(
        "aws", "*", machine, kind, Price(Decimal(amount), "hour", kind, "agreement", "2026-10-01", "contract")
    )


def line(cost: Cost, pool: str) -> Any:
    return next(each for each in cost.lines if each.pool == pool)


def on_aws(*ladder: Any, **changes: Any) -> Plan:
    where = {"zones": ["us-east-1a", "us-east-1b"], "capacity": {"generate": list(ladder)}} if ladder else {}
    return planned("aws", where={**where, **changes.pop("where", {})}, **changes)


def test_a_pool_costs_its_machines_times_their_price() -> None:
    cost = cost_of(on_aws("on-demand", stage={"replicas": {"min": 3, "max": 3}}), BOOK)
    generate = line(cost, "generate0")
    assert generate.quantity == exactly(3)
    assert generate.hourly == exactly(3 * Decimal("6.88"))  # the smallest with one H100
    assert generate.price.source.startswith("skypilot-org/skypilot-catalog")


def test_a_month_has_730_hours_and_a_day_24() -> None:
    cost = cost_of(on_aws("on-demand"), BOOK)
    assert cost.monthly == cost.hourly.times(HOURS_PER_MONTH)
    assert cost.daily == cost.hourly.times(Decimal(24))


def test_reserved_machines_are_paid_for_whether_they_are_used_or_not() -> None:
    cost = cost_of(on_aws(ODCR, "on-demand", stage={"replicas": {"min": 0, "max": 4}}), BOOK)
    reserved = line(cost, "generate0")
    assert reserved.quantity == exactly(2)
    assert reserved.hourly == exactly(2 * P5)
    assert reserved.way == "reserved"


def test_what_is_reserved_outlives_a_teardown() -> None:
    cost = cost_of(on_aws(ODCR, "on-demand"), BOOK)
    assert [each.pool for each in cost.left_by_teardown] == ["generate0"]
    assert not cost_of(on_aws("on-demand"), BOOK).left_by_teardown


def test_the_steps_of_a_ladder_take_one_anothers_place() -> None:
    """Eight replicas on p5.4xlarge machines with one accelerator: eight machines, not eight per step."""
    cost = cost_of(on_aws("on-demand", "spot", stage={"replicas": {"min": 1, "max": 8}}), BOOK)
    for case in ("min", "likely", "max"):
        assert sum(getattr(line(cost, pool).quantity, case) for pool in ("generate0", "generate1")) <= 8


def test_the_most_is_reached_on_the_dearest_steps() -> None:
    """Spot first in the ladder and gone: on-demand holds all replicas, and that is the most it can cost."""
    book = PriceBook((price_of("p5.4xlarge", "2.5", "spot"),))
    cost = cost_of(on_aws("spot", "on-demand", stage={"replicas": {"min": 0, "max": 4}}), book)
    assert line(cost, "generate0").quantity == Range(Decimal(0), Decimal(2), Decimal(0))
    assert line(cost, "generate1").quantity == Range(Decimal(0), Decimal(0), Decimal(4))


def test_a_step_without_a_known_price_is_taken_last_and_listed_when_it_is_used() -> None:
    stage = {"replicas": {"min": 1, "max": 16}}
    plan_ = planned("azure", where={"capacity": {"generate": ["spot", "on-demand"]}}, stage=stage)
    cost = cost_of(plan_, BOOK)
    assert line(cost, "generate1").quantity.max == 1  # after the floor, which stands on spot
    assert any("no source has a spot price" in text for text in cost.unknown)
    only = cost_of(planned("azure", where={"capacity": {"generate": ["on-demand", "spot"]}}, stage=stage), BOOK)
    assert not any("spot" in text for text in only.unknown)


def test_the_likely_follows_the_objective() -> None:
    stage = {
        "model": {"id": "meta-llama/Llama-3.3-70B-Instruct", "parameters": "70.6e9", "precision": "fp8"},
        "objective": {"tokens_per_second": 4000},
        "replicas": {"min": 0, "max": 8},
    }
    cost = cost_of(on_aws("on-demand", stage=stage), BOOK)
    generate = line(cost, "generate0")
    assert generate.basis == "replicas for the objective"
    assert generate.quantity.min < generate.quantity.likely < generate.quantity.max


def test_the_likely_follows_a_forecast_before_the_objective() -> None:
    expectation = Expectation({"generate": Decimal("2.5")})
    generate = line(cost_of(on_aws("on-demand"), BOOK, expectation), "generate0")
    assert (generate.basis, generate.quantity.likely) == ("the forecast", Decimal("2.5"))


def test_a_forecast_beyond_the_bounds_is_held_to_them() -> None:
    generate = line(cost_of(on_aws("on-demand"), BOOK, Expectation({"generate": Decimal(99)})), "generate0")
    assert generate.quantity.likely == generate.quantity.max == 8


def test_without_forecast_and_objective_the_likely_is_half_way_and_says_so() -> None:
    cost = cost_of(on_aws("on-demand", stage={"replicas": {"min": 2, "max": 6}}), BOOK)
    assert line(cost, "generate0").quantity == Range(Decimal(2), Decimal(4), Decimal(6))
    assert any("half way" in note for note in cost.notes)


def test_a_placement_that_stands_by_likely_stays_at_its_floor() -> None:
    cost = cost_of(on_aws(where={"tier": "warm"}), BOOK)
    assert line(cost, "generate0").quantity.likely == 1
    assert line(cost, "generate0").quantity.max == 8


def test_a_pilot_pays_for_no_accelerator() -> None:
    cost = cost_of(on_aws(where={"tier": "pilot"}), BOOK)
    assert line(cost, "generate0").quantity == exactly(0)
    assert cost.hourly.max < 5


def test_a_cold_placement_has_no_machines_at_all() -> None:
    cost = cost_of(on_aws(where={"tier": "cold"}), BOOK)
    assert not [each for each in cost.lines if each.pool]
    assert [each.kind for each in cost.lines] == ["object-storage"]


def test_machines_of_an_adopted_cluster_are_said_to_be_missing() -> None:
    sample = next(path for path in SAMPLES if path.stem == "existing")
    from intertie.plan import resolve
    from intertie.spec import read_file

    cost = cost_of(resolve(read_file(sample), "datacentre"), BOOK)
    assert cost.hourly == exactly(0)
    assert "machines of the adopted cluster" in cost.unknown[0]
    assert cost.text().startswith("at least")


def test_a_capacity_block_is_paid_before_use_and_for_its_window_only() -> None:
    window = {"start": "2026-12-01T11:30:00Z", "end": "2026-12-08T11:30:00Z"}
    block = {**ODCR, "kind": "capacity-block", **window}
    cost = cost_of(on_aws(block, "on-demand", stage={"replicas": 4}), BOOK)
    assert [(each.amount, each.hours) for each in cost.upfront] == [(Decimal("39.33") * 2 * 168, 168)]
    assert line(cost, "generate0").monthly == exactly(Decimal("39.33") * 2 * 168)


def test_a_block_without_a_price_is_an_unknown_upfront_payment() -> None:
    window = {"start": "2026-12-01T11:30:00Z", "end": "2026-12-08T11:30:00Z"}
    block = {**ODCR, "kind": "capacity-block", "zone": "us-west-2a", **window}
    plan_ = planned("aws", where={"region": "us-west-2", "zones": ["us-west-2a"], "capacity": {"generate": [block]}})
    cost = cost_of(plan_, BOOK)
    assert cost.upfront[0].amount is None
    assert any("paid upfront" in text for text in cost.unknown)


def test_an_unknown_price_makes_a_sum_a_lower_bound() -> None:
    cost = cost_of(on_aws("on-demand"), BOOK)
    assert cost.unknown
    assert cost.text().startswith("at least $")
    assert cost.text().endswith(f"; {len(cost.unknown)} unknown")
    assert cost.to_json()["at_least"] is True


def test_contract_prices_for_all_of_it_leave_nothing_unknown() -> None:
    names = ("load-balancer", "disk-gp3", "object-storage", "nat-data", "egress")
    services = [replace(price_of(name, "0.01", "service")) for name in names]
    expectation = Expectation(traffic=Traffic(Decimal(100), Decimal(100)))
    cost = cost_of(on_aws("on-demand"), PriceBook(tuple(services)), expectation)
    assert cost.unknown == ()
    assert cost.text().startswith("$")


def test_traffic_beyond_the_first_step_costs_less_per_gib() -> None:
    expectation = Expectation(traffic=Traffic(egress_gib=Decimal(60_000)))
    cost = cost_of(on_aws("on-demand"), BOOK, expectation)
    egress = next(each for each in cost.lines if each.kind == "egress")
    dollars_ = 10_240 * Decimal("0.09") + 40_960 * Decimal("0.085") + 8_800 * Decimal("0.07")
    assert egress.monthly is not None
    assert abs(egress.monthly.likely - dollars_) < Decimal("1e-9")


def test_a_million_tokens_cost_the_machines_time_that_they_take() -> None:
    stage = {"throughput": {"h100": 1000}}
    cost = cost_of(on_aws("on-demand", stage=stage), BOOK)
    token = cost.tokens[0]
    assert token.basis == "measured"
    assert token.usd is not None
    assert abs(token.usd - Decimal("6.88") / 3_600_000 * 1_000_000) < Decimal("1e-9")


def test_tokens_without_a_figure_cost_an_unknown_amount() -> None:
    assert [each.usd for each in cost_of(on_aws("on-demand"), BOOK).tokens if each.basis == "unknown"] in ([], [None])
    stage = {"model": {"id": "acme/private", "parameters": "8e9"}}
    token = cost_of(on_aws("on-demand", stage=stage), BOOK).tokens[0]
    assert (token.usd, token.basis) == (None, "unknown")


def test_the_cost_names_the_days_and_sources_of_its_prices() -> None:
    data = cost_of(on_aws("on-demand"), BOOK).to_json()
    assert data["as_of"] == "2026-01-01"
    assert data["newest"] == "2026-04-01"
    assert data["currency"] == "USD"
    assert any("karpenter-provider-aws" in source for source in data["sources"])


def test_the_parts_of_a_cost_add_up_to_it() -> None:
    for kinds in (("on-demand",), (ODCR, "on-demand", "spot"), ("spot", "on-demand")):
        cost = cost_of(on_aws(*kinds), BOOK)
        for figure in ("min", "likely", "max"):
            parts = sum(getattr(each.hourly, figure) for each in cost.lines if each.hourly is not None)
            assert parts == getattr(cost.hourly, figure)


@pytest.mark.parametrize(
    ("amount", "text"),
    [("12345.6", "$12,346"), ("12.345", "$12.34"), ("0", "$0.00"), ("0.0042", "$0.0042"), ("-1500", "-$1,500")],
)
def test_dollars_are_written_as_people_read_them(amount: str, text: str) -> None:
    assert dollars(Decimal(amount)) == text


def test_prices_of_a_placement_win_over_everything_and_are_marked() -> None:
    plan_ = on_aws(ODCR, "on-demand", where={"prices": {"p5.48xlarge": 39.5}})
    price = line(cost_of(plan_, PriceBook((price_of("p5.48xlarge", "45"),))), "generate0").price
    assert (price.amount, price.origin, price.source) == (Decimal("39.5"), "contract", "placements.here.prices")
    assert cost_of(plan_, BOOK).dates == ("2026-01-01", "2026-04-01")


def test_a_months_price_in_a_placement_is_refused_with_its_path() -> None:
    plan_ = on_aws(ODCR, where={"prices": {"p5.48xlarge": 28835}})
    with pytest.raises(InputError, match="times the list price") as caught:
        cost_of(plan_, BOOK)
    assert caught.value.problems[0].path == "placements.here.prices.p5.48xlarge"
