"""All machines of a stack with their price: pools of managed clusters, and groups of machines of one's own.

Prices are the organisation's own, else the catalogue's list price of the region, else the highest list price of the
machine anywhere in that cloud: an upper bound is better than nothing. A machine without any price stays unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from intertie.catalog import prices
from intertie_policies.accessor import Value
from intertie_policies.instance_groups import MANAGERS, groups
from intertie_policies.pools import POOLS, Pool, catalogued, has_accelerators, launched, pools_in
from intertie_policies.resources import Resource, Stack
from intertie_policies.templates import GROUP, templates

HOURS_PER_MONTH = 730
SCALE_SET = "azure-native:compute:VirtualMachineScaleSet"
FLEETS = (*POOLS, GROUP, SCALE_SET, *MANAGERS)


@dataclass(frozen=True, slots=True)
class Fleet:
    """Machines of one pool. `machines` are alternatives: the dearest counts."""

    resource: Resource
    cloud: str
    machines: tuple[Value, ...]
    floor: Value  # nodes that run without any load
    ceiling: Value
    spot: bool
    accelerated: bool
    attached: int = 0  # accelerators of one node apart from those of its machine type

    @property
    def per_node(self) -> int:
        """Accelerators of one node: what is attached, else of the largest machine type that the catalogue knows."""
        if self.attached:
            return self.attached
        rows = [catalogued(self.cloud, machine.text or "") for machine in self.machines]
        return max((row.count for row in rows if row is not None and row.accelerator), default=0)

    def price(self, own: Mapping[str, float]) -> float | None:
        """US dollars an hour of the dearest machine that it may have. None: of one of them nobody knows the price."""
        region = self.resource.region.quietly().text or ""
        names = [machine.text for machine in self.machines]
        found = [price_of(self.cloud, region, name, own, spot=self.spot) for name in names if name]
        known = [price for price in found if price is not None]
        return max(known) if known and len(known) == len(names) else None


def fleets(stack: Stack) -> Iterator[Fleet]:
    """All fleets of a stack. A floor that is not written is nothing: the cloud starts from the pool's minimum, 0."""
    for pool in pools_in(stack):
        yield Fleet(pool.resource, pool.cloud, pool.machines, _running(pool), pool.ceiling, pool.spot, pool.accelerated)
    for group in stack.of_type(GROUP):
        overrides = group["mixedInstancesPolicy"]["launchTemplate"]["overrides"].items
        named = tuple(each["instanceType"] for each in overrides if not each["instanceType"].absent)
        machines = named or launched(group)
        accelerated = has_accelerators("aws", machines)
        yield Fleet(group, "aws", machines, group["minSize"], group["maxSize"], _all_spot(group), accelerated)
    for scale_set in stack.of_type(SCALE_SET):
        size, count = scale_set["sku"]["name"], scale_set["sku"]["capacity"]
        spot = (scale_set["virtualMachineProfile"]["priority"].text or "").lower() == "spot"
        yield Fleet(scale_set, "azure", (size,), count, count, spot, has_accelerators("azure", (size,)))
    for own in groups(stack):
        accelerated = has_accelerators("gcp", own.machines) or bool(own.attached)
        spot = own.spot
        yield Fleet(own.resource, "gcp", own.machines, own.floor, own.ceiling, spot, accelerated, own.attached)


def _all_spot(group: Resource) -> bool:
    """Whether none of its machines is on demand: by its distribution, which is all on demand unless it says otherwise,
    else by the market that its template names."""
    spread = group["mixedInstancesPolicy"]["instancesDistribution"]
    if not spread.absent:
        share, base = spread["onDemandPercentageAboveBaseCapacity"], spread["onDemandBaseCapacity"]
        return share.number == 0 and not base.number and not base.unknown
    markets = [template["instanceMarketOptions"]["marketType"].text for template in templates(group)]
    return "spot" in markets


def _running(pool: Pool) -> Value:
    """A pool without a minimum may start with nodes all the same, and they are paid for from the beginning."""
    starts = {"aws": pool.props["scalingConfig"]["desiredSize"], "azure": pool.props["count"]}
    start = starts.get(pool.cloud, pool.floor)
    return start if (start.number or 0) > (pool.floor.number or 0) else pool.floor


def price_of(cloud: str, region: str, machine: str, own: Mapping[str, float], *, spot: bool = False) -> float | None:
    """US dollars an hour, or None: nobody knows."""
    if f"{cloud}:{machine}" in own:
        return own[f"{cloud}:{machine}"]
    row = catalogued(cloud, machine)
    machine = row.name if row else machine
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
