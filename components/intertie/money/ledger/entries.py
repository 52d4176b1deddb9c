"""What a ledger holds: commitments, their cancellation, and use. Each is checked when it is written, and when read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeGuard

from intertie import catalog
from intertie.errors import Problem
from intertie.money.amount import CURRENCY

KINDS = ("odcr", "capacity-block", "crg", "azure-block", "reservation", "future-reservation", "reserved-instance",
         "committed-use", "savings-plan")  # fmt: skip
DISCOUNTS = frozenset({"reserved-instance", "committed-use", "savings-plan"})
"""Kinds that lower a price and hold no machines: capacity that is billed at the on-demand rate can be under them."""

MOST_MACHINES = 100_000
_ID = re.compile(r"[A-Za-z0-9/][A-Za-z0-9._/:@()-]{0,511}")


@dataclass(frozen=True, slots=True)
class Commitment:
    """Machines that are paid for from `start` to `end`, used or not. `end` None: until it is cancelled."""

    id: str
    kind: str
    cloud: str
    region: str
    machine: str
    quantity: int
    price: Decimal  # dollars per machine-hour
    start: datetime
    end: datetime | None
    upfront: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The end of a commitment, or a correction of a slip: it is struck from `at` on."""

    id: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """Machines that ran from `start` to `end`."""

    cloud: str
    region: str
    machine: str
    machines: Decimal
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ledger."""

    number: int
    recorded: datetime
    data: Commitment | Cancellation | Use
    hash: str


def parse(data: Mapping[str, Any], problems: list[Problem]) -> Commitment | Cancellation | Use | None:
    """What plain data means; problems and None when it means nothing."""
    kinds = {"commitment": _commitment, "cancellation": _cancellation, "use": _use}
    name = data.get("type")
    if not isinstance(name, str) or name not in kinds:
        problems.append(Problem("type", repr(name)[:60], ", ".join(kinds)))
        return None
    before = len(problems)
    reader = _Reader(data, problems)
    made = kinds[name](reader)
    reader.no_others()
    return made if len(problems) == before else None


class _Reader:
    """Takes fields out of plain data and collects what is wrong with them."""

    def __init__(self, data: Mapping[str, Any], problems: list[Problem]) -> None:
        self._data = data
        self._problems = problems
        self._taken = {"type"}

    def refuse(self, name: str, allowed: str) -> None:
        self._problems.append(Problem(name, repr(self._data.get(name))[:60], allowed))

    def take(self, name: str) -> Any:
        self._taken.add(name)
        return self._data.get(name)

    def no_others(self) -> None:
        for name in sorted(set(self._data) - self._taken):
            self.refuse(name, f"one of {', '.join(sorted(self._taken))}")

    def text(self, name: str, pattern: re.Pattern[str] | None = None, *, optional: bool = False) -> str:
        value = self.take(name)
        if value is None and optional:
            return ""
        if not _is_text(value) or len(value) > 512 or (pattern and not pattern.fullmatch(value)):
            self.refuse(name, "text" if pattern is None else "an identifier as the cloud shows it")
            return ""
        return value

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.take(name)
        if value not in allowed or not isinstance(value, str):
            self.refuse(name, ", ".join(allowed))
            return ""
        return value

    def time(self, name: str, *, optional: bool = False) -> datetime | None:
        value = self.take(name)
        if value is None and optional:
            return None
        made = moment(value)
        if made is None:
            self.refuse(name, "a time with its zone, such as 2026-12-01T11:30:00Z")
        return made

    def amount(self, name: str, most: int) -> Decimal:
        """A number from 0 on, written as text so that nothing is rounded."""
        value = self.take(name)
        try:
            made = Decimal(value) if isinstance(value, str) and len(value) < 40 else None
        except InvalidOperation:
            made = None
        if made is None or not made.is_finite() or not 0 <= made <= most or abs(int(made.as_tuple().exponent)) > 12:
            self.refuse(name, f'a number in quotes from 0 to {most:,}, such as "39.5"')
            return Decimal(0)
        return made

    def count(self, name: str) -> int:
        value = self.take(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_MACHINES:
            self.refuse(name, f"a whole number from 1 to {MOST_MACHINES:,}")
            return 1
        return value

    def truth(self, name: str) -> bool:
        value = self.take(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(name, "true or false")
        return value is True

    def place(self) -> tuple[str, str, str]:
        return (
            self.one_of("cloud", (*catalog.CLOUDS, "other")),
            self.text("region", _ID),
            self.text("machine", _ID),
        )


def _is_text(value: Any) -> TypeGuard[str]:
    """Text that UTF-8 can hold: bytes of the command line that are none come as lone surrogates."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def moment(value: Any) -> datetime | None:
    """A time with its zone, in UTC; None for anything else."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        made = datetime.fromisoformat(value)
    except ValueError:
        return None
    if made.tzinfo is None or not 1990 <= made.year <= 2200:
        return None
    return made.astimezone(UTC)


def _commitment(read: _Reader) -> Commitment:
    name, kind = read.text("id", _ID), read.one_of("kind", KINDS)
    cloud, region, machine = read.place()
    quantity, price = read.count("quantity"), read.amount("price", 1_000_000)
    read.one_of("currency", (CURRENCY,))
    start, end = read.time("start"), read.time("end", optional=True)
    if start is not None and end is not None and end <= start:
        read.refuse("end", "a time after `start`")
    upfront, note = read.truth("upfront"), read.text("note", optional=True)
    first = start or datetime.min.replace(tzinfo=UTC)
    return Commitment(name, kind, cloud, region, machine, quantity, price, first, end, upfront, note)


def _cancellation(read: _Reader) -> Cancellation:
    name, at = read.text("id", _ID), read.time("at")
    return Cancellation(name, at or datetime.min.replace(tzinfo=UTC), read.text("note", optional=True))


def _use(read: _Reader) -> Use:
    cloud, region, machine = read.place()
    machines = read.amount("machines", MOST_MACHINES)
    start, end = read.time("start"), read.time("end")
    if start is not None and end is not None and end <= start:
        read.refuse("end", "a time after `start`")
    first = datetime.min.replace(tzinfo=UTC)
    return Use(cloud, region, machine, machines, start or first, end or first)


def plain(data: Commitment | Cancellation | Use) -> dict[str, Any]:
    """The same as plain data, as it stands in the file."""
    if isinstance(data, Cancellation):
        return {"type": "cancellation", "id": data.id, "at": text_of(data.at), "note": data.note}
    place = {"cloud": data.cloud, "region": data.region, "machine": data.machine}
    if isinstance(data, Use):
        times = {"start": text_of(data.start), "end": text_of(data.end)}
        return {"type": "use", **place, "machines": f"{data.machines:f}", **times}
    end = text_of(data.end) if data.end is not None else None
    return {
        "type": "commitment", "id": data.id, "kind": data.kind, **place, "quantity": data.quantity,
        "price": f"{data.price:f}", "currency": CURRENCY, "start": text_of(data.start), "end": end,
        "upfront": data.upfront, "note": data.note,
    }  # fmt: skip


def text_of(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
