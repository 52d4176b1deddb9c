"""Rows of what was used: machine hours of each day, from a CSV file `date,pool,hours`, at the price book's prices.

Reserved capacity is paid for whether used or not: what of it no hour used has rows of its own.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from intertie.errors import InputError, Problem
from intertie.money.amount import HOURS_PER_DAY
from intertie.money.focus.columns import ACTUAL, base, priced, service_of
from intertie.money.focus.planned import category, list_price, machine_columns, provenance, reservation_of, sku
from intertie.money.prices import Price, PriceBook
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


def read_usage(path: Path, plan: Plan) -> dict[tuple[date, str], Decimal]:
    """(day, pool) → machine hours. Rows of one day and pool add up. `InputError` with every bad row."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV: {error}") from None
    if len(rows) > _MOST or not rows or not set(rows[0]) >= {"date", "pool", "hours"}:
        raise InputError(f"{path}: allowed: 1 to {_MOST:,} rows with the columns date, pool and hours")
    pools = {pool.name for pool in plan.pools}
    problems: list[Problem] = []
    usage: dict[tuple[date, str], Decimal] = {}
    for number, row in enumerate(rows, start=2):
        found = _read(row, pools)
        if found is None:
            shown = ", ".join(repr(str(row.get(name))[:40]) for name in ("date", "pool", "hours"))
            allowed = f"a date such as 2026-11-01, a pool of {', '.join(sorted(pools))}, hours from 0"
            problems.append(Problem("usage", shown, allowed, where=f"{path}: row {number}"))
        else:
            day, pool, hours = found
            usage[day, pool] = usage.get((day, pool), Decimal(0)) + hours
    if problems:
        raise InputError(f"{path}: {len(problems)} rows cannot be used", problems[:20])
    return usage


def _read(row: Mapping[str, str | None], pools: set[str]) -> tuple[date, str, Decimal] | None:
    try:
        day, hours = date.fromisoformat((row["date"] or "").strip()), Decimal((row["hours"] or "").strip())
    except (ValueError, InvalidOperation):
        return None
    pool = (row["pool"] or "").strip()
    return (day, pool, hours) if pool in pools and hours.is_finite() and 0 <= hours <= _MOST_HOURS else None


def used_rows(plan: Plan, cost: Cost, book: PriceBook, usage: Usage) -> Iterator[dict[str, Any]]:
    """Rows of the days in `usage`, in their order. Pools without a known price have none."""
    lines = {line.pool: line for line in cost.lines if line.pool and line.price is not None}
    for day in sorted({day for day, _ in usage}):
        for name in sorted(lines):
            line = lines[name]
            for part in _parts(line, usage.get((day, name), Decimal(0))):
                assert line.price is not None
                yield _row(plan, plan.pool(name), line, line.price, book, (day, part))


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
    day, part = what
    service = service_of("", plan.cloud)
    rate = line.rate.likely if line.rate is not None else price.amount
    used = part.status != "Unused"
    hours = part.hours if used else Decimal(0)
    return {
        **base(plan, day, ACTUAL),
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
