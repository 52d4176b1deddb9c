"""Commitment discounts in the rows: hours are covered once, money is counted once, and nothing gets lost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.money import PriceBook, cost_of
from intertie.money.focus import as_csv, planned_rows
from intertie.money.focus.columns import PLANNED
from intertie.money.focus.commitments import Discount, discounts_of, with_discounts
from intertie.money.ledger import append, read
from intertie.money.ledger.entries import Cancellation, Commitment
from intertie.plan import resolve
from intertie.spec import read_file
from support.command import run
from support.focus_check import problems

CHAT = Path(__file__).parents[2] / "stacks" / "specs" / "chat.yaml"
PLAN = resolve(read_file(CHAT), "aws-use1")
BOOK = PriceBook()
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 3)
PLAIN = list(planned_rows(PLAN, cost_of(PLAN, BOOK), BOOK, FIRST, LAST))
MACHINE = next(row["ResourceType"] for row in PLAIN if row["x_Capacity"] == "on-demand")
START = datetime(2026, 10, 1, tzinfo=UTC)


def discount(quantity: int = 1, name: str = "ri-1", price: str = "0.1", **more) -> Discount:
    made = Commitment(name, "reserved-instance", "aws", "us-east-1", MACHINE, quantity, Decimal(price), START, None)
    made = replace(made, **more)
    return Discount(made, made.end)


def rows(*discounts: Discount) -> list[dict]:
    return list(with_discounts(PLAIN, discounts, PLAN, PLANNED))


def total(found: Sequence[dict], column: str) -> Decimal:
    return sum((row[column] or Decimal(0) for row in found), Decimal(0))


def usage(found: Sequence[dict]) -> list[dict]:
    return [row for row in found if row["ChargeCategory"] == "Usage" and row["CommitmentDiscountStatus"] != "Unused"]


def test_rows_with_commitments_are_focus() -> None:
    assert problems(as_csv(rows(discount(1), discount(500, "sp", kind="savings-plan", note="all of it")))) == []


def test_without_a_discount_nothing_changes() -> None:
    assert rows() == PLAIN


def test_covered_hours_are_paid_with_the_purchase_and_cost_their_share_of_it() -> None:
    found = rows(discount(1))
    covered = [row for row in found if row["CommitmentDiscountStatus"] == "Used"]
    assert {(row["PricingCategory"], row["CommitmentDiscountId"], row["BilledCost"]) for row in covered} == {
        ("Committed", "ri-1", Decimal(0))
    }
    assert total(covered, "CommitmentDiscountQuantity") == 3 * 24
    assert total(covered, "EffectiveCost") == Decimal("7.2")
    bought = [row for row in found if row["ChargeCategory"] == "Purchase"]
    assert [(row["BilledCost"], row["EffectiveCost"], row["ChargeFrequency"]) for row in bought] == [
        (Decimal("2.4"), 0, "Recurring")
    ] * 3


def test_what_covers_nothing_is_a_row_that_consumes_nothing() -> None:
    idle = [row for row in rows(discount(500)) if row["CommitmentDiscountStatus"] == "Unused"]
    assert len(idle) == 3
    assert all(row["ConsumedQuantity"] is None and row["EffectiveCost"] > 0 for row in idle)


def test_a_discount_paid_upfront_is_bought_once_on_its_first_day() -> None:
    start = datetime(2026, 11, 2, tzinfo=UTC)
    found = rows(discount(2, start=start, end=start + timedelta(days=365), upfront=True))
    (bought,) = [row for row in found if row["ChargeCategory"] == "Purchase"]
    assert (bought["ChargePeriodStart"], bought["ChargeFrequency"]) == ("2026-11-02T00:00:00Z", "One-Time")
    assert bought["BilledCost"] == 365 * 24 * 2 * Decimal("0.1")


def test_spot_and_reserved_machines_are_never_covered() -> None:
    reserved = next(row for row in PLAIN if row["CapacityReservationId"])
    found = rows(discount(9, machine=reserved["ResourceType"]))
    assert reserved in found
    assert not [row for row in found if row["CommitmentDiscountStatus"] == "Used"]


@given(st.lists(st.tuples(st.integers(1, 40), st.sampled_from(["0.05", "0.1", "0.3"])), max_size=4))
def test_hours_and_money_are_counted_once(made: list[tuple[int, str]]) -> None:
    discounts = [discount(count, f"ri-{i}", price) for i, (count, price) in enumerate(made)]
    found = rows(*discounts)
    for column in ("PricingQuantity", "ListCost", "x_GpuHours"):
        assert abs(total(usage(found), column) - total(PLAIN, column)) < Decimal("1e-9"), column
    paid = sum((each.hours(FIRST) * 3 * each.made.price for each in discounts), Decimal(0))
    own = [row for row in found if row["CommitmentDiscountId"]]
    assert total(own, "BilledCost") == paid
    assert total(own, "EffectiveCost") == pytest.approx(paid)


def test_a_ledgers_discounts_are_those_of_the_place_with_their_ends(tmp_path: Path) -> None:
    ours = discount().made
    elsewhere = replace(ours, id="far", region="eu-west-1")
    held = replace(ours, id="cr-1", kind="odcr")
    gone = Cancellation("ri-1", datetime(2026, 11, 2, 12, tzinfo=UTC))
    append(tmp_path / "l", [ours, elsewhere, held, gone])
    (found,) = discounts_of(read(tmp_path / "l"), PLAN, datetime(2026, 12, 1, tzinfo=UTC))
    assert [found.hours(date(2026, 11, day)) for day in (1, 2, 3)] == [24, 12, 0]


def test_the_command_takes_a_ledger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    append(tmp_path / "l", [discount().made])
    words = ("focus", str(CHAT), "-p", "aws-use1", "--from", "2026-11-01", "--to", "2026-11-02")
    shown = run(capsys, monkeypatch, *words, "--ledger", str(tmp_path / "l"))
    assert shown.code == 0
    assert problems(shown.out) == []
    assert shown.out.count("ri-1") > 2
