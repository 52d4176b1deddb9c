"""What a ledger shows that somebody should look at: expiry, overlap, idle money, prices above today's list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations

from intertie.money.ledger.balance import Account, Balance, place_of
from intertie.money.ledger.entries import DISCOUNTS, text_of
from intertie.money.prices import PriceBook

SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. kind: expires | ended | overlap | idle | dear | unpriced."""

    kind: str
    id: str
    text: str


def break_even(account: Account, book: PriceBook) -> Decimal | None:
    """Share of the time that it must be used to cost no more than on-demand would; None without a list price."""
    commitment = account.commitment
    listed = book.machine(*place_of(commitment))
    return commitment.price / listed.amount if listed is not None else None


def findings(balance: Balance, book: PriceBook, until: datetime | None = None) -> tuple[Finding, ...]:
    """Everything worth a look, in the order of the ledger. `until`: how long the stack shall stand."""
    found = [each for account in balance.accounts for each in _of(account, balance.at, book, until)]
    return (*found, *_overlaps(balance))


def _of(account: Account, at: datetime, book: PriceBook, until: datetime | None) -> Iterator[Finding]:
    commitment, end = account.commitment, account.end
    if end is not None and until is not None and commitment.start <= at < end < until:
        text = f"expires on {text_of(end)}, before the stack's end on {text_of(until)}"
        yield Finding("expires", commitment.id, text)
    elif end is not None and at < end <= at + SOON:
        yield Finding("expires", commitment.id, f"expires on {text_of(end)}")
    elif end is not None and end <= at and until is not None and at < until:
        yield Finding("ended", commitment.id, f"ended on {text_of(end)}; the stack stands until {text_of(until)}")
    needed, used = break_even(account, book), account.utilisation
    if needed is None:
        yield Finding(
            "unpriced", commitment.id, "no list price of its machine type is known: no break-even, no benchmark"
        )
        return
    if needed > 1:
        yield Finding("dear", commitment.id, f"costs {needed:.2f} times today's list price")
    elif used is not None and used < needed:
        text = f"used {used:.0%} of the time, pays from {needed:.0%} on; idle so far: ${account.dollars('idle'):,.2f}"
        yield Finding("idle", commitment.id, text)


def _overlaps(balance: Balance) -> Iterator[Finding]:
    """Two that hold machines of one type in one region at the same time, while one of them stands idle."""
    for one, other in combinations(balance.accounts, 2):
        a, b = one.commitment, other.commitment
        if place_of(a) != place_of(b) or (a.kind in DISCOUNTS) != (b.kind in DISCOUNTS):
            continue
        start = max(a.start, b.start)
        ends = [each for each in (one.end, other.end) if each is not None]
        end = min(ends, default=None)
        if (end is None or start < end) and (one.idle > 0 or other.idle > 0):
            until = f" until {text_of(end)}" if end is not None else ""
            yield Finding(
                "overlap", a.id, f"overlaps with {b.id} from {text_of(start)}{until}, and machines stand idle"
            )
