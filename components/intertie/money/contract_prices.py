"""Price files: the organisation's contract prices, and list prices that were fetched. One form for both.

    cloud,region,machine,kind,price,currency,unit,as_of,source
    aws,us-east-1,p5.48xlarge,on-demand,39.5,USD,hour,2026-10-01,enterprise agreement 4711
    aws,*,control-plane,service,0.08,USD,hour,2026-10-01,enterprise agreement 4711

`region` and `placement` may be `*`. `origin` is `contract` when it is not written; fetched files say `list`. What
stands in a description says `description`: a contract price without a day (`carried_prices` writes it).
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path

from intertie import catalog
from intertie.catalog.prices import service_prices
from intertie.errors import Problem
from intertie.money.amount import CURRENCY
from intertie.money.bounds import implausible, implausible_own
from intertie.money.files import read_text
from intertie.money.prices import ANYWHERE, CONTRACT, LIST, OwnPrice, Price
from intertie.money.table import Row, amount, currency, day, one_of, refuse, rows_in

REQUIRED = ("cloud", "machine", "price", "currency", "as_of")
OPTIONAL = ("region", "kind", "unit", "source", "origin", "placement", "note")
KINDS = ("on-demand", "spot", "odcr", "capacity-block", "crg", "azure-block", "reservation", "future-reservation",
         "flex-start", "service")  # fmt: skip
UNITS = ("hour", "vm-hour", "gib", "gib-month")
SERVICES = (
    "control-plane", "nat-gateway", "nat-data", "load-balancer", "load-balancer-data", "object-storage", "egress",
    "vpn-connection", "vpn-gateway", "vpn-tunnel", "image-registry", "disk-gp3", "disk-managed", "disk-pd-balanced",
    "disk-hyperdisk-balanced",
)  # fmt: skip
"""Names in the place of a machine type, with the kind `service`."""

DESCRIPTION = "description"
"""Origin of a contract price that stands in a description: it holds as long as it stands there, and so has no day."""

CHEAPEST = Decimal("0.0001")
"""Dollars of a machine-hour. A service may be free, a machine is not."""


def read_prices(paths: Iterable[Path], latest: date | None = None) -> tuple[OwnPrice, ...]:
    """The prices in some files, the first file's first. InputError with every line and column that is wrong."""
    return tuple(price for path in paths for price in read_file(path, latest))


def read_file(path: Path, latest: date | None = None) -> tuple[OwnPrice, ...]:
    """The prices in one file. `latest`: the last day that is not the future."""
    return prices_in(read_text(path, "a CSV file"), str(path), latest)


def prices_in(text: str, name: str, latest: date | None = None) -> tuple[OwnPrice, ...]:
    """The prices in the text of a file; `name` stands before the line of every problem."""
    problems: list[Problem] = []
    seen: dict[tuple[str, ...], int] = {}
    found: list[OwnPrice] = []
    for row in rows_in(text, name, REQUIRED, OPTIONAL):
        price = _price(row, Path(name).name, problems, latest)
        if price is None:
            continue
        key = (price.cloud, price.region, price.machine, price.kind, price.placement)
        if key in seen:
            problems.append(row.problem("machine", f"one price for it; line {seen[key]} has one already"))
        seen[key] = row.line
        found.append(price)
    refuse(name, problems)
    return tuple(found)


def _price(row: Row, name: str, problems: list[Problem], latest: date | None) -> OwnPrice | None:
    before = len(problems)
    cloud = one_of(row, "cloud", (*catalog.CLOUDS, "other"), problems)
    kind = one_of(row, "kind", KINDS, problems, "on-demand")
    unit = one_of(row, "unit", UNITS, problems, "hour")
    origin = one_of(row, "origin", (CONTRACT, LIST, DESCRIPTION), problems, CONTRACT)
    region, machine = row.text("region", ANYWHERE), row.text("machine")
    currency(row, "currency", problems)
    when = _day(row, origin, problems, latest)
    value = amount(row, "price", problems, least=Decimal(0) if kind == "service" else CHEAPEST)
    if origin != DESCRIPTION:  # which has been checked, and prices machines of adopted clusters that no catalogue has
        _check_names(row, cloud, region, kind, problems)
    if kind != "service" and unit != "hour":
        problems.append(row.problem("unit", "hour, for a machine"))
    if len(problems) > before or value is None or when is None:
        return None
    if kind != "service" and (why := _why_not(origin, cloud, region, machine, kind, value)):
        problems.append(
            row.problem("price", f"a price that can be true; this is {why}", "is it of an hour, in dollars?")
        )
        return None
    source, told = row.text("source", name), CONTRACT if origin == DESCRIPTION else origin
    made = Price(value, unit, kind, source, when, told, row.text("note"), CURRENCY)
    return OwnPrice(cloud, region, machine, kind, made, row.text("placement", ANYWHERE))


def _day(row: Row, origin: str, problems: list[Problem], latest: date | None) -> str | None:
    """The ISO day of a price; "" of one that stands in a description, which has none."""
    if origin != DESCRIPTION:
        when = day(row, "as_of", problems, latest=latest)
        return when.isoformat() if when is not None else None
    if row.text("as_of"):
        problems.append(row.problem("as_of", f"nothing, with the origin `{DESCRIPTION}`"))
    if row.text("placement", ANYWHERE) == ANYWHERE:
        problems.append(row.problem("placement", f"the name of a placement, with the origin `{DESCRIPTION}`"))
    return ""


def _why_not(origin: str, cloud: str, region: str, machine: str, kind: str, value: Decimal) -> str:  # noqa: PLR0917
    if origin == LIST:
        return implausible(cloud, region, machine, kind, value)
    return implausible_own(cloud, machine, value)


def _check_names(row: Row, cloud: str, region: str, kind: str, problems: list[Problem]) -> None:
    """A misspelt name would be a price that is never used."""
    machine = row.text("machine")
    if kind == "service":
        known = {price.service for price in service_prices()} | set(SERVICES)
        if machine not in known:
            problems.append(row.problem("machine", f"with the kind `service`: {', '.join(sorted(known))}"))
    elif cloud in catalog.CLOUDS:
        try:
            catalog.machine(cloud, machine)
        except KeyError:
            problems.append(
                row.problem("machine", f"a machine type of {cloud}", "intertie catalog machines lists them")
            )
    if cloud in catalog.CLOUDS and region != ANYWHERE and region not in {each.name for each in catalog.regions(cloud)}:
        problems.append(row.problem("region", f"a region of {cloud}, or *", "intertie catalog regions lists them"))
