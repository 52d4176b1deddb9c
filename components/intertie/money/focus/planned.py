"""Rows of what a plan is going to cost: the likely case of each day."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from intertie.money.amount import HOURS_PER_DAY
from intertie.money.focus.columns import PLANNED, base, priced, service_of
from intertie.money.prices import CONTRACT, Price, PriceBook
from intertie.money.types import RESERVED, Cost, Line
from intertie.plan import Plan

LONGEST_DAYS = 366


def planned_rows(plan: Plan, cost: Cost, book: PriceBook, first: date, last: date) -> Iterator[dict[str, Any]]:
    """A row for each day from `first` to `last` and each line with a known price that is used. Unknown ones have none:
    `cost.unknown` lists them.
    """
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        for line in cost.lines:
            if line.rate is not None and line.price is not None and line.quantity.likely > 0:
                yield _row(plan, line, line.price, book, day)


def _row(plan: Plan, line: Line, price: Price, book: PriceBook, day: date) -> dict[str, Any]:
    assert line.rate is not None
    quantity = line.quantity.likely * HOURS_PER_DAY
    if line.machine:
        unit_price = line.rate.likely
        details = machine_columns(plan, line.stage, line.machine, line.kind, quantity, line.accelerators)
        listed = list_price(plan, book, line.machine, line.kind, price)
    else:
        unit_price, details, listed = price.amount, {}, price.amount
    service = service_of(line.kind if not line.machine else "", plan.cloud)
    return {
        **base(plan, day, PLANNED),
        **details,
        **priced(quantity, unit_price, listed),
        **provenance(price),
        "CapacityReservationId": reservation_of(plan, line.pool) if line.way == RESERVED else None,
        "CapacityReservationStatus": "Used" if line.way == RESERVED else None,
        "ChargeDescription": f"Planned: {line.what}",
        "ConsumedQuantity": quantity,
        "ConsumedUnit": service.unit,
        "PricingUnit": service.unit,
        "PricingCategory": category(line.kind),
        "ResourceId": f"{plan.cluster}/{line.pool or line.kind}",
        "ResourceName": line.pool or line.what,
        "ResourceType": line.machine or line.kind,
        "ServiceCategory": service.category,
        "ServiceName": service.name,
        "ServiceSubcategory": service.subcategory,
        "SkuId": sku(plan, line.machine or line.kind, line.kind),
        "SkuPriceId": f"{sku(plan, line.machine or line.kind, line.kind)}-{price.origin}",
    }


def machine_columns(  # noqa: PLR0917
    plan: Plan, stage: str, machine: str, kind: str, hours: Decimal, accelerators: int
) -> dict[str, Any]:
    """Columns of machine time."""
    model = next((each.spec.model.id for each in plan.stages if each.name == stage and each.spec.model), None)
    return {
        "SkuMeter": f"{machine} machine time",
        "SkuPriceDetails": {"InstanceType": machine, "x_Capacity": kind},
        "x_Capacity": kind,
        "x_GpuHours": hours * accelerators,
        "x_Model": model,
        "x_Stage": stage or None,
    }


def list_price(plan: Plan, book: PriceBook, machine: str, kind: str, price: Price) -> Decimal | None:
    """The public price of the same; None where only the contract's is known."""
    if price.origin != CONTRACT:
        return price.amount
    public = PriceBook(tuple(row for row in book.own if row.price.origin != CONTRACT))
    found = public.machine(plan.cloud, plan.region, machine, kind)
    return found.amount if found is not None else None


def category(kind: str) -> str:
    """FOCUS' category of the price. A negotiated rate is `Standard` there; `Committed` is for commitment discounts."""
    return "Dynamic" if kind == "spot" else "Standard"


def reservation_of(plan: Plan, pool: str) -> str:
    """The id of a pool's reservation, or its name; the pool's where the claim has neither."""
    claim = plan.pool(pool).claim
    return str(getattr(claim, "id", None) or getattr(claim, "name", None) or pool)


def provenance(price: Price) -> dict[str, Any]:
    return {"x_PriceSource": price.source, "x_PriceDate": price.as_of}


def sku(plan: Plan, what: str, kind: str) -> str:
    return f"{plan.cloud}-{plan.region}-{what}-{kind}".lower()
