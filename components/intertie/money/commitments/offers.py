"""What a machine type can be had for: on demand, spot, and each product and term with a known price."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from intertie.catalog import prices as catalog
from intertie.errors import InputError
from intertie.money.prices import Price, PriceBook

_DAYS, _AMOUNT = re.compile(r"[0-9]{1,5}"), re.compile(r"[0-9]{1,6}(\.[0-9]{1,12})?")
_LONGEST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Offer:
    """A commitment that can be priced. `ratio` is its price over on-demand."""

    product: str
    days: int
    price: Decimal  # dollars per machine-hour
    quantities: tuple[int, ...]  # () = any
    ahead_days: int
    upfront: bool
    cancellable: bool
    source: str
    as_of: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Market:
    """One machine type in one region. `unpriced`: products that exist and have no known price."""

    cloud: str
    region: str
    machine: str
    on_demand: Price
    spot: Decimal | None
    offers: tuple[Offer, ...]
    unpriced: tuple[str, ...]


def market_of(cloud: str, region: str, machine: str, book: PriceBook, own: Iterable[Offer] = ()) -> Market:
    """What can be had there. `own`: offers that the organisation got. InputError without an on-demand price."""
    on_demand = book.machine(cloud, region, machine)
    if on_demand is None:
        raise InputError(
            f"no source has an on-demand price of {machine} in {cloud} {region}: there is nothing to weigh against\n"
            "  → give your own in a file with --prices"
        )
    spot = book.spot_range(cloud, region, machine)
    offers, unpriced = list(own), []
    for product in catalog.capacity_products(cloud):
        if product.price == "on-demand" or not _of_family(product.families, machine):
            continue
        found = [offer for row in _prices(product, region, machine) if (offer := _offer(product, row, on_demand))]
        named = any(offer.product == product.product for offer in offers)
        offers += [] if named else found
        if not found and not named:
            unpriced.append(f"{product.product}: no source has its price of {machine} in {region}")
    chosen = tuple(sorted(offers, key=lambda offer: (offer.product, offer.days)))
    return Market(cloud, region, machine, on_demand, spot.likely if spot else None, chosen, tuple(unpriced))


def family(machine: str) -> str:
    """`p5` of p5.48xlarge, `a3-highgpu` of a3-highgpu-8g."""
    return machine.partition(".")[0] if "." in machine else machine.rpartition("-")[0]


def _of_family(families: tuple[str, ...], machine: str) -> bool:
    return not families or family(machine) in families or any(machine.startswith(f"{name}-") for name in families)


def _prices(product: catalog.CapacityProduct, region: str, machine: str) -> list[catalog.CommitmentPrice]:
    """Rows for the machine, of one term the newest."""
    newest: dict[int, catalog.CommitmentPrice] = {}
    for row in catalog.commitment_prices():
        fits = row.machine == machine if row.machine else row.family == family(machine)
        if (row.cloud, row.product) != (product.cloud, product.product) or not fits:
            continue
        if row.regions and region not in row.regions:
            continue
        if row.days not in newest or row.fact.as_of > newest[row.days].fact.as_of:
            newest[row.days] = row
    return list(newest.values())


def _offer(product: catalog.CapacityProduct, row: catalog.CommitmentPrice, on_demand: Price) -> Offer | None:
    price = row.usd_per_hour if row.usd_per_hour is not None else (row.share or Decimal(0)) * on_demand.amount
    if price <= 0:
        return None
    return Offer(
        product=product.product,
        days=row.days or product.min_days,
        price=price,
        quantities=tuple(map(int, product.quantities)),
        ahead_days=product.ahead_days,
        upfront=product.upfront or row.payment == "all-upfront",
        cancellable=product.cancellable,
        source=row.fact.source,
        as_of=row.fact.as_of,
        note=row.note or product.note,
    )


def own_offer(text: str, cloud: str) -> Offer:
    """`reserved-instance:365:31.5` → an offer of that product, for that many days, at that price an hour."""
    known = {row.product: row for row in catalog.capacity_products(cloud) if row.price != "on-demand"}
    name, days, price = [*text.split(":"), "", ""][:3]
    product = known.get(name)
    if product is None:
        raise InputError(f"--offer {text}: found {name!r}; allowed on {cloud}: {', '.join(sorted(known))}")
    longest = product.max_days or _LONGEST_DAYS
    if not _DAYS.fullmatch(days) or not product.min_days <= int(days) <= longest:
        raise InputError(f"--offer {text}: found {days!r} days; allowed: {product.min_days} to {longest}")
    amount = Decimal(price) if _AMOUNT.fullmatch(price) else Decimal(0)
    if amount <= 0:
        raise InputError(f"--offer {text}: found {price!r}; allowed: dollars per machine-hour, such as 31.5")
    return Offer(name, int(days), amount, tuple(map(int, product.quantities)), product.ahead_days, product.upfront,
                 product.cancellable, "your own offer", "", product.note)  # fmt: skip
