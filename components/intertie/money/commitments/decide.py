"""Weighs every offer on the same simulated demand: how many, what is expected, and what is owed in the worst case."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intertie.errors import InputError
from intertie.money.commitments.blocks import Block, best_block
from intertie.money.commitments.offers import Market, Offer
from intertie.money.commitments.rule import MOST_MACHINES, Curve, Demand, allowed_quantity, cost_curve

QUANTILES = (("p10", 0.1), ("p50", 0.5), ("p90", 0.9))


@dataclass(frozen=True, slots=True)
class Option:
    """One offer, weighed. Dollars over the hours of the simulation, unless they say otherwise."""

    offer: Offer
    ratio: float  # committed over on-demand
    quantity: int
    expected: float  # dollars per hour
    curve: Curve
    cost: dict[str, dict[str, float]]  # of `on-demand`, `quantity` and `all`: quantiles over futures
    owed: float  # dollars over the whole term, whatever demand does
    exposed: float  # of these, for machines that stand idle in the future with the tenth least use
    utilisation: dict[str, float]  # share of committed hours that are used: quantiles over futures


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one machine type in one region."""

    market: Market
    hours: int
    demand: dict[str, float]  # mean, and quantiles over hours and futures
    on_demand: float  # expected dollars per hour without any commitment
    options: tuple[Option, ...]
    block: Block | None  # the best capacity block on top of the best commitment
    spot: int  # machines of the average hour that interruptible work may have on spot
    notes: tuple[str, ...]

    @property
    def best(self) -> Option | None:
        """The offer of least expected cost, if it is below on-demand."""
        found = min(self.options, key=lambda option: option.expected, default=None)
        return found if found is not None and found.quantity and found.expected < self.on_demand else None


def checked(demand: NDArray[np.float64]) -> Demand:
    """Whole machines, rounded up. InputError for what is no demand."""
    if demand.ndim != 2 or not demand.size:
        raise InputError("demand: found no hours; allowed: at least one future with at least one hour")
    if not np.isfinite(demand).all() or demand.min() < 0:
        raise InputError("demand: found a number that is negative or not finite; allowed: machines from 0 on")
    if demand.max() > MOST_MACHINES:
        raise InputError(f"demand: found {demand.max():,.0f} machines; allowed: at most {MOST_MACHINES:,}")
    return np.ceil(demand - 1e-9).astype(np.int64)


def decide(
    demand: NDArray[np.float64], market: Market, *, spot_share: float = 0.0, step_hours: float = 1.0
) -> Decision:
    """Weighs the market's offers. `spot_share`: part of the work that may be interrupted, 0 to 1."""
    if not 0 <= spot_share <= 1:
        raise InputError(f"--spot-share: found {spot_share:g}; allowed: 0 to 1")
    wanted = checked(demand)
    firm = np.ceil(wanted * (1 - spot_share) - 1e-9).astype(np.int64)
    full = float(market.on_demand.amount)
    terms = [offer for offer in market.offers if offer.product != "capacity-block"]
    options = tuple(_weighed(firm, offer, full, step_hours) for offer in terms)
    base = min(options, key=lambda option: option.expected, default=None)
    held = base.quantity if base is not None and base.expected < firm.mean() * full else 0
    blocks = [offer for offer in market.offers if offer.product == "capacity-block"]
    found = [block for offer in blocks if (block := best_block(firm, held, offer, full, step_hours)) is not None]
    return Decision(
        market=market,
        hours=round(wanted.shape[1] * step_hours),
        demand={"mean": float(wanted.mean()), **{name: float(np.quantile(wanted, q)) for name, q in QUANTILES}},
        on_demand=float(firm.mean() * full),
        options=options,
        block=max(found, key=lambda block: block.saving, default=None),
        spot=round(float((wanted - firm).mean())),
        notes=tuple(_notes(wanted.shape[1] * step_hours, terms)),
    )


def _notes(hours: float, offers: list[Offer]) -> list[str]:
    longest = max((offer.days for offer in offers), default=0)
    if longest * 24 <= hours:
        return []
    told = f"demand is simulated for {hours / 24:g} days and counted as the same for terms of up to {longest}: "
    return [told + "a shrinking use would leave more idle than is shown"]


def _weighed(demand: Demand, offer: Offer, full: float, step_hours: float) -> Option:
    committed = float(offer.price)
    curve = cost_curve(demand, committed, full)
    quantity = allowed_quantity(curve, offer.quantities)
    most = int(demand.max())
    hours = demand.shape[1] * step_hours
    used = np.minimum(demand, quantity).sum(axis=1) * step_hours
    bought = quantity * hours
    return Option(
        offer=offer,
        ratio=committed / full,
        quantity=quantity,
        expected=float(committed * quantity + np.maximum(demand - quantity, 0).mean() * full),
        curve=curve,
        cost={
            "on-demand": _costs(demand, 0, committed, full, step_hours),
            "quantity": _costs(demand, quantity, committed, full, step_hours),
            "all": _costs(demand, most, committed, full, step_hours),
        },
        owed=quantity * committed * offer.days * 24,
        exposed=float((bought - np.quantile(used, 0.1)) * committed),
        utilisation={name: float(np.quantile(used / bought, q)) if bought else 0.0 for name, q in QUANTILES},
    )


def _costs(demand: Demand, quantity: int, committed: float, full: float, step_hours: float) -> dict[str, float]:
    each = (quantity * committed + np.maximum(demand - quantity, 0) * full).sum(axis=1) * step_hours
    return {name: float(np.quantile(each, q)) for name, q in QUANTILES}
