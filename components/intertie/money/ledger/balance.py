"""Commitments against use, counted in machine-seconds with all their digits, and in dollars to the million-millionth.
So the identities hold exactly:

    billed = used + idle             per commitment, in hours and in dollars
    use = covered + on demand        per place
    sum of the accounts = the whole

Use is put on commitments hour for hour: those that end first are used up first, then the cheaper ones. A machine that
ran once is counted once, however many commitments it could be put on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal, localcontext
from itertools import pairwise

from intertie.money.ledger.entries import Cancellation, Commitment, Entry, Use

SECONDS = Decimal(3600)
WIDE = Context(prec=80)
"""More digits than machines, times and prices have together: sums and products are never rounded."""
_FINEST = Decimal("1e-12")
Place = tuple[str, str, str]


@dataclass(slots=True)
class Account:
    """One commitment up to a moment. Machine-seconds; dollars follow from them."""

    commitment: Commitment
    end: datetime | None  # with its cancellation
    billed: Decimal = Decimal(0)
    used: Decimal = Decimal(0)

    @property
    def idle(self) -> Decimal:
        return WIDE.subtract(self.billed, self.used)

    def hours(self, name: str) -> Decimal:
        """`billed`, `used` or `idle`, in machine-hours."""
        return getattr(self, name) / SECONDS

    def dollars(self, name: str) -> Decimal:
        """The same in dollars. A second is no decimal part of an hour: what is idle is what the two others leave."""
        if name == "idle":
            return WIDE.subtract(self.dollars("billed"), self.dollars("used"))
        amount = WIDE.divide(WIDE.multiply(getattr(self, name), self.commitment.price), SECONDS)
        return WIDE.quantize(amount, _FINEST)

    @property
    def utilisation(self) -> Decimal | None:
        """Share of what is paid for that is used; None before it begins."""
        return self.used / self.billed if self.billed else None

    def whole_term(self) -> Decimal | None:
        """Dollars over the whole term; None without an end."""
        if self.end is None:
            return None
        seconds = _seconds(self.commitment.start, self.end)
        return max(Decimal(0), seconds) * self.commitment.quantity * self.commitment.price / SECONDS


@dataclass(slots=True)
class Balance:
    """All commitments up to a moment, and the use that none of them covers."""

    at: datetime
    accounts: list[Account]
    use: dict[Place, Decimal] = field(default_factory=dict)  # machine-seconds
    covered: dict[Place, Decimal] = field(default_factory=dict)

    def on_demand(self, place: Place) -> Decimal:
        return WIDE.subtract(self.use.get(place, Decimal(0)), self.covered.get(place, Decimal(0)))

    def coverage(self, place: Place) -> Decimal | None:
        """Share of the use that commitments cover; None without use."""
        used = self.use.get(place, Decimal(0))
        return self.covered.get(place, Decimal(0)) / used if used else None

    def places(self) -> list[Place]:
        every = {place_of(account.commitment) for account in self.accounts} | set(self.use)
        return sorted(every)


def place_of(data: Commitment | Use) -> Place:
    return data.cloud, data.region, data.machine


def _seconds(start: datetime, end: datetime) -> Decimal:
    span = end - start
    return Decimal(span.days * 86_400 + span.seconds) + Decimal(span.microseconds) / 1_000_000


def balance_of(entries: Iterable[Entry], at: datetime) -> Balance:
    """Billed, used and idle of every commitment from its start to `at`."""
    data = [entry.data for entry in entries]
    cancelled = {each.id: each.at for each in data if isinstance(each, Cancellation)}
    accounts = [_account(each, cancelled.get(each.id)) for each in data if isinstance(each, Commitment)]
    balance = Balance(at, accounts)
    uses = [each for each in data if isinstance(each, Use) and each.start < at]
    with localcontext(WIDE):
        for place in sorted({place_of(each) for each in [*(a.commitment for a in accounts), *uses]}):
            mine = [account for account in accounts if place_of(account.commitment) == place]
            _settle(balance, place, mine, [each for each in uses if place_of(each) == place])
    return balance


def _account(commitment: Commitment, cancelled: datetime | None) -> Account:
    ends = [each for each in (commitment.end, cancelled) if each is not None]
    return Account(commitment, min(ends, default=None))


def _settle(balance: Balance, place: Place, accounts: Sequence[Account], uses: Sequence[Use]) -> None:
    """Goes through time from change to change: between two of them everything is constant."""
    changes = _changes(uses)
    edges = {*changes, *(account.commitment.start for account in accounts), balance.at}
    edges |= {account.end for account in accounts if account.end is not None}
    order = sorted(accounts, key=_rank)
    running = used = covered = Decimal(0)
    for start, end in pairwise(sorted(each for each in edges if each <= balance.at)):
        running += changes.get(start, Decimal(0))
        length, left = _seconds(start, end), running
        used += running * length
        for account in order:
            if account.commitment.start > start or (account.end is not None and account.end < end):
                continue
            taken = min(left, Decimal(account.commitment.quantity))
            account.billed += account.commitment.quantity * length
            account.used += taken * length
            covered += taken * length
            left -= taken
    balance.use[place], balance.covered[place] = used, covered


def _changes(uses: Sequence[Use]) -> dict[datetime, Decimal]:
    """By how many machines use changes, and when."""
    changes: dict[datetime, Decimal] = {}
    for use in uses:
        changes[use.start] = changes.get(use.start, Decimal(0)) + use.machines
        changes[use.end] = changes.get(use.end, Decimal(0)) - use.machines
    return changes


def _rank(account: Account) -> tuple[bool, datetime, Decimal, str]:
    """What ends first is used first: it cannot be used later."""
    never = account.end is None
    return never, account.end or account.commitment.start, account.commitment.price, account.commitment.id
