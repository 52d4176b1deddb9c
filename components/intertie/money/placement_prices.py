"""Contract prices that stand in the description itself: `placements.<name>.prices: {p5.48xlarge: 39.5}`."""

from decimal import Decimal

from intertie.money.prices import CONTRACT, OwnPrice, Price
from intertie.plan import Plan

UNDATED = "1970-01-01"


def placement_prices(plan: Plan) -> tuple[OwnPrice, ...]:
    """The placement's own prices of machines, per hour: on-demand, and the reserved kinds that are billed like it.

    A description has no day for them, so they carry none that could go stale: they hold as long as they stand there.
    """
    prices = getattr(plan.where, "prices", None) or {}
    where = f"placements.{plan.placement}.prices"
    return tuple(
        OwnPrice(
            cloud=plan.cloud,
            region=plan.region,
            machine=machine,
            kind="on-demand",
            price=Price(Decimal(str(amount)), "hour", "on-demand", where, UNDATED, CONTRACT),
            placement=plan.placement,
        )
        for machine, amount in sorted(prices.items())
    )
