"""All machines of a stack with their price: pools of managed clusters, and autoscaling groups of one's own.

Prices are the organisation's own, else the catalogue's list price of the region, else the highest list price of the
machine anywhere in that cloud: an upper bound is better than nothing. A machine without any price stays unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from intertie import catalog
from intertie.catalog import prices
from intertie_policies.accessor import Value
from intertie_policies.pools import POOLS, Pool, pools_of
from intertie_policies.resources import Resource, Stack

HOURS_PER_MONTH = 730
LAUNCH = "aws:ec2/launchTemplate:LaunchTemplate"
GROUP = "aws:autoscaling/group:Group"
FLEETS = (*POOLS, GROUP)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Machines of one pool. `machines` are alternatives: the dearest counts."""

    resource: Resource
    cloud: str
    machines: tuple[Value, ...]
    floor: Value
    ceiling: Value
    spot: bool
    accelerated: bool

    def price(self, own: Mapping[str, float]) -> float | None:
        """US dollars an hour of the dearest machine that it may have. None: of one of them nobody knows the price."""
        region = self.resource.region.quietly().text or ""
        names = [machine.text for machine in self.machines]
        found = [price_of(self.cloud, region, name, own, spot=self.spot) for name in names if name]
        known = [price for price in found if price is not None]
        return max(known) if known and len(known) == len(names) else None


def fleets(stack: Stack) -> Iterator[Fleet]:
    """All fleets of a stack. A floor that is not written is nothing: the cloud starts from the pool's minimum, 0."""
    for resource in stack.of_type(*POOLS):
        for pool in pools_of(resource):
            machines = pool.machines or _launched(resource)
            yield Fleet(
                resource, pool.cloud, machines, pool.floor, pool.ceiling, pool.spot, _accelerated(pool, machines)
            )
    for group in stack.of_type(GROUP):
        machines = _launched(group) or tuple(
            each["instanceType"] for each in group["mixedInstancesPolicy"]["launchTemplate"]["overrides"].items
        )
        accelerated = any(_has_accelerators("aws", machine) for machine in machines)
        yield Fleet(group, "aws", machines, group["minSize"], group["maxSize"], False, accelerated)


def price_of(cloud: str, region: str, machine: str, own: Mapping[str, float], *, spot: bool = False) -> float | None:
    """US dollars an hour, or None: nobody knows."""
    if f"{cloud}:{machine}" in own:
        return own[f"{cloud}:{machine}"]
    for kind in ("spot", "on-demand") if spot else ("on-demand",):
        listed = prices.list_price(cloud, region, machine, kind)
        if listed is not None:
            return float(listed.usd_per_hour)
    return _highest().get((cloud, machine))


@cache
def _highest() -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for row in prices.list_prices():
        key = (row.cloud, row.machine)
        found[key] = max(found.get(key, 0.0), float(row.usd_per_hour))
    return found


def _launched(resource: Resource) -> tuple[Value, ...]:
    """The machine type that a launch template says."""
    mixed = resource.uses("mixedInstancesPolicy", LAUNCH)
    return tuple(each["instanceType"] for each in (*resource.uses("launchTemplate", LAUNCH), *mixed)[:1])


def _accelerated(pool: Pool, machines: tuple[Value, ...]) -> bool:
    """Whether its machines have accelerators. Google's N1 have some only when they are given."""
    given = pool.cloud == "gcp" and bool(pool.node["guestAccelerators"].quietly().items)
    return given or any(_has_accelerators(pool.cloud, machine) for machine in machines)


def _has_accelerators(cloud: str, machine: Value) -> bool:
    name = machine.text or ""
    try:
        return bool(catalog.machine(cloud, name).accelerator) and not name.startswith("n1-")
    except KeyError:
        return False
