"""Fetch, hold against what can be true, write atomically."""

import csv
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from intertie.errors import InputError
from intertie.money.amount import CURRENCY
from intertie.money.bounds import implausible
from intertie.money.files import replace_file
from intertie.money.refresh import aws, azure, gcp
from intertie.money.refresh.found import FoundPrice
from intertie.money.refresh.http import Sleep
from intertie.money.refresh.wanted import Wanted

COLUMNS = ("cloud", "region", "machine", "kind", "price", "currency", "unit", "as_of", "source", "origin")


@dataclass(frozen=True, slots=True)
class Bases:
    """Where the price lists are. Tests put servers of their own in their place."""

    aws: str = aws.BASE
    azure: str = azure.BASE
    gcp: str = gcp.BASE


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of it."""

    file: str
    taken: int
    refused: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"schema": "intertie.refresh/v1", "file": self.file, "taken": self.taken, "refused": list(self.refused)}


def refresh(
    file: Path, wanted: Wanted, today: date, bases: Bases | None = None, sleep: Sleep = time.sleep
) -> Refreshed:
    """Writes the prices that can be true to `file`. OutsideError, and the file as it was, when a list cannot be had."""
    taken: dict[tuple[str, str, str, str], FoundPrice] = {}
    refused: list[str] = []
    for price in _found(wanted, bases or Bases(), sleep):
        why = implausible(price.cloud, price.region, price.machine, price.kind, price.amount)
        if why:
            refused.append(f"{price.cloud} {price.region} {price.machine} {price.kind} {price.amount:f}: {why}")
            continue
        key = (price.cloud, price.region, price.machine, price.kind)
        other = taken.get(key)
        if other is not None and other.amount != price.amount:
            refused.append(f"{price.cloud} {price.region} {price.machine} {price.kind}: {other.amount:f} and "
                           f"{price.amount:f}; the lower is taken")  # fmt: skip
        if other is None or price.amount < other.amount:
            taken[key] = price
    if not taken:
        raise InputError("no price was found for these clouds, regions and machine types; nothing is written")
    replace_file(file, _text(taken, today))
    return Refreshed(str(file), len(taken), tuple(refused))


def _found(wanted: Wanted, bases: Bases, sleep: Sleep) -> Iterator[FoundPrice]:
    for cloud in wanted.clouds():
        machines, regions = wanted.machines(cloud), wanted.regions(cloud)
        if cloud == "gcp":
            yield from gcp.prices(frozenset(regions), machines, sleep, bases.gcp)
        for region in regions if cloud != "gcp" else ():
            source = aws.prices if cloud == "aws" else azure.prices
            yield from source(region, machines, sleep, bases.aws if cloud == "aws" else bases.azure)


def _text(prices: dict[tuple[str, str, str, str], FoundPrice], today: date) -> str:
    out = StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for key in sorted(prices):
        each = prices[key]
        table.writerow((each.cloud, each.region, each.machine, each.kind, f"{each.amount:f}", CURRENCY, "hour",
                        today.isoformat(), each.source, "list"))  # fmt: skip
    return out.getvalue()
