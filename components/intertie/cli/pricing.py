"""What the money commands share: the price book of a command, and a word about old prices."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from intertie.cli.output import talk
from intertie.money import Cost, PriceBook
from intertie.money.contract_prices import read_prices
from intertie.money.prices import CONTRACT, STALE_DAYS

Prices = Annotated[
    list[Path] | None,
    typer.Option(
        "--prices",
        help="Your own contract prices, or list prices that were fetched: CSV with cloud, region, machine, kind, "
        "price, currency, unit, as_of, source. May be given several times; the first file that has a price wins.",
    ),
]


def price_book(files: list[Path] | None) -> PriceBook:
    """The catalogue's prices with those of the files in front."""
    return PriceBook(own=read_prices(files or ()))


def today() -> date:
    return datetime.now(UTC).date()


def warn_of_age(costs: Iterable[Cost]) -> None:
    """Says on stderr which of the prices that are used are old: the data stay the same from day to day."""
    old = sorted(
        {
            f"{line.what} ({line.price.as_of})"
            for cost in costs
            for line in cost.lines
            if line.price is not None
            and line.quantity.highest > 0
            and line.price.origin != CONTRACT
            and line.price.stale(today())
        }
    )
    if old:
        shown = "; ".join(old[:6]) + (f"; and {len(old) - 6} more" if len(old) > 6 else "")
        talk(
            f"note: {len(old)} prices are older than {STALE_DAYS} days: {shown}\n"
            "  → intertie catalog prices --refresh FILE"
        )
