"""Contract prices that a cluster is given, so that its guard and exporter meter with what the organisation pays.

    carried(plan, "aws", text_of_contract_csv)   →  a price file of this placement's machines alone; "" without any

Prices are confidential. What the placement cannot use is left out: other clouds, regions and placements, services.
"""

import csv
import io
from collections.abc import Iterable

from intertie.errors import InputError
from intertie.money.contract_prices import DESCRIPTION, prices_in
from intertie.money.placement_prices import placement_prices
from intertie.money.prices import ANYWHERE, CONTRACT, OwnPrice
from intertie.plan import Plan

LARGEST = 512 * 1024
"""Bytes. Kubernetes takes no ConfigMap above 1 MiB; the rest is left for what else stands on the object."""

COLUMNS = ("cloud", "region", "machine", "kind", "price", "currency", "unit", "as_of", "source", "origin", "placement")


def carried(plan: Plan, cloud: str, text: str = "", name: str = "contract prices") -> str:
    """The prices of the placement, then those of a price file that hold for it, as one price file (CSV).

    `cloud`: whose machines run there. Fetched list prices are not carried: they age, and the image has its own.
    InputError with line and column for what cannot be meant, and for more than fits into a cluster.
    """
    stated = placement_prices(plan)
    known = {(row.machine, row.kind) for row in stated}
    filed = [
        row
        for row in (prices_in(text, name) if text else ())
        if row.price.origin == CONTRACT
        and (row.cloud, row.kind == "service") == (cloud, False)
        and row.region in (plan.region, ANYWHERE)
        and row.placement in (plan.placement, ANYWHERE)
        and (row.machine, row.kind) not in known
    ]
    made = _csv([*(_of_description(row, cloud) for row in stated), *(_of_file(row) for row in filed)])
    if len(made.encode()) > LARGEST:
        found = f"{len(filed):,} prices that hold for {plan.placement} are {len(made.encode()):,} bytes"
        hint = "name the machine types that the placement can have, or shorten `source`"
        raise InputError(f"{name}: {found}; allowed: {LARGEST:,} bytes in a cluster\n  → {hint}")
    return made


def _of_description(row: OwnPrice, cloud: str) -> tuple[str, ...]:
    """In every region: it holds for the placement, whatever its nodes say of where they are."""
    price = row.price
    return (cloud, ANYWHERE, row.machine, row.kind, f"{price.amount:f}", price.currency, price.unit, "",
            price.source, DESCRIPTION, row.placement)  # fmt: skip


def _of_file(row: OwnPrice) -> tuple[str, ...]:
    price = row.price
    return (row.cloud, row.region, row.machine, row.kind, f"{price.amount:f}", price.currency, price.unit, price.as_of,
            price.source, CONTRACT, row.placement)  # fmt: skip


def _csv(rows: Iterable[tuple[str, ...]]) -> str:
    found = list(rows)
    if not found:
        return ""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([COLUMNS, *found])
    return out.getvalue()
