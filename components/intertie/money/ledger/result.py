"""A balance as plain data: `intertie.ledger/v1`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from intertie.money.amount import CURRENCY, number
from intertie.money.ledger.balance import SECONDS, Account, Balance
from intertie.money.ledger.checks import break_even, findings
from intertie.money.ledger.entries import Entry, text_of
from intertie.money.prices import PriceBook
from intertie.money.serialize import price_json


def ledger_json(entries: Sequence[Entry], balance: Balance, book: PriceBook, until: datetime | None) -> dict[str, Any]:
    return {
        "schema": "intertie.ledger/v1",
        "entries": len(entries),
        "last_hash": entries[-1].hash if entries else "",
        "at": text_of(balance.at),
        "currency": CURRENCY,
        "commitments": [_account(account, book) for account in balance.accounts],
        "places": [_place(balance, place) for place in balance.places()],
        "total": _amounts(
            lambda name: sum((_shown(account.dollars(name)) for account in balance.accounts), Decimal(0))
        ),
        "findings": [{"kind": each.kind, "id": each.id, "text": each.text} for each in findings(balance, book, until)],
    }


def _amounts(of: Callable[[str], Decimal]) -> dict[str, float]:
    """Billed, used and idle to the millionth, which add up as they are shown."""
    billed, used = _shown(of("billed")), _shown(of("used"))
    return {"billed": float(billed), "used": float(used), "idle": float(billed - used)}


def _shown(amount: Decimal) -> Decimal:
    return round(amount, 6)


def _account(account: Account, book: PriceBook) -> dict[str, Any]:
    made, term = account.commitment, account.whole_term()
    listed = book.machine(made.cloud, made.region, made.machine)
    needed = break_even(account, book)
    return {
        "id": made.id,
        "kind": made.kind,
        "cloud": made.cloud,
        "region": made.region,
        "machine": made.machine,
        "quantity": made.quantity,
        "price": float(made.price),
        "start": text_of(made.start),
        "end": text_of(account.end) if account.end is not None else None,
        "upfront": made.upfront,
        "note": made.note or None,
        "hours": _amounts(account.hours),
        "usd": _amounts(account.dollars),
        "term_usd": number(term) if term is not None else None,
        "utilisation": _share(account.utilisation),
        "break_even": _share(needed),
        "benchmark": price_json(listed) if listed is not None else None,
        "saved_usd": number(account.used / SECONDS * listed.amount - account.dollars("billed")) if listed else None,
    }


def _place(balance: Balance, place: tuple[str, str, str]) -> dict[str, Any]:
    used = balance.use.get(place, Decimal(0))
    covered = balance.covered.get(place, Decimal(0))
    return {
        "cloud": place[0],
        "region": place[1],
        "machine": place[2],
        "hours": {
            "use": number(used / SECONDS),
            "covered": number(covered / SECONDS),
            "on_demand": number(balance.on_demand(place) / SECONDS),
        },
        "coverage": _share(balance.coverage(place)),
    }


def _share(value: Decimal | None) -> float | None:
    return number(value) if value is not None else None
