"""Energy and carbon of a plan, beside its cost: kWh and kilograms of CO2-equivalent in an average month.

    energy = machines x accelerators x (P(utilisation) + host) x hours x PUE        carbon = energy x grams of the grid

P follows a measured curve: accelerators draw much at little use (31 % of full power at 10 % of use, 74 % at 50 %), so a
line from idle to full would say too little. Least: idle machines at the floor; likely: half used; most: fully used at
the ceiling. Grid averages of a year, by location, operational; what it takes to make machines is not in it. What no
source has a figure for (CPU machines, Inferentia, Trainium, TPUs, some regions) is unknown, and listed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from intertie import catalog
from intertie.catalog import prices as facts
from intertie.money.amount import Range, total
from intertie.money.types import Cost, Line
from intertie.plan import Plan

CURVE = (
    (Decimal(0), Decimal("0.114")),
    (Decimal("0.1"), Decimal("0.312")),
    (Decimal("0.5"), Decimal("0.739")),
    (Decimal(1), Decimal(1)),
)
"""Share of full power by utilisation: A100 and V100 on AWS, measured by Teads."""

HOST_WATTS = Range(Decimal(35), Decimal(100), Decimal(236))
"""CPU and memory per accelerator: p4d from idle to full, measured by Teads; 100 W is greenpick's flat figure."""

UTILISATION = (Decimal(0), Decimal("0.5"), Decimal(1))


@dataclass(frozen=True, slots=True)
class Footprint:
    """Energy and carbon of a month; `kg` is None where the grid is unknown."""

    kwh: Range | None
    kg: Range | None
    grams_per_kwh: Decimal | None
    unknown: tuple[str, ...]
    sources: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "kwh": self.kwh.to_json() if self.kwh is not None else None,
            "kg": self.kg.to_json() if self.kg is not None else None,
            "grams_per_kwh": float(self.grams_per_kwh) if self.grams_per_kwh is not None else None,
            "unknown": list(self.unknown),
            "sources": list(self.sources),
        }


def drawn(utilisation: Decimal) -> Decimal:
    """Share of full power at a utilisation from 0 to 1, on straight lines between the measured points."""
    for (left, low), (right, high) in pairwise(CURVE):
        if utilisation <= right:
            return low + (high - low) * (utilisation - left) / (right - left)
    return CURVE[-1][1]


def footprint(plan: Plan, cost: Cost) -> Footprint:
    """Of the machines that a cost counts. Pure."""
    unknown: list[str] = []
    ranges: list[Range] = []
    sources: list[str] = []
    pue, grid = facts.pue(plan.cloud), facts.carbon(plan.cloud, plan.region)
    for line in cost.lines:
        if not line.pool or line.quantity.highest == 0:
            continue
        power = facts.power(plan.pool(line.pool).accelerator, line.machine) if line.accelerators else None
        if power is None or power.max_watts is None:
            unknown.append(f"{line.machine} ({line.pool}): no source has its power")
            continue
        sources.append(power.fact.source)
        ranges.append(_watts(plan, line, power.max_watts).times(line.hours / 1000))
    unknown += _gaps(plan, pue, grid)
    if not ranges or pue is None:
        return Footprint(None, None, None, tuple(unknown), ())
    kwh = total(ranges).times(pue.pue)
    kg = kwh.times(grid.grams_per_kwh / 1000) if grid is not None else None
    sources += [pue.fact.source] + ([grid.fact.source] if grid is not None else [])
    grams = grid.grams_per_kwh if grid is not None else None
    return Footprint(kwh, kg, grams, tuple(dict.fromkeys(unknown)), tuple(dict.fromkeys(sources)))


def live_kg_per_hour(machines: Iterable[tuple[str, str]], cloud: str) -> tuple[Decimal | None, int]:
    """Kilograms an hour of machines (region, type) that run now, half used, and how many of them have no known figure.

    None where none of them has one.
    """
    found, unknown = [], 0
    pue = facts.pue(cloud)
    for region, machine in machines:
        watts, grid = _half_used(cloud, machine), facts.carbon(cloud, region)
        if watts is None or grid is None or pue is None:
            unknown += 1
        else:
            found.append(watts / 1000 * pue.pue * grid.grams_per_kwh / 1000)
    return (sum(found, Decimal(0)) if found else None), unknown


def _half_used(cloud: str, machine: str) -> Decimal | None:
    """Watts of a machine with accelerators at half their use; None: unknown."""
    try:
        known = catalog.machine(cloud, machine)
    except KeyError:
        return None
    power = facts.power(known.accelerator, machine) if known.accelerator else None
    if power is None or power.max_watts is None:
        return None
    return known.count * (power.max_watts * drawn(UTILISATION[1]) + HOST_WATTS.likely)


def _gaps(plan: Plan, pue: facts.Pue | None, grid: facts.Carbon | None) -> Iterator[str]:
    if pue is None:
        yield f"{plan.cloud}: no source has the energy overhead of its data centres"
    if grid is None:
        yield f"{plan.cloud} {plan.region}: no source has the carbon of its grid"


def _watts(plan: Plan, line: Line, full: Decimal) -> Range:
    """Power of a pool. Reserved machines are paid for, and yet only those at the floor surely run."""
    running = min(line.quantity.min, Decimal(plan.pool(line.pool).min_nodes))
    machines = Range(running, max(running, line.quantity.likely), line.quantity.max).times(Decimal(line.accelerators))
    each = [full * drawn(use) for use in UTILISATION]
    host = HOST_WATTS
    return machines.each(Range(each[0] + host.min, each[1] + host.likely, each[2] + host.max))
