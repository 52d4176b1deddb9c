"""What is committed to, against the nodes that run: used, and paid for nothing, at this moment.

What is held comes from the description (reserved steps of the ladders) or from a ledger, which also knows discounts
that hold no machines. A node is counted once on reservations and once on discounts, on what ends first before others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from intertie.errors import InputError
from intertie.money.exporter.snapshot import Commitment
from intertie.money.guard.meter import NodeCost
from intertie.money.ledger.balance import balance_of
from intertie.money.ledger.entries import DISCOUNTS, Entry
from intertie.money.prices import PriceBook
from intertie.money.quantities import PAID_ANYWAY
from intertie.plan import Plan


@dataclass(frozen=True, slots=True)
class Held:
    """Machines that are paid for whether they run or not. `usd_per_hour` is of one machine; None: unknown."""

    name: str
    kind: str
    region: str
    machine: str
    quantity: int
    usd_per_hour: float | None = None


def held_by(plan: Plan) -> tuple[Held, ...]:
    """The reserved steps of a plan's ladders. Their price is asked from the price book when it is needed."""
    return tuple(
        Held(
            str(getattr(pool.claim, "id", None) or getattr(pool.claim, "name", None) or pool.name),
            pool.kind,
            plan.region,
            pool.machine,
            pool.max_nodes,
        )
        for pool in plan.pools
        if pool.kind in PAID_ANYWAY and not pool.retiring and pool.max_nodes > 0
    )


def held_in(entries: Sequence[Entry], cloud: str, at: datetime) -> tuple[Held, ...]:
    """What a ledger has for a cloud at a moment, in the order in which it is used: what ends first, first."""
    accounts = [
        account
        for account in balance_of(entries, at).accounts
        if account.commitment.cloud == cloud
        and account.commitment.start <= at
        and (account.end is None or at < account.end)
    ]
    accounts.sort(key=lambda account: (account.end is None, account.end or at, account.commitment.id))
    made = [account.commitment for account in accounts]
    return tuple(Held(one.id, one.kind, one.region, one.machine, one.quantity, float(one.price)) for one in made)


def priced(held: Iterable[Held], cloud: str, placement: str, book: PriceBook) -> tuple[Held, ...]:
    """With prices from the book where none is known yet."""
    return tuple(one if one.usd_per_hour is not None else _priced(one, cloud, placement, book) for one in held)


def _priced(one: Held, cloud: str, placement: str, book: PriceBook) -> Held:
    price = book.machine(cloud, one.region, one.machine, one.kind, placement)
    return replace(one, usd_per_hour=float(price.amount)) if price is not None else one


def in_use(held: Sequence[Held], nodes: Sequence[NodeCost]) -> tuple[Commitment, ...]:
    """How much of each is used by the nodes that run now, in the order of `held`.

    Machines that a reservation holds are used by nodes of its kind. A discount is used by every node of its machine
    type that is not on spot, on top of what reservations of its own kind hold.
    """
    running: dict[tuple[str, str, str], int] = {}
    for node in nodes:
        key = (node.region, node.machine, node.kind)
        running[key] = running.get(key, 0) + 1
    billed = dict(running)  # nodes that a discount may still be put on
    out = []
    for one in held:
        left = billed if one.kind in DISCOUNTS else running
        keys = [key for key in left if key[:2] == (one.region, one.machine) and _fits(one.kind, key[2])]
        taken = _take(left, keys, one.quantity)
        idle = (one.quantity - taken) * one.usd_per_hour if one.usd_per_hour is not None else None
        out.append(Commitment(one.name, one.kind, taken / one.quantity, idle))
    return tuple(out)


def _fits(kind: str, of_node: str) -> bool:
    return of_node != "spot" if kind in DISCOUNTS else of_node == kind


def _take(left: dict[tuple[str, str, str], int], keys: Iterable[tuple[str, str, str]], most: int) -> int:
    taken = 0
    for key in keys:
        part = min(left[key], most - taken)
        left[key] -= part
        taken += part
    return taken


def read_held(rows: Any, where: str) -> tuple[Held, ...]:
    """From plain data, as it stands in the facts of a cluster. Raises `InputError` for anything else."""
    try:
        return tuple(_held(row) for row in rows)
    except (TypeError, ValueError, KeyError) as error:
        raise InputError(
            f"{where}: commitments cannot be read: {error}; allowed: a list of name, kind, region, machine, quantity"
        ) from None


def _held(row: Mapping[str, Any]) -> Held:
    texts = [str(row[name]) for name in ("name", "kind", "region", "machine")]
    quantity = row["quantity"]
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= 100_000:
        raise ValueError(f"quantity {quantity!r}")
    return Held(texts[0], texts[1], texts[2], texts[3], quantity)
