"""How many machines of each pool are paid for: whatever the ladder, bounds hold and the most is the dearest way."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from intertie.money import Range
from intertie.money.amount import exactly
from intertie.money.quantities import quantities
from intertie.plan import Plan, PoolPlan
from support.patient import patient
from support.plans import accelerator_pool, claim, plan

ODCR = {"kind": "odcr", "id": "cr-0a1b2c3d4e5f60718", "machine": "p5.48xlarge", "zone": "us-east-1b"}


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Plan, dict[str, Range | None]]:
    """A plan with a ladder of up to four pools, and rates of which some are unknown."""
    kinds = draw(st.lists(st.sampled_from(["on-demand", "spot", "odcr"]), min_size=1, max_size=4))
    pools: list[PoolPlan] = []
    for rank, kind in enumerate(kinds):
        most = draw(st.integers(1, 6))
        changes: dict[str, Any] = {"min_nodes": draw(st.integers(0, most)), "max_nodes": most}
        if kind == "odcr":
            changes["claim"] = claim(**{**ODCR, "count": most})
        pools.append(accelerator_pool("aws", kind, rank, **changes))
    made = plan("aws", pools=tuple(pools))
    ceiling = 2 * sum(pool.max_nodes for pool in pools)
    floor = 2 * sum(pool.min_nodes for pool in pools)
    high = draw(st.integers(max(1, floor), max(1, ceiling)))
    stage = replace(made.stages[1], min_replicas=min(floor, high), max_replicas=high)
    rates = {pool.name: draw(st.none() | st.decimals("0.01", "100", places=2).map(exactly)) for pool in pools}
    return replace(made, stages=(made.stages[0], stage)), rates


@patient
@given(ladders(), st.none() | st.decimals("0", "60", places=1))
def test_quantities_stay_between_floor_and_ceiling_of_every_pool(
    case: tuple[Plan, dict[str, Range | None]], forecast: Decimal | None
) -> None:
    made, rates = case
    found = quantities(made, rates, {"generate": forecast} if forecast is not None else None)
    assert [each.pool.name for each in found] == [pool.name for pool in made.pools]
    for each in found:
        assert each.pool.min_nodes <= each.machines.min <= min(each.machines.likely, each.machines.max)
        assert each.machines.highest <= each.pool.max_nodes
    for low, high in (("min", "likely"), ("likely", "max")):
        assert spent(found, rates, low) <= spent(found, rates, high)


def spent(found: Any, rates: Any, case: str) -> Any:
    return sum(getattr(e.machines, case) * getattr(rates[e.pool.name], case) for e in found if rates.get(e.pool.name))


@patient
@given(ladders(), st.data())
def test_no_way_to_hold_the_replicas_costs_more_than_the_most(
    case: tuple[Plan, dict[str, Range | None]], data: st.DataObject
) -> None:
    """Reserved machines are used first, since they are paid for; the others in any way that has room."""
    made, rates = case
    priced = {name: rate or exactly(100) for name, rate in rates.items()}
    pools = made.accelerator_pools()
    machines = {pool.name: pool.max_nodes if pool.kind == "odcr" else pool.min_nodes for pool in pools}
    left = made.stages[1].max_replicas - 2 * sum(machines.values())
    while left > 0:
        free = [pool.name for pool in pools if machines[pool.name] < pool.max_nodes]
        if not free:
            break
        machines[data.draw(st.sampled_from(free))] += 1
        left -= 2
    cost = sum((priced[name].max * count for name, count in machines.items()), Decimal(0))
    found = {each.pool.name: each.machines.max for each in quantities(made, priced)}
    assert cost <= sum((priced[pool.name].max * found[pool.name] for pool in pools), Decimal(0))
