"""Money as exact amounts: `Range` is a figure in the cheapest, the likely and the dearest case. Nothing is a float.

Amounts are US dollars throughout: list prices, budgets and contracts are. A price in another currency is refused where
it is read, with its place, never converted with a rate of an unknown day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

CURRENCY = "USD"
HOURS_PER_DAY = Decimal(24)
HOURS_PER_MONTH = Decimal(730)
"""Of an average month: 365 days x 24 hours / 12. All three clouds' own calculators use it."""

ZERO = Decimal(0)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Range:
    """A figure in three cases: of least, likely and most cost.

    Costs are in order. Machines of one pool need not be: in the dearest case another pool may hold what likely is here.
    """

    min: Decimal
    likely: Decimal
    max: Decimal

    @property
    def highest(self) -> Decimal:
        """The largest of the three; 0 is never used."""
        return max(self.min, self.likely, self.max)

    def __add__(self, other: "Range") -> "Range":
        return Range(self.min + other.min, self.likely + other.likely, self.max + other.max)

    def times(self, factor: Decimal) -> "Range":
        """All three times a factor that is not negative."""
        return Range(self.min * factor, self.likely * factor, self.max * factor)

    def each(self, other: "Range") -> "Range":
        """Quantity x price, least with least and most with most."""
        return Range(self.min * other.min, self.likely * other.likely, self.max * other.max)

    def to_json(self) -> dict[str, float]:
        """Dollars to the millionth, as JSON numbers."""
        return {"min": number(self.min), "likely": number(self.likely), "max": number(self.max)}


NOTHING = Range(ZERO, ZERO, ZERO)


def exactly(amount: Decimal | int) -> Range:
    """A quantity that does not vary."""
    value = Decimal(amount)
    return Range(value, value, value)


def total(ranges: Iterable[Range]) -> Range:
    """The sum; of none, nothing."""
    return sum(ranges, NOTHING)


def number(amount: Decimal) -> float:
    """An amount as a JSON number, to the millionth."""
    return float(round(amount, 6))


def dollars(amount: Decimal | float) -> str:
    """`$12,345` from 1000 up, `$12.34` below, `$0.0042` below one cent: what people read."""
    value = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    sign, size = ("-" if value < 0 else ""), abs(value)
    if size >= 1000:
        return f"{sign}${size:,.0f}"
    if size == 0 or size >= _CENT:
        return f"{sign}${size.quantize(_CENT)}"
    return f"{sign}${size.normalize():f}"
