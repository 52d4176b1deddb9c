"""Whether a price can be true. Public catalogues hold slips: a cheaper part's price, a placeholder, a month's sum.

Held against the catalogue's own prices of the machine type over all regions. Prices there lie between 0.77 and 1.6 of
their median; slips that were found (an H100 at 4.20 instead of 9.80, a placeholder of 700) lie outside of 0.6 to 2.1.
"""

from decimal import Decimal
from functools import cache
from statistics import median

from intertie import catalog
from intertie.catalog import prices

LEAST, MOST = Decimal("0.6"), Decimal("2.1")
"""Of the machine type's median: outside, a list price is not taken."""

LEAST_OWN, MOST_OWN = Decimal("0.05"), Decimal(5)
"""The same for an organisation's own price: discounts are deep, but a month's price is 730 times an hour's."""

LEAST_SPOT, MOST_SPOT = Decimal("0.02"), Decimal("1.05")
"""Spot as a share of on-demand in the same region."""


@cache
def usual(cloud: str, machine: str) -> Decimal | None:
    """Median on-demand price over regions; else of machines with the same accelerator, by their number of it."""
    found = [row.usd_per_hour for row in _of(cloud) if row.machine == machine]
    if found:
        return median(found)
    try:
        known = catalog.machine(cloud, machine)
    except KeyError:
        return None
    if known.accelerator is None:
        return None
    each = [
        row.usd_per_hour / other.count
        for row in _of(cloud)
        if (other := _machine(cloud, row.machine)) is not None and other.accelerator == known.accelerator
    ]
    return median(each) * known.count if each else None


@cache
def _of(cloud: str) -> tuple[prices.ListPrice, ...]:
    return tuple(row for row in prices.list_prices() if (row.cloud, row.kind) == (cloud, "on-demand"))


def _machine(cloud: str, name: str) -> catalog.Machine | None:
    try:
        return catalog.machine(cloud, name)
    except KeyError:
        return None


def implausible(cloud: str, region: str, machine: str, kind: str, amount: Decimal) -> str:
    """Why a list price cannot be true; "" when it can, or when there is nothing to hold it against."""
    if amount <= 0:
        return "not above 0"
    if kind == "spot":
        row = prices.list_price(cloud, region, machine)
        full = row.usd_per_hour if row is not None else usual(cloud, machine)
        return _outside(amount, full, (LEAST_SPOT, MOST_SPOT), "the on-demand price")
    return _outside(amount, usual(cloud, machine), (LEAST, MOST), "what the machine type costs elsewhere")


def implausible_own(cloud: str, machine: str, amount: Decimal) -> str:
    """Why a contract price cannot be true; "" when it can."""
    return _outside(amount, usual(cloud, machine), (LEAST_OWN, MOST_OWN), "the list price")


def _outside(amount: Decimal, against: Decimal | None, band: tuple[Decimal, Decimal], what: str) -> str:
    if against is None or band[0] * against <= amount <= band[1] * against:
        return ""
    return f"{float(amount / against):.3g} times {what} ({against:f})"
