"""Money: what a plan costs, with the source and day of every price, and what is not known.

    from intertie.money import PriceBook, cost_of

    cost = cost_of(plan, PriceBook())       # Cost: .hourly .daily .monthly are Range(min, likely, max) of dollars
    cost.unknown                            # what is paid for and not in the sums: then they are lower bounds
    cost.lines                              # every machine pool and service: quantity, Price (source, as_of), rate
    cost.to_json()                          # plain data, JSON numbers

Amounts are exact (`Decimal`), in US dollars. Never imports Pulumi.
"""

from intertie.money.amount import CURRENCY, HOURS_PER_MONTH, Range
from intertie.money.cost import Expectation, cost_of
from intertie.money.prices import OwnPrice, Price, PriceBook
from intertie.money.services import Traffic
from intertie.money.types import Cost, Line

__all__ = [
    "CURRENCY", "HOURS_PER_MONTH", "Cost", "Expectation", "Line", "OwnPrice", "Price", "PriceBook", "Range", "Traffic",
    "cost_of",
]  # fmt: skip
