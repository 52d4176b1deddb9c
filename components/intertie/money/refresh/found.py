"""One price as a price list gives it, before it is held against what can be true."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation


@dataclass(frozen=True, slots=True)
class FoundPrice:
    """Dollars per hour of one machine."""

    cloud: str
    machine: str
    region: str
    kind: str  # on-demand | spot
    amount: Decimal
    source: str


def decimal(value: object) -> Decimal | None:
    """A finite amount above 0; None for anything else, of which public lists have a few."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount > 0 else None
