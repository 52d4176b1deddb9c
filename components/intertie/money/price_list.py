"""All prices that are known, as one list: machines, services, commitments, and the organisation's own instead."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from intertie import catalog
from intertie.catalog import prices
from intertie.money.amount import CURRENCY
from intertie.money.prices import ANYWHERE, OwnPrice, PriceBook


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the list is wanted; None is everything."""

    cloud: str | None = None
    machine: str | None = None
    region: str | None = None
    accelerator: str | None = None
    kind: str | None = None

    def takes(self, cloud: str, machine: str, region: str, kind: str) -> bool:
        """Whether a price is wanted. What holds in all regions is wanted in each."""
        if self.accelerator is not None and machine not in _with(cloud, self.accelerator):
            return False
        return (
            self.cloud in (None, cloud)
            and self.machine in (None, machine)
            and (self.region in (None, region) or region == ANYWHERE)
            and self.kind in (None, kind)
        )


def _with(cloud: str, accelerator: str) -> set[str]:
    return {row.name for row in catalog.machines(cloud, accelerator)}


KINDS = ("on-demand", "spot", "service", "reserved-instance", "committed-use", "capacity-block")


def price_list(book: PriceBook, wanted: Filter) -> list[dict[str, Any]]:
    """Rows with `price` in `currency` per `unit` (or `share_of_on_demand`), and its `source` and `as_of`."""
    return [*_machines(book, wanted), *_services(book, wanted), *_commitments(wanted)]


def _machines(book: PriceBook, wanted: Filter) -> Iterator[dict[str, Any]]:
    listed = {(row.cloud, row.machine, row.region, row.kind) for row in prices.list_prices()}
    own = [row for row in book.own if row.kind != "service"]
    places = [(row.cloud, row.machine, row.region, row.kind) for row in prices.list_prices()]
    places += [place for row in own if (place := (row.cloud, row.machine, row.region, row.kind)) not in listed]
    for cloud, machine, region, kind in dict.fromkeys(places):
        if wanted.takes(cloud, machine, region, kind):
            price = book.machine(cloud, region, machine, kind)
            if price is not None:
                yield _row(cloud, machine, region, kind, price)


def _services(book: PriceBook, wanted: Filter) -> Iterator[dict[str, Any]]:
    own = [row for row in book.own if row.kind == "service"]
    replaced = {(row.cloud, row.machine, row.region) for row in own}
    for row in prices.service_prices():
        if (row.cloud, row.service, row.region) in replaced or not _wants_service(wanted, row.cloud, row.region):
            continue
        yield {
            "cloud": row.cloud, "machine": row.service, "region": row.region, "kind": "service",
            "price": float(row.usd), "currency": CURRENCY, "unit": row.unit, "origin": "list",
            "from_quantity": float(row.least) if row.least is not None else None, "note": row.note,
            "source": row.fact.source, "as_of": row.fact.as_of,
        }  # fmt: skip
    yield from (_own(row) for row in own if _wants_service(wanted, row.cloud, row.region))


def _wants_service(wanted: Filter, cloud: str, region: str) -> bool:
    return wanted.accelerator is None and wanted.machine is None and wanted.takes(cloud, "", region, "service")


def _own(row: OwnPrice) -> dict[str, Any]:
    return _row(row.cloud, row.machine, row.region, row.kind, row.price)


def _row(cloud: str, machine: str, region: str, kind: str, price: Any) -> dict[str, Any]:
    return {
        "cloud": cloud, "machine": machine, "region": region, "kind": kind, "price": float(price.amount),
        "currency": price.currency, "unit": price.unit, "origin": price.origin, "note": price.note,
        "source": price.source, "as_of": price.as_of,
    }  # fmt: skip


def _commitments(wanted: Filter) -> Iterator[dict[str, Any]]:
    for row in prices.commitment_prices():
        machine = row.machine or f"{row.family}*"
        regions: Iterable[str] = row.regions or (ANYWHERE,)
        for region in regions:
            if not wanted.takes(row.cloud, machine, region, row.product):
                continue
            yield {
                "cloud": row.cloud, "machine": machine, "region": region, "kind": row.product,
                "price": float(row.usd_per_hour) if row.usd_per_hour is not None else None,
                "share_of_on_demand": float(row.share) if row.share is not None else None,
                "days": row.days or None, "payment": row.payment, "currency": CURRENCY, "unit": "hour",
                "origin": "list", "note": row.note, "source": row.fact.source, "as_of": row.fact.as_of,
            }  # fmt: skip
