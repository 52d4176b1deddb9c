"""A cost as plain data: JSON numbers, to the millionth of a dollar."""

from typing import Any

from intertie.money.amount import CURRENCY, Range, number
from intertie.money.prices import Price
from intertie.money.types import Cost, Line, PerToken, Upfront, hourly


def cost_json(cost: Cost) -> dict[str, Any]:
    """One placement: sums first, then what they are made of. Dollars; `as_of` is the day of the oldest price used."""
    dates = cost.dates
    return {
        "placement": cost.placement,
        "cloud": cost.cloud,
        "region": cost.region,
        "tier": cost.tier,
        "monthly": cost.monthly.to_json(),
        "daily": cost.daily.to_json(),
        "hourly": cost.hourly.to_json(),
        "currency": CURRENCY,
        "as_of": dates[0] if dates else None,
        "newest": dates[1] if dates else None,
        "at_least": bool(cost.unknown),
        "unknown": list(cost.unknown),
        "upfront": [_upfront(each) for each in cost.upfront],
        "first_hour": cost.first_hour.to_json(),
        "after_teardown": [{"what": line.what, "hourly": _range(line.hourly)} for line in cost.left_by_teardown],
        "stages": {name: hourly(cost.of_stage(name)).to_json() for name in _stages(cost)},
        "per_million_tokens": [_token(each) for each in cost.tokens],
        "sources": sorted({line.price.source for line in cost.lines if line.price is not None}),
        "lines": [line_json(line) for line in cost.lines],
        "notes": list(cost.notes),
    }


def _stages(cost: Cost) -> list[str]:
    return list(dict.fromkeys(line.stage for line in cost.lines if line.stage))


def line_json(line: Line) -> dict[str, Any]:
    return {
        "what": line.what,
        "way": line.way,
        "stage": line.stage or None,
        "pool": line.pool or None,
        "kind": line.kind,
        "machine": line.machine or None,
        "accelerators": line.accelerators,
        "quantity": line.quantity.to_json(),
        "unit": line.unit,
        "basis": line.basis or None,
        "price": price_json(line.price) if line.price is not None else None,
        "hourly": _range(line.hourly),
        "monthly": _range(line.monthly),
        "unknown": None if line.known else line.why_unknown,
    }


def price_json(price: Price) -> dict[str, Any]:
    return {
        "amount": float(price.amount),
        "currency": price.currency,
        "unit": price.unit,
        "kind": price.kind,
        "origin": price.origin,
        "source": price.source,
        "as_of": price.as_of or None,
        "note": price.note or None,
    }


def _range(value: Range | None) -> dict[str, float] | None:
    return value.to_json() if value is not None else None


def _upfront(each: Upfront) -> dict[str, Any]:
    amount = number(each.amount) if each.amount is not None else None
    return {"what": each.what, "amount": amount, "hours": number(each.hours), "unknown": each.why_unknown or None}


def _token(each: PerToken) -> dict[str, Any]:
    return {
        "stage": each.stage,
        "usd": number(each.usd) if each.usd is not None else None,
        "basis": each.basis,
        "source": each.source or None,
        "note": each.note or None,
    }
