"""The cost of a plan: `cost_of(plan, PriceBook())` → `Cost`, with every line's price, source and day.

Pure: the same plan, book and expectations give the same cost. Unknown prices make unknown lines, which are listed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from intertie.money.amount import HOURS_PER_MONTH, Range, exactly
from intertie.money.placement_prices import placement_prices
from intertie.money.prices import AT_ON_DEMAND_RATE, Price, PriceBook
from intertie.money.quantities import PAID_ANYWAY, Quantity, quantities
from intertie.money.services import Traffic, service_lines, uncounted
from intertie.money.tokens import per_token
from intertie.money.types import RESERVED, RUNNING, Cost, Line, Upfront
from intertie.plan import Plan
from intertie.plan.types import PoolPlan

PAID_UPFRONT = frozenset({"capacity-block", "azure-block"})


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is known of use. `replicas`: expected number per stage over the month, from a forecast."""

    replicas: Mapping[str, Decimal] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)


def cost_of(plan: Plan, book: PriceBook, expectation: Expectation | None = None) -> Cost:
    """What the placement costs per hour, day and month, what is paid before use, and what is not known."""
    expected = expectation or Expectation()
    book = book.with_own(placement_prices(plan))
    prices = {pool.name: _price(plan, pool, book) for pool in plan.pools}
    rates = {pool.name: _rate(plan, pool, prices[pool.name], book) for pool in plan.pools}
    machines = quantities(plan, rates, expected.replicas)
    lines = [
        *service_lines(plan, book, machines, expected.traffic),
        *(_line(plan, each, prices[each.pool.name], rates[each.pool.name]) for each in machines),
    ]
    return Cost(
        placement=plan.placement,
        cloud=plan.cloud,
        region=plan.region,
        tier=plan.tier,
        lines=tuple(lines),
        upfront=tuple(_upfront(line, plan.pool(line.pool)) for line in lines if line.kind in PAID_UPFRONT),
        tokens=tuple(per_token(plan, lines)),
        notes=tuple(_notes(plan, lines)),
        missing=tuple(_missing(plan, expected.traffic)),
    )


def _price(plan: Plan, pool: PoolPlan, book: PriceBook) -> Price | None:
    return book.machine(plan.cloud, plan.region, pool.machine, pool.kind, plan.placement)


def _rate(plan: Plan, pool: PoolPlan, price: Price | None, book: PriceBook) -> Range | None:
    """Dollars per machine-hour; spot varies."""
    if price is None:
        return None
    spot = book.spot_range(plan.cloud, plan.region, pool.machine, plan.placement) if pool.spot else None
    return spot or exactly(price.amount)


def _line(plan: Plan, each: Quantity, price: Price | None, rate: Range | None) -> Line:
    pool = each.pool
    reserved = pool.kind in PAID_ANYWAY
    return Line(
        what=f"{pool.machine} as {pool.kind} ({pool.name})",
        way=RESERVED if reserved else RUNNING,
        quantity=each.machines,
        price=price,
        rate=rate,
        stage=pool.stage,
        pool=pool.name,
        kind=pool.kind,
        machine=pool.machine,
        accelerators=pool.per_node,
        basis=each.basis,
        why_unknown=_why(plan, pool) if price is None else "",
        retained=reserved,
        hours=min(HOURS_PER_MONTH, _window_hours(pool) or HOURS_PER_MONTH),
    )


def _why(plan: Plan, pool: PoolPlan) -> str:
    where = f"{plan.cloud} {plan.region}"
    if pool.kind in AT_ON_DEMAND_RATE or pool.kind in ("on-demand", "spot"):
        kind = "a spot" if pool.spot else "an on-demand"
        return f"no source has {kind} price of {pool.machine} in {where}"
    return f"{pool.kind} is priced apart, and no source has its price of {pool.machine} in {where}"


def _window_hours(pool: PoolPlan) -> Decimal | None:
    """Length of the claim's window; None when it has none."""
    start, end = getattr(pool.claim, "start", None), getattr(pool.claim, "end", None)
    if start is None or end is None:
        return None
    return Decimal((end - start) // timedelta(seconds=1)) / 3600


def _upfront(line: Line, pool: PoolPlan) -> Upfront:
    hours = _window_hours(pool)
    count = line.quantity.min
    what = f"{count:f} x {pool.machine} as {pool.kind}"
    if line.price is None or hours is None:
        return Upfront(what, None, hours or Decimal(0), line.why_unknown or "its window is not given")
    return Upfront(what, line.price.amount * count * hours, hours)


def _notes(plan: Plan, lines: list[Line]) -> Iterator[str]:
    for line in lines:
        if line.price is not None and line.price.note and line.quantity.highest > 0:
            yield f"{line.what}: {line.price.note}"
    for stage in plan.stages:
        pools = [line for line in lines if line.stage == stage.name]
        if stage.on_accelerators and pools and plan.tier == "hot" and pools[0].basis.startswith("half way"):
            yield f"{stage.name}: likely is {pools[0].basis}; give a forecast or `objective.tokens_per_second`"


def _missing(plan: Plan, traffic: Traffic) -> Iterator[str]:
    if plan.platform == "existing" and "workload" in plan.renders:
        yield "machines of the adopted cluster: they are paid for with the cluster, which is not ours"
    yield from uncounted(plan, traffic)


def share_of(stage: str, cost: Cost) -> Range:
    """Dollars per hour of one stage's own pools."""
    from intertie.money.types import hourly

    return hourly(cost.of_stage(stage))
