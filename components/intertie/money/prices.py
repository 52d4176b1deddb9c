"""The price book: what a machine or service costs per unit, from whom that is known, and of which day.

    book = PriceBook()                                        # the catalogue's list prices
    book = PriceBook(own=read_prices([Path("contract.csv")])) # the organisation's own come first, and are marked
    book.machine("aws", "us-east-1", "p5.48xlarge")           # Price, or None: unknown, never 0
    book.machine("aws", "us-east-1", "g6.xlarge", "spot")
    book.service("aws", "us-east-1", "control-plane")
    book.find(cloud, region, machine, kind, placement=...)    # own prices of a placement come first of all

A `Price` always carries currency, unit, source and day. Prices of reserved kinds that are paid at the on-demand rate,
used or not (`odcr`, `crg`, `reservation`), are the on-demand price unless a price of their own is known. The other
reserved kinds and `flex-start` have prices of their own: unknown without one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from intertie.catalog import prices as catalog
from intertie.money.amount import CURRENCY, Range, exactly

AT_ON_DEMAND_RATE = frozenset({"odcr", "crg", "reservation"})
"""Reserved kinds that are billed like on-demand machines from their creation, used or not."""

STALE_DAYS = 180
"""A price that is older is shown with a warning. The clouds change accelerator prices several times a year."""

ANYWHERE = "*"
LIST, CONTRACT = "list", "contract"


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit costs. `origin` is `list`, or `contract`: the organisation's own."""

    amount: Decimal
    unit: str  # hour | vm-hour | gib | gib-month
    kind: str  # on-demand, spot, a reserved kind, or a service
    source: str
    as_of: str  # ISO date; "" for a contract price that stands in a description
    origin: str = LIST
    note: str = ""
    currency: str = CURRENCY

    def stale(self, today: date) -> bool:
        """Whether it is older than `STALE_DAYS`."""
        return bool(self.as_of) and (today - date.fromisoformat(self.as_of)).days > STALE_DAYS


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """One price of the organisation's contract. `region` and `placement` may be `*`."""

    cloud: str
    region: str
    machine: str  # a machine type, or the name of a service
    kind: str
    price: Price
    placement: str = ANYWHERE


@dataclass(frozen=True, slots=True)
class PriceBook:
    """List prices of the catalogue, with the organisation's own in front of them."""

    own: tuple[OwnPrice, ...] = ()
    """Contract prices, and list prices that were fetched later than the catalogue was made."""
    _index: dict[tuple[str, str, str], list[OwnPrice]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[tuple[str, str, str], list[OwnPrice]] = {}
        for row in self.own:
            index.setdefault((row.cloud, row.machine, row.kind), []).append(row)
        object.__setattr__(self, "_index", index)

    def with_own(self, more: Iterable[OwnPrice]) -> "PriceBook":
        """The book with further prices in front."""
        return PriceBook((*more, *self.own))

    def machine(
        self, cloud: str, region: str, machine: str, kind: str = "on-demand", placement: str = ANYWHERE
    ) -> Price | None:
        """Price of one machine for one hour, or None: unknown."""
        own = self._own(cloud, region, machine, kind, placement)
        if own is not None or kind in ("on-demand", "spot"):
            return _newer(own, self._list(cloud, region, machine, kind))
        if kind in AT_ON_DEMAND_RATE:
            return self.machine(cloud, region, machine, "on-demand", placement)
        if kind == "capacity-block":
            return block_price(cloud, region, machine)
        return None

    def spot_range(self, cloud: str, region: str, machine: str, placement: str = ANYWHERE) -> Range | None:
        """Price of a spot machine: as listed, as planned with, and at most. None: unknown.

        The listed price is the lowest of the zones at one moment. Planned with is the higher of it and what the month's
        average saving leaves; it is never above on-demand, where nobody would take it.
        """
        spot = self.machine(cloud, region, machine, "spot", placement)
        if spot is None:
            return None
        full = self.machine(cloud, region, machine, "on-demand", placement)
        if full is None or full.amount < spot.amount or spot.origin == CONTRACT:
            return exactly(spot.amount)
        risk = catalog.spot_risk(cloud, region, machine)
        average = full.amount * (100 - risk.savings_percent) / 100 if risk is not None else spot.amount
        return Range(spot.amount, min(max(spot.amount, average), full.amount), full.amount)

    def service(self, cloud: str, region: str, service: str, placement: str = ANYWHERE) -> Price | None:
        """Price of one unit of a service, at its first step, or None: unknown."""
        own = self._own(cloud, region, service, "service", placement)
        if own is not None:
            return own
        rows = catalog.service_price(cloud, region, service)
        if not rows:
            return None
        row = rows[0]
        return Price(row.usd, row.unit, service, row.fact.source, row.fact.as_of, note=row.note)

    def _own(self, cloud: str, region: str, machine: str, kind: str, placement: str) -> Price | None:
        """The most particular of the own prices: of the placement before all, of the region before everywhere.

        Of equally particular ones a contract wins over a list price, then the one that was given first.
        """
        found = [
            row
            for row in self._index.get((cloud, machine, kind), ())
            if row.region in (region, ANYWHERE) and row.placement in (placement, ANYWHERE)
        ]
        if not found:
            return None
        return min(found, key=lambda row: (row.price.origin != CONTRACT, row.placement == ANYWHERE,
                                           row.region == ANYWHERE)).price  # fmt: skip

    @staticmethod
    def _list(cloud: str, region: str, machine: str, kind: str) -> Price | None:
        row = catalog.list_price(cloud, region, machine, kind)
        if row is None:
            return None
        return Price(row.usd_per_hour, "hour", kind, row.fact.source, row.fact.as_of, note=row.note)


def _newer(own: Price | None, listed: Price | None) -> Price | None:
    """A price from the user's files before the catalogue's, unless it is a list price too, and an older one."""
    if own is None or listed is None or own.origin == CONTRACT:
        return own or listed
    return listed if listed.as_of > own.as_of else own


def block_price(cloud: str, region: str, machine: str) -> Price | None:
    """The published price of a capacity block. Blocks are priced by demand when bought: it is a reference, and old."""
    for row in catalog.commitment_prices():
        if (row.cloud, row.product, row.machine) == (cloud, "capacity-block", machine) and region in row.regions:
            assert row.usd_per_hour is not None
            note = "a reference: blocks are priced by demand on the day they are bought"
            return Price(row.usd_per_hour, "hour", "capacity-block", row.fact.source, row.fact.as_of, note=note)
    return None
