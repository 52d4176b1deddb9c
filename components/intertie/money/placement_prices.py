"""Contract prices that stand in the description itself: `placements.<name>.prices: {p5.48xlarge: 39.5}`."""

from decimal import Decimal

from intertie import catalog
from intertie.errors import InputError, Problem
from intertie.money.bounds import implausible_own
from intertie.money.prices import CONTRACT, OwnPrice, Price
from intertie.plan import Plan


def placement_prices(plan: Plan) -> tuple[OwnPrice, ...]:
    """The placement's own prices of machines, per hour: on-demand, and the reserved kinds that are billed like it.

    They have no day, so none goes stale: they hold as long as they stand there. InputError for one that cannot be true.
    """
    where = f"placements.{plan.placement}.prices"
    found, problems = [], []
    for machine, amount in sorted(plan.where.prices.items()):
        value = Decimal(str(amount))
        if plan.cloud in catalog.CLOUDS and plan.where.adopt is None and not _known(plan.cloud, machine):
            allowed = f"a machine type of {plan.cloud}"
            problems.append(Problem(f"{where}.{machine}", machine, allowed, "intertie catalog machines lists them"))
        why = implausible_own(plan.cloud, machine, value)
        if why:
            allowed = f"dollars of an hour; this is {why}"
            problems.append(Problem(f"{where}.{machine}", f"{value:f}", allowed, "is it of an hour, in dollars?"))
        price = Price(value, "hour", "on-demand", where, "", CONTRACT)
        found.append(OwnPrice(plan.cloud, plan.region, machine, "on-demand", price, plan.placement))
    if problems:
        raise InputError(f"{len(problems)} problem{'s' if len(problems) != 1 else ''}", problems)
    return tuple(found)


def _known(cloud: str, machine: str) -> bool:
    """A misspelt name would be a price that is never used."""
    try:
        catalog.machine(cloud, machine)
    except KeyError:
        return False
    return True
