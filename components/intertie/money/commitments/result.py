"""A decision as plain data: `intertie.capacity/v1`."""

import re
from typing import Any

from intertie.money.commitments.blocks import Block
from intertie.money.commitments.decide import Decision, Option
from intertie.money.serialize import price_json

MOST_POINTS = 200
"""Points of a curve that are shown: a curve over more quantities is thinned."""


def decision_json(decision: Decision) -> dict[str, Any]:
    market, best = decision.market, decision.best
    return {
        "schema": "intertie.capacity/v1",
        "cloud": market.cloud,
        "region": market.region,
        "machine": market.machine,
        "currency": market.on_demand.currency,
        "hours": decision.hours,
        "demand": {name: _rounded(value) for name, value in decision.demand.items()},
        "on_demand": {"price": price_json(market.on_demand), "hourly": _rounded(decision.on_demand)},
        "spot": {"machines": decision.spot, "price": float(market.spot) if market.spot is not None else None},
        "recommendation": _recommended(decision, best),
        "options": [_option(option) for option in decision.options],
        "block": _block(decision.block) if decision.block is not None else None,
        "unknown": list(market.unpriced),
        "notes": list(decision.notes),
    }


CONFIG = "inference:capacity"
"""Setting of a stack file whose entries the stack program makes to reservations."""


def proposal(decision: Decision, zone: str) -> dict[str, Any]:
    """Lines of a stack file that reserve what is committed to: machines that are paid for anyway are worth holding.

    Empty where nothing is committed to. Nothing is written: a person puts them into the file.
    """
    found = _recommended(decision, decision.best)["reserve"]
    if not found:
        return {}
    name = re.sub(r"[^a-z0-9]+", "-", f"{found['machine']}-{zone}".lower()).strip("-")
    return {CONFIG: [{"name": name, **found, "zone": zone}]}


def _recommended(decision: Decision, best: Option | None) -> dict[str, Any]:
    """What to commit to, and what to leave on demand and spot, in machines of the average hour."""
    committed = best.quantity if best is not None else 0
    firm = decision.demand["mean"] - decision.spot
    return {
        "commit": committed,
        "product": best.offer.product if best is not None else None,
        "days": best.offer.days if best is not None else None,
        "block": decision.block.quantity if decision.block is not None else 0,
        "on_demand": _rounded(max(0.0, firm - committed)),
        "spot": decision.spot,
        "hourly": _rounded(best.expected if best is not None else decision.on_demand),
        "saving_hourly": _rounded(decision.on_demand - best.expected) if best is not None else 0.0,
        "reserve": {"machine": decision.market.machine, "count": committed} if committed else None,
    }


def _option(option: Option) -> dict[str, Any]:
    offer, curve = option.offer, option.curve
    step = max(1, len(curve.quantities) // MOST_POINTS)
    return {
        "product": offer.product,
        "days": offer.days,
        "price": float(offer.price),
        "ratio": _rounded(option.ratio),
        "quantity": option.quantity,
        "hourly": _rounded(option.expected),
        "cost": {name: {q: _rounded(value) for q, value in each.items()} for name, each in option.cost.items()},
        "owed": _rounded(option.owed),
        "exposed": _rounded(option.exposed),
        "utilisation": {name: _rounded(value) for name, value in option.utilisation.items()},
        "upfront": offer.upfront,
        "cancellable": offer.cancellable,
        "source": offer.source,
        "as_of": offer.as_of or None,
        "note": offer.note or None,
        "curve": [
            {"quantity": int(quantity), "hourly": _rounded(float(cost))}
            for quantity, cost in zip(curve.quantities[::step], curve.cost[::step], strict=True)
        ],
    }


def _block(block: Block) -> dict[str, Any]:
    return {
        "quantity": block.quantity,
        "start_day": block.start_day,
        "days": block.days,
        "price": _rounded(block.price),
        "saving": _rounded(block.saving),
        "book_at_most_days_ahead": block.offer.ahead_days or None,
        "upfront": block.offer.upfront,
        "cancellable": block.offer.cancellable,
        "source": block.offer.source,
        "as_of": block.offer.as_of,
    }


def _rounded(value: float) -> float:
    return round(value, 6)
