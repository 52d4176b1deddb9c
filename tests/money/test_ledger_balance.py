"""The take-or-pay ledger: identities that hold exactly, whatever was committed and used."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.money import OwnPrice, Price, PriceBook
from intertie.money.ledger import Cancellation, Commitment, Entry, Use, balance_of, findings
from intertie.money.ledger.balance import WIDE
from intertie.money.ledger.checks import break_even
from intertie.money.ledger.result import ledger_json
from support.patient import patient

START = datetime(2026, 10, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLACE = ("aws", "us-east-1", "p5.48xlarge")
OTHER = ("gcp", "us-central1", "a3-highgpu-8g")


def commitment(
    name: str, quantity: int = 2, price: str = "39.5", start: int = 0, hours: int | None = 100, **changes: Any
) -> Commitment:
    begin = START + start * HOUR
    cloud, region, machine = changes.pop("place", PLACE)
    end = begin + hours * HOUR if hours is not None else None
    kind = changes.pop("kind", "odcr")
    return Commitment(name, kind, cloud, region, machine, quantity, Decimal(price), begin, end)


def use(machines: str, start: int, hours: int, place: tuple[str, str, str] = PLACE) -> Use:
    return Use(*place, Decimal(machines), START + start * HOUR, START + (start + hours) * HOUR)


def entries(*data: Commitment | Cancellation | Use) -> list[Entry]:
    return [Entry(number, START, each, "") for number, each in enumerate(data, start=1)]


def hours(name: str, *data: Commitment | Cancellation | Use, at: int = 100) -> list[Decimal]:
    return [account.hours(name) for account in balance_of(entries(*data), START + at * HOUR).accounts]


def test_what_is_not_used_is_idle_and_paid_for() -> None:
    data = (commitment("a"), use("1.5", 10, 20))
    assert hours("billed", *data) == [200]
    assert hours("used", *data) == [30]
    assert hours("idle", *data) == [170]
    account = balance_of(entries(*data), START + 100 * HOUR).accounts[0]
    assert account.dollars("billed") == Decimal("7900.0")
    assert account.dollars("used") + account.dollars("idle") == account.dollars("billed")


def test_nothing_is_billed_before_the_start_nor_after_the_end() -> None:
    assert hours("billed", commitment("a", start=50), at=40) == [0]
    assert hours("billed", commitment("a", hours=10), at=400) == [20]


def test_a_commitment_without_an_end_is_billed_until_it_is_cancelled() -> None:
    assert hours("billed", commitment("a", hours=None)) == [200]
    assert hours("billed", commitment("a", hours=None), Cancellation("a", START + 30 * HOUR)) == [60]


def test_use_beyond_commitments_is_on_demand() -> None:
    balance = balance_of(entries(commitment("a"), use("5", 0, 10)), START + 100 * HOUR)
    assert balance.on_demand(PLACE) / 3600 == 30
    assert balance.coverage(PLACE) == Decimal(20) / 50


def test_what_ends_first_is_used_first() -> None:
    data = (commitment("long", hours=100), commitment("short", hours=20), use("2", 0, 20))
    assert hours("used", *data) == [0, 40]


def test_use_elsewhere_covers_nothing_here() -> None:
    data = (commitment("a"), use("2", 0, 100, OTHER))
    balance = balance_of(entries(*data), START + 100 * HOUR)
    assert balance.accounts[0].used == 0
    assert balance.on_demand(OTHER) / 3600 == 200
    assert balance.places() == [PLACE, OTHER]


@st.composite
def ledgers(draw: st.DrawFn) -> list[Commitment | Cancellation | Use]:
    places = st.sampled_from([PLACE, OTHER])
    data: list[Commitment | Cancellation | Use] = []
    second = timedelta(microseconds=draw(st.sampled_from([10**6, 10**6, 1])))
    off = st.integers(0, 3599)
    for number in range(draw(st.integers(0, 5))):
        length = draw(st.none() | st.integers(1, 80))
        price = draw(st.decimals("0", "99", places=4))
        quantity, start = draw(st.integers(1, 9)), draw(st.integers(0, 60))
        made = commitment(f"c{number}", quantity, f"{price:f}", start, length, place=draw(places))
        made = replace(made, start=made.start - draw(off) * second)
        data.append(made)
        if draw(st.booleans()):
            data.append(Cancellation(made.id, made.start + draw(st.integers(0, length or 90)) * HOUR))
    for _ in range(draw(st.integers(0, 8))):
        machines = draw(st.decimals("0", "20", places=3))
        ran = use(f"{machines:f}", draw(st.integers(0, 80)), draw(st.integers(1, 60)), draw(places))
        data.append(replace(ran, start=ran.start - draw(off) * second, end=ran.end + draw(off) * second))
    return data


def seconds(start: datetime, end: datetime) -> Decimal:
    return Decimal(max(timedelta(0), end - start) // timedelta(microseconds=1)).scaleb(-6)


@patient
@given(ledgers(), st.integers(0, 200))
def test_the_identities_of_a_ledger_hold_exactly(data: list[Commitment | Cancellation | Use], at: int) -> None:
    moment = START + at * HOUR
    balance = balance_of(entries(*data), moment)
    with localcontext(WIDE):  # sums with all digits; every figure is exact by itself
        for account in balance.accounts:
            assert account.billed == account.used + account.idle
            assert account.dollars("billed") == account.dollars("used") + account.dollars("idle")
            assert min(account.billed, account.used, account.idle) >= 0
        for place in balance.places():
            mine = [account for account in balance.accounts if (account.commitment.cloud, account.commitment.region,
                                                                account.commitment.machine) == place]  # fmt: skip
            covered = balance.covered.get(place, Decimal(0))
            assert sum((account.used for account in mine), Decimal(0)) == covered
            assert covered + balance.on_demand(place) == balance.use.get(place, Decimal(0))
            assert balance.on_demand(place) >= 0
        used = [each for each in data if isinstance(each, Use)]
        by_hand = (each.machines * seconds(each.start, min(each.end, moment)) for each in used)
        assert sum(balance.use.values(), Decimal(0)) == sum(by_hand, Decimal(0))


@patient
@given(ledgers(), st.integers(0, 200))
def test_what_is_shown_adds_up_as_it_is_shown(data: list[Commitment | Cancellation | Use], at: int) -> None:
    told = entries(*data)
    shown = ledger_json(told, balance_of(told, START + at * HOUR), PriceBook(), None)
    sums = [part[kind] for part in shown["commitments"] for kind in ("hours", "usd")] + [shown["total"]]
    for each in sums:
        billed, used, idle = (Decimal(repr(each[name])) for name in ("billed", "used", "idle"))
        assert billed == used + idle
    for name in ("billed", "used"):
        parts = sum((Decimal(repr(part["usd"][name])) for part in shown["commitments"]), Decimal(0))
        assert parts == Decimal(repr(shown["total"][name]))


def test_a_second_of_use_is_counted_with_nothing_lost() -> None:
    made = replace(commitment("a", 1, "1"), end=START + timedelta(seconds=7))
    ran = replace(use("1", 0, 1), end=START + timedelta(seconds=1))
    (account,) = balance_of(entries(made, ran), START + HOUR).accounts
    assert account.dollars("billed") == account.dollars("used") + account.dollars("idle") == Decimal("0.001944444444")


@patient
@given(ledgers())
def test_what_is_billed_is_quantity_times_time(data: list[Commitment | Cancellation | Use]) -> None:
    moment = START + 150 * HOUR
    for account in balance_of(entries(*data), moment).accounts:
        end = min(account.end or moment, moment)
        assert account.billed == account.commitment.quantity * seconds(account.commitment.start, end)


@patient
@given(ledgers(), st.integers(0, 100), st.integers(0, 100))
def test_a_later_balance_never_bills_less(data: list[Commitment | Cancellation | Use], one: int, other: int) -> None:
    early, late = (balance_of(entries(*data), START + at * HOUR) for at in sorted((one, other)))
    for before, after in zip(early.accounts, late.accounts, strict=True):
        assert before.billed <= after.billed


def told(*data: Commitment | Cancellation | Use, at: int = 50, until: int | None = None) -> list[tuple[str, str]]:
    balance = balance_of(entries(*data), START + at * HOUR)
    end = START + until * HOUR if until is not None else None
    return [(finding.kind, finding.id) for finding in findings(balance, PriceBook(), end)]


def test_an_end_before_the_stacks_is_told() -> None:
    full = use("2", 0, 50)
    assert told(commitment("a", hours=1000), full, until=2000) == [("expires", "a")]
    assert told(commitment("a", hours=1000), full, until=900) == []
    assert told(commitment("a", hours=100), full) == [("expires", "a")]  # within two weeks
    assert ("ended", "a") in told(commitment("a", hours=40), full, until=2000)


def test_money_that_stands_idle_below_break_even_is_told() -> None:
    assert told(commitment("a", hours=1000), use("1", 0, 50)) == [("idle", "a")]
    assert told(commitment("a", hours=1000), use("2", 0, 50)) == []


def test_a_commitment_above_todays_list_price_is_told() -> None:
    assert told(commitment("a", price="98.32", hours=1000), use("2", 0, 50)) == [("dear", "a")]


def test_a_machine_without_a_list_price_has_no_benchmark() -> None:
    assert told(commitment("a", place=("aws", "us-east-2", "p5e.48xlarge"), hours=1000)) == [("unpriced", "a")]


def test_two_that_overlap_while_machines_stand_idle_are_told() -> None:
    assert ("overlap", "a") in told(commitment("a", hours=1000), commitment("b", hours=1000), use("2", 0, 50))
    full = told(commitment("a", hours=1000), commitment("b", hours=1000), use("4", 0, 50))
    assert "overlap" not in [kind for kind, _ in full]


def test_a_discount_beside_the_capacity_that_it_is_for_is_no_overlap() -> None:
    both = told(commitment("a", hours=1000), commitment("b", kind="reserved-instance", hours=1000), use("1", 0, 50))
    assert "overlap" not in [kind for kind, _ in both]


def test_break_even_is_the_share_of_todays_price() -> None:
    account = balance_of(entries(commitment("a", price="27.52")), START).accounts[0]
    assert break_even(account, PriceBook()) == Decimal("0.5")
    own = OwnPrice(*PLACE, "on-demand", Price(Decimal("27.52"), "hour", "on-demand", "x", "2026-10-01", "contract"))
    assert break_even(account, PriceBook((own,))) == 1


def test_utilisation_is_unknown_before_the_start_and_the_term_has_a_price() -> None:
    account = balance_of(entries(commitment("a", start=10)), START).accounts[0]
    assert account.utilisation is None
    assert account.whole_term() == 100 * 2 * Decimal("39.5")
    assert balance_of(entries(commitment("a", hours=None)), START).accounts[0].whole_term() is None


@pytest.mark.parametrize("count", [2000])
def test_a_year_of_hourly_use_is_balanced_without_growing_slow(count: int) -> None:
    data = [commitment("a", hours=None), *(use("1", hour, 1) for hour in range(count))]
    assert hours("used", *data, at=count) == [count]
