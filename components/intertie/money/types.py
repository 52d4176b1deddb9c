"""What a cost is made of. Every figure is dollars per hour unless it says otherwise.

    Line   one thing that is paid for: quantity x price, with the price's source and day; price None is unknown
    Cost   all lines of a placement, and sums that say when they are only "at least"

A sum over lines of which some are unknown is a lower bound: `unknown` lists them, and `text` says "at least". Unknown
lines are never counted as 0 silently.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from intertie.money.amount import CURRENCY, HOURS_PER_DAY, HOURS_PER_MONTH, Range, dollars, total
from intertie.money.prices import Price

FIXED, RUNNING, RESERVED = "fixed", "running", "reserved"


@dataclass(frozen=True)
class Line:
    """One thing that is paid for.

    way: `fixed` (as long as the stack stands), `running` (per machine that runs), `reserved` (used or not).
    """

    what: str  # "4 x p5.48xlarge as odcr", "control plane"
    way: str
    quantity: Range  # units that are paid for in an hour
    price: Price | None
    rate: Range | None  # dollars per unit; a range for spot
    unit: str = "machine-hour"
    stage: str = ""
    pool: str = ""
    kind: str = ""
    machine: str = ""
    accelerators: int = 0  # of one machine
    basis: str = ""  # what the likely quantity follows from
    why_unknown: str = ""
    retained: bool = False  # still paid for after a teardown
    hours: Decimal = HOURS_PER_MONTH  # of an average month in which it is paid for; a window may be shorter

    @property
    def known(self) -> bool:
        """An unknown price of something that is never used is no gap."""
        return self.rate is not None or self.quantity.highest == 0

    @cached_property
    def hourly(self) -> Range | None:
        """Dollars per hour; None is unknown."""
        if self.rate is None:
            return total(()) if self.quantity.highest == 0 else None
        return self.quantity.each(self.rate)

    @cached_property
    def monthly(self) -> Range | None:
        """Dollars in an average month, or in the part of it that a window is open; None is unknown."""
        each = self.hourly
        return each.times(self.hours) if each is not None else None


@dataclass(frozen=True, slots=True)
class Upfront:
    """Paid before any use: a block or an all-upfront commitment. `amount` None: unknown."""

    what: str
    amount: Decimal | None
    hours: Decimal
    why_unknown: str = ""


@dataclass(frozen=True, slots=True)
class PerToken:
    """Dollars for a million output tokens of one stage, when its replicas are fully used. None: unknown."""

    stage: str
    usd: Decimal | None
    basis: str  # measured | published | unknown
    source: str
    note: str = ""


@dataclass(frozen=True)
class Cost:
    """What one placement costs. `lines` are in the order: services, then pools as in the plan."""

    placement: str
    cloud: str
    region: str
    tier: str
    lines: tuple[Line, ...]
    upfront: tuple[Upfront, ...] = ()
    tokens: tuple[PerToken, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = field(default=())  # things that are paid for but not counted: no quantity is known

    @cached_property
    def hourly(self) -> Range:
        """Dollars per hour of everything whose price is known."""
        return hourly(self.lines)

    @cached_property
    def monthly(self) -> Range:
        """Dollars per average month of 730 hours."""
        return total(line.monthly for line in self.lines if line.monthly is not None)

    @cached_property
    def daily(self) -> Range:
        return self.hourly.times(HOURS_PER_DAY)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """What is paid for and is not in the sums, each with the reason."""
        lines = [f"{line.what}: {line.why_unknown}" for line in self.lines if not line.known]
        ahead = [f"{each.what}, paid upfront: {each.why_unknown}" for each in self.upfront if each.amount is None]
        return tuple(dict.fromkeys([*lines, *ahead, *self.missing]))

    @cached_property
    def first_hour(self) -> Range:
        """What the first hour from `up` on costs: the floor of everything, without what is paid upfront."""
        return Range(self.hourly.min, self.hourly.min, self.hourly.likely)

    @property
    def left_by_teardown(self) -> tuple[Line, ...]:
        """Lines that are still paid for after `destroy`: retained reservations, commitments, kept buckets."""
        return tuple(line for line in self.lines if line.retained)

    @cached_property
    def dates(self) -> tuple[str, str] | None:
        """Oldest and newest day of the prices that are used; None when none is."""
        days = sorted(
            {
                line.price.as_of
                for line in self.lines
                if line.price is not None and line.price.as_of and line.quantity.highest > 0
            }
        )
        return (days[0], days[-1]) if days else None

    def of_stage(self, name: str) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.stage == name)

    def text(self, figure: str = "monthly") -> str:
        """`$1,200 to $9,000, likely $3,400 a month`, with `at least` where something is unknown."""
        value: Range = getattr(self, figure)
        per = {"hourly": "an hour", "daily": "a day", "monthly": "a month"}[figure]
        count = len(self.unknown)
        told = f"{dollars(value.min)} to {dollars(value.max)}, likely {dollars(value.likely)} {per}"
        return f"at least {told}; {count} unknown" if count else told

    def to_json(self) -> dict[str, Any]:
        """The `cost` of a stack in `intertie.preview/v1`, and one of `stacks` in `intertie.cost/v1`."""
        from intertie.money.serialize import cost_json

        return cost_json(self)


def hourly(lines: Iterable[Line]) -> Range:
    """Dollars per hour of the lines whose price is known."""
    return total(line.hourly for line in lines if line.hourly is not None)


__all__ = ["CURRENCY", "FIXED", "RESERVED", "RUNNING", "Cost", "Line", "PerToken", "Price", "Upfront", "hourly"]
