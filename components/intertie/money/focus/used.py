"""Rows of what was used: machine hours of each day, from a CSV file `date,pool,hours`, at the price book's prices.

Reserved capacity is paid for whether used or not: what of it no hour used has rows of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from intertie.errors import InputError, Problem
from intertie.money.amount import HOURS_PER_DAY
from intertie.money.focus.columns import ACTUAL, base, priced, service_of
from intertie.money.focus.planned import category, list_price, machine_columns, provenance, reservation_of, sku
from intertie.money.prices import Price, PriceBook
from intertie.money.table import amount, day, one_of, read_table, refuse
from intertie.money.types import RESERVED, Cost, Line
from intertie.plan import Plan
from intertie.plan.types import PoolPlan

_MOST = 200_000
_MOST_HOURS = Decimal(24 * 10_000)

Usage = Mapping[tuple[date, str], Decimal]


@dataclass(frozen=True, slots=True)
class _Part:
    """Hours of one pool on one day. `status`: of its reservation."""

    hours: Decimal
    status: str | None


def read_usage(path: Path, plan: Plan, latest: date | None = None) -> dict[tuple[date, str], Decimal]:
    """(day, pool) → machine hours. Rows of one day and pool add up. `InputError` with every cell that cannot be.

    `latest`: the last day that is not the future; today, when it is not given.
    """
    rows = read_table(path, ("date", "pool", "hours"), ())
    if not 1 <= len(rows) <= _MOST:
        raise InputError(f"{path}: found {len(rows):,} rows; allowed: 1 to {_MOST:,}")
    pools = sorted(pool.name for pool in plan.pools)
    problems: list[Problem] = []
    usage: dict[tuple[date, str], Decimal] = {}
    for row in rows:
        when, pool = day(row, "date", problems, latest=latest), one_of(row, "pool", pools, problems)
        hours = amount(row, "hours", problems)
        if hours is not None and hours > _MOST_HOURS:
            problems.append(row.problem("hours", f"at most {_MOST_HOURS:,}"))
        if when is not None and hours is not None:
            usage[when, pool] = usage.get((when, pool), Decimal(0)) + hours
    refuse(str(path), problems)
    return usage


def used_rows(plan: Plan, cost: Cost, book: PriceBook, usage: Usage) -> Iterator[dict[str, Any]]:
    """Rows of the days in `usage`, in their order. Pools without a known price have none."""
    lines = {line.pool: line for line in cost.lines if line.pool and line.price is not None}
    for each in sorted({when for when, _ in usage}):
        for name in sorted(lines):
            line = lines[name]
            for part in _parts(line, usage.get((each, name), Decimal(0))):
                assert line.price is not None
                yield _row(plan, plan.pool(name), line, line.price, book, (each, part))


def _parts(line: Line, used: Decimal) -> Iterator[_Part]:
    if line.way != RESERVED:
        if used > 0:
            yield _Part(used, None)
        return
    paid = line.quantity.min * HOURS_PER_DAY
    if used > 0:
        yield _Part(used, "Used")
    if paid > used:
        yield _Part(paid - used, "Unused")


def _row(  # noqa: PLR0917
    plan: Plan, pool: PoolPlan, line: Line, price: Price, book: PriceBook, what: tuple[date, _Part]
) -> dict[str, Any]:
    when, part = what
    service = service_of("", plan.cloud)
    rate = line.rate.likely if line.rate is not None else price.amount
    used = part.status != "Unused"
    hours = part.hours if used else Decimal(0)
    return {
        **base(plan, when, ACTUAL),
        **machine_columns(plan, line.stage, line.machine, line.kind, hours, line.accelerators),
        **priced(part.hours, rate, list_price(plan, book, line.machine, line.kind, price)),
        **provenance(price),
        "CapacityReservationId": reservation_of(plan, pool.name) if part.status else None,
        "CapacityReservationStatus": part.status,
        "ChargeDescription": f"{'Used' if used else 'Paid and unused'}: {line.what}",
        "ConsumedQuantity": part.hours if used else None,
        "ConsumedUnit": service.unit if used else None,
        "PricingCategory": category(line.kind),
        "PricingUnit": service.unit,
        "ResourceId": f"{plan.cluster}/{pool.name}",
        "ResourceName": pool.name,
        "ResourceType": line.machine,
        "ServiceCategory": service.category,
        "ServiceName": service.name,
        "ServiceSubcategory": service.subcategory,
        "SkuId": sku(plan, line.machine, line.kind),
        "SkuPriceId": f"{sku(plan, line.machine, line.kind)}-{price.origin}",
    }
