"""How much to commit to: the rule against brute force, and what is said about it."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.catalog import prices as catalog
from intertie.errors import InputError
from intertie.money import PriceBook
from intertie.money.commitments import Market, Offer, best_block, committed_quantity, cost_curve, decide, market_of
from intertie.money.commitments.blocks import lengths
from intertie.money.commitments.offers import family, own_offer
from intertie.money.commitments.rule import allowed_quantity, shares
from support.patient import patient

BOOK = PriceBook()
BLOCK = Offer("capacity-block", 1, Decimal("39.33"), (1, 2, 4, 8), 56, True, False, "page", "2024-10-01")


def brute_force(demand: list[list[int]], committed: Fraction, full: Fraction) -> tuple[int, Fraction]:
    """The largest quantity of least expected cost, exactly, by trying every one."""
    hours = [each for path in demand for each in path]
    costs = {}
    for quantity in range(max(hours) + 1):
        beyond = sum(max(each - quantity, 0) for each in hours)
        costs[quantity] = quantity * committed + Fraction(beyond, len(hours)) * full
    low = min(costs.values())
    return max(quantity for quantity, cost in costs.items() if cost == low), low


def test_the_rule_finds_what_brute_force_finds_in_a_thousand_random_cases() -> None:
    rng = np.random.default_rng(20261122)
    for _ in range(1000):
        paths, hours = int(rng.integers(1, 6)), int(rng.integers(1, 30))
        demand = rng.integers(0, int(rng.integers(1, 40)), size=(paths, hours))
        full = Fraction(int(rng.integers(1, 10_000)), 100)
        committed = full * Fraction(int(rng.integers(1, 131)), 100)
        quantity, low = brute_force(demand.tolist(), committed, full)
        assert committed_quantity(demand, float(committed), float(full)) == quantity
        curve = cost_curve(demand, float(committed), float(full))
        assert curve.cheapest() == quantity
        assert curve.cost.min() == pytest.approx(float(low))


def test_the_kth_machine_is_committed_to_iff_it_is_wanted_often_enough() -> None:
    demand = np.array([[0, 1, 2, 3, 4, 4, 4, 4, 4, 4]])
    assert shares(demand).tolist() == [1.0, 0.9, 0.8, 0.7, 0.6]
    assert committed_quantity(demand, 60.0, 100.0) == 4
    assert committed_quantity(demand, 60.1, 100.0) == 3
    assert committed_quantity(demand, 100.0, 100.0) == 0
    assert committed_quantity(demand, 101.0, 100.0) == 0


@patient
@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.integers(1, 200), st.integers(1, 200))
def test_the_curve_is_what_each_quantity_costs(hours: list[int], committed: int, full: int) -> None:
    demand = np.array([hours])
    curve = cost_curve(demand, committed, full)
    assert len(curve.quantities) == max(hours) + 1
    for quantity, cost in zip(curve.quantities, curve.cost, strict=True):
        beyond = sum(max(each - quantity, 0) for each in hours) / len(hours)
        assert cost == pytest.approx(quantity * committed + beyond * full)


@patient
@given(st.lists(st.integers(0, 70), min_size=1, max_size=40), st.integers(1, 150))
def test_a_product_that_is_sold_in_steps_is_bought_in_its_cheapest_step(hours: list[int], committed: int) -> None:
    demand = np.array([hours])
    curve = cost_curve(demand, committed, 100.0)
    allowed = (1, 2, 4, 8, 16, 32, 64)
    chosen = allowed_quantity(curve, allowed)
    possible = [each for each in (0, *allowed) if each <= max(hours)]
    assert chosen in possible
    assert curve.cost[chosen] <= min(curve.cost[each] for each in possible) + 1e-9


def test_families_are_read_from_machine_types() -> None:
    assert [family(name) for name in ("p5.48xlarge", "a3-highgpu-8g", "p6-b200.48xlarge")] == [
        "p5", "a3-highgpu", "p6-b200",
    ]  # fmt: skip


def test_the_market_knows_committed_prices_and_what_it_does_not_know() -> None:
    market = market_of("gcp", "us-central1", "a3-highgpu-8g", BOOK)
    assert [(offer.product, offer.days) for offer in market.offers] == [("committed-use", 365), ("committed-use", 1095)]
    assert market.offers[0].price == Decimal("0.6937") * market.on_demand.amount
    assert any("calendar-mode" in text for text in market.unpriced)


def test_a_discount_on_an_on_demand_price_that_was_cut_since_is_recomputed() -> None:
    """p4d: 18.83 was 57 % of the old list price; of today's it is 86 %."""
    market = market_of("aws", "us-east-1", "p4d.24xlarge", BOOK)
    year = next(offer for offer in market.offers if (offer.product, offer.days) == ("reserved-instance", 365))
    assert year.price == Decimal("18.830479")
    assert year.price / market.on_demand.amount > Decimal("0.85")


def test_without_an_on_demand_price_nothing_can_be_weighed() -> None:
    with pytest.raises(InputError, match="no source has an on-demand price of p5e"):
        market_of("aws", "us-east-2", "p5e.48xlarge", BOOK)


def test_azure_has_no_known_committed_price_and_says_so() -> None:
    market = market_of("azure", "eastus", "Standard_ND96isr_H100_v5", BOOK)
    assert market.offers == ()
    assert market.unpriced == ("reserved-instance: no source has its price of Standard_ND96isr_H100_v5 in eastus",)


def test_an_own_offer_takes_the_place_of_the_listed() -> None:
    own = own_offer("committed-use:365:40", "gcp")
    market = market_of("gcp", "us-central1", "a3-highgpu-8g", BOOK, [own])
    assert [offer.price for offer in market.offers] == [Decimal(40)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lunch:365:40", "found 'lunch'; allowed on gcp: calendar-mode, committed-use"),
        ("committed-use:12:40", "found '12' days; allowed: 365 to 1095"),
        ("committed-use:365:-1", "found '-1'"),
        ("committed-use:365", "found ''"),
        ("committed-use:365:nan", "found 'nan'"),
        ("committed-use:365:²", "found '²'"),
        ("committed-use:²:40", "found '²' days; allowed: 365 to 1095"),
        (f"committed-use:{'9' * 5000}:40", "days; allowed: 365 to 1095"),
    ],
)
def test_an_own_offer_that_cannot_be_is_refused(text: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        own_offer(text, "gcp")
    assert told in str(caught.value)


def market(*offers: Offer) -> Market:
    found = market_of("gcp", "us-central1", "a3-highgpu-8g", BOOK)
    return Market("gcp", "us-central1", "a3-highgpu-8g", found.on_demand, found.spot, offers or found.offers, ())


def test_steady_use_is_committed_to_whole_and_a_spike_is_not() -> None:
    demand = np.full((50, 720), 3.0)
    demand[:, 100:110] = 12
    decision = decide(demand, market())
    assert decision.best is not None
    assert decision.best.quantity == 3
    assert decision.best.offer.days == 1095
    assert decision.best.expected < decision.on_demand


def test_use_that_never_comes_leaves_everything_on_demand() -> None:
    decision = decide(np.zeros((10, 24)), market())
    assert decision.best is None
    assert [option.quantity for option in decision.options] == [0, 0]


def test_the_worst_case_is_what_is_owed_for_nothing() -> None:
    demand = np.vstack([np.full(720, 4.0)] * 8 + [np.zeros(720)] * 2)
    option = decide(demand, market()).options[0]
    price = float(option.offer.price)
    assert option.quantity == 4
    assert option.owed == pytest.approx(4 * price * 365 * 24)
    assert option.exposed == pytest.approx(4 * price * 720)  # in one future of five nothing is used
    assert option.cost["all"]["p90"] <= option.cost["on-demand"]["p90"]


def test_work_that_may_be_interrupted_is_left_to_spot() -> None:
    decision = decide(np.full((5, 48), 10.0), market(), spot_share=0.3)
    assert decision.spot == 3
    assert decision.best is not None
    assert decision.best.quantity == 7


def test_a_term_beyond_the_simulation_is_said() -> None:
    assert "a shrinking use would leave more idle" in decide(np.ones((2, 24)), market()).notes[0]


@pytest.mark.parametrize("demand", [[[float("nan")]], [[-1.0]], [[float("inf")]], [[1e9]], [[]]])
def test_what_is_no_demand_is_refused(demand: list[list[float]]) -> None:
    with pytest.raises(InputError, match="demand: found"):
        decide(np.array(demand), market())


def test_blocks_are_sold_by_the_day_to_fourteen_and_by_the_week_to_half_a_year() -> None:
    assert list(lengths(10)) == list(range(1, 11))
    assert list(lengths(40)) == [*range(1, 15), 21, 28, 35]
    assert max(lengths(1000)) == 182


def test_a_block_covers_the_peak_week_and_no_more() -> None:
    demand = np.zeros((20, 30 * 24), dtype=np.int64)
    demand[:, 10 * 24 : 17 * 24] = 5
    block = best_block(demand, 0, BLOCK, 55.04, 1.0)
    assert block is not None
    assert (block.start_day, block.days, block.quantity) == (10, 7, 4)
    assert block.price == pytest.approx(4 * 39.33 * 24 * 7)
    assert block.saving == pytest.approx(4 * (55.04 - 39.33) * 24 * 7)


def test_no_block_is_better_than_one_that_stands_idle() -> None:
    assert best_block(np.zeros((3, 240), dtype=np.int64), 0, BLOCK, 55.04, 1.0) is None


@patient
@given(st.lists(st.integers(0, 9), min_size=3, max_size=6), st.integers(0, 3))
def test_the_best_block_is_the_best_of_all_blocks(daily: list[int], held: int) -> None:
    demand = np.repeat(np.array([daily]), 24, axis=1)
    best = best_block(demand, held, BLOCK, 55.04, 1.0)
    savings = [
        sum(min(max(d - held, 0), quantity) * 55.04 - quantity * 39.33 for d in daily[start : start + length]) * 24
        for quantity in BLOCK.quantities
        for length in range(1, len(daily) + 1)
        for start in range(len(daily) - length + 1)
    ]
    assert (best.saving if best else 0.0) == pytest.approx(max(0.0, *savings), abs=1e-6)


def test_every_commitment_price_is_of_a_product_that_the_catalogue_knows() -> None:
    known = {(row.cloud, row.product) for row in catalog.capacity_products()}
    assert {(row.cloud, row.product) for row in catalog.commitment_prices()} <= known
