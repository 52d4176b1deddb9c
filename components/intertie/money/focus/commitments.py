"""Commitment discounts of a ledger in the rows: what they cover, what of them stands unused, and what they cost.

A discount (reserved instance, committed use, savings plan) holds no machines: it changes what machine hours cost that
are used anyway. So each day's rows of machines on demand are split into what a discount covers and what it does not;
the hours that cover nothing are rows of their own; and the purchase is a row too. Money is counted once: covered hours
are billed with the purchase (`BilledCost` 0), and their share of it is their `EffectiveCost`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from intertie.money.focus.columns import base, service_of
from intertie.money.focus.planned import sku
from intertie.money.ledger.balance import balance_of
from intertie.money.ledger.entries import DISCOUNTS, Commitment, Entry
from intertie.plan import Plan

TYPES = {"reserved-instance": "Reserved Instance", "committed-use": "Committed Use", "savings-plan": "Savings Plan"}
_HOUR = timedelta(hours=1)
_SPLIT = ("PricingQuantity", "ConsumedQuantity", "ContractedCost", "BilledCost", "EffectiveCost", "ListCost",
          "x_GpuHours")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Discount:
    """A commitment that lowers a price, and when it ends, with its cancellation."""

    made: Commitment
    end: datetime | None

    def hours(self, day: date) -> Decimal:
        """Machine-hours of a day that it pays for."""
        begin = datetime.combine(day, time(), UTC)
        first, last = max(begin, self.made.start), begin + timedelta(days=1)
        last = min(last, self.end) if self.end is not None else last
        return Decimal(max(last - first, timedelta(0)) // timedelta(seconds=1)) * self.made.quantity / 3600


def discounts_of(entries: Sequence[Entry], plan: Plan, until: datetime) -> tuple[Discount, ...]:
    """The ledger's discounts of a placement's cloud and region, those that end first before others."""
    found = [
        Discount(account.commitment, account.end)
        for account in balance_of(entries, until).accounts
        if account.commitment.kind in DISCOUNTS
        and (account.commitment.cloud, account.commitment.region) == (plan.cloud, plan.region)
    ]
    return tuple(sorted(found, key=lambda each: (each.end is None, each.end or until, each.made.id)))


def with_discounts(
    rows: Iterable[dict[str, Any]], discounts: Sequence[Discount], plan: Plan, record: str
) -> Iterator[dict[str, Any]]:
    """The rows, in which each day's hours of machines on demand are split, then the discounts' own rows of the day."""
    days: dict[date, list[dict[str, Any]]] = {}
    for row in rows:
        days.setdefault(date.fromisoformat(row["ChargePeriodStart"][:10]), []).append(row)
    for day in sorted(days):
        left = {each.made.id: each.hours(day) for each in discounts}
        for row in days[day]:
            yield from _split(row, discounts, left)
        for each in discounts:
            if each.hours(day) > 0:
                yield from _own(plan, each, (day, left[each.made.id]), record)


def _split(row: dict[str, Any], discounts: Sequence[Discount], left: dict[str, Decimal]) -> Iterator[dict[str, Any]]:
    """What each discount covers of a row, and what is left of it."""
    rest, whole = row["PricingQuantity"], row["PricingQuantity"]
    for each in discounts:
        if row["x_Capacity"] != "on-demand" or row["ResourceType"] != each.made.machine:
            continue
        covered = min(rest, left[each.made.id])
        if covered > 0:
            left[each.made.id] -= covered
            rest -= covered
            yield _covered(row, each, covered, covered / whole)
    if rest == whole:
        yield row
    elif rest > 0:
        yield _scaled(row, rest / whole)


def _covered(row: dict[str, Any], discount: Discount, hours: Decimal, share: Decimal) -> dict[str, Any]:
    cost = hours * discount.made.price
    return {
        **_scaled(row, share),
        **_named(discount, hours, "Used"),
        "BilledCost": Decimal(0),
        "ContractedCost": cost,
        "ContractedUnitPrice": discount.made.price,
        "EffectiveCost": cost,
        "PricingQuantity": hours,
        "PricingCategory": "Committed",
    }


def _scaled(row: dict[str, Any], share: Decimal) -> dict[str, Any]:
    return {**row, **{name: row[name] * share for name in _SPLIT if row[name] is not None}}


def _own(plan: Plan, discount: Discount, what: tuple[date, Decimal], record: str) -> Iterator[dict[str, Any]]:
    """What of a day covers nothing, and the day's purchase; one that is paid upfront is bought on its first day."""
    day, idle = what
    if idle > 0:
        row = _row(plan, discount, day, record, idle)
        yield {
            **row,
            **_named(discount, idle, "Unused"),
            "BilledCost": Decimal(0),
            "ChargeDescription": f"Paid and unused: {discount.made.id}",
            "PricingCategory": "Committed",
        }
    bought = _bought(discount, day)
    if bought > 0:
        row = _row(plan, discount, day, record, bought)
        yield {
            **row,
            **_named(discount, bought, None),
            "ChargeCategory": "Purchase",
            "ChargeDescription": f"{TYPES[discount.made.kind]} {discount.made.id}",
            "ChargeFrequency": "One-Time" if discount.made.upfront else "Recurring",
            "EffectiveCost": Decimal(0),
            "PricingCategory": "Standard",
        }


def _bought(discount: Discount, day: date) -> Decimal:
    """Machine-hours that are bought on a day."""
    made = discount.made
    if not made.upfront or made.end is None:
        return discount.hours(day)
    return Decimal((made.end - made.start) // _HOUR * made.quantity) if made.start.date() == day else Decimal(0)


def _named(discount: Discount, hours: Decimal, status: str | None) -> dict[str, Any]:
    made = discount.made
    return {
        "CommitmentDiscountCategory": "Spend" if made.kind == "savings-plan" else "Usage",
        "CommitmentDiscountId": made.id,
        "CommitmentDiscountName": made.note or made.id,
        "CommitmentDiscountQuantity": hours,
        "CommitmentDiscountStatus": status,
        "CommitmentDiscountType": TYPES[made.kind],
        "CommitmentDiscountUnit": "Hours",
    }


def _row(plan: Plan, discount: Discount, day: date, record: str, hours: Decimal) -> dict[str, Any]:
    """What the discount's own rows have in common."""
    made = discount.made
    service = service_of("", plan.cloud)
    cost = hours * made.price
    return {
        **base(plan, day, record),
        "BilledCost": cost,
        "ContractedCost": cost,
        "ContractedUnitPrice": made.price,
        "EffectiveCost": cost,
        "ListCost": cost,
        "ListUnitPrice": made.price,
        "PricingQuantity": hours,
        "PricingUnit": service.unit,
        "ResourceId": made.id,
        "ResourceName": made.note or made.id,
        "ResourceType": TYPES[made.kind],
        "ServiceCategory": service.category,
        "ServiceName": service.name,
        "ServiceSubcategory": service.subcategory,
        "SkuId": sku(plan, made.machine, made.kind),
        "SkuMeter": f"{made.machine} machine time",
        "SkuPriceDetails": {"InstanceType": made.machine, "x_Capacity": made.kind},
        "SkuPriceId": f"{sku(plan, made.machine, made.kind)}-contract",
        "x_Capacity": made.kind,
        "x_PriceSource": "the ledger",
        "x_PriceDate": made.start.date().isoformat(),
    }
