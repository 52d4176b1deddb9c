"""Machine types where they are sold."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from intertie import catalog
from intertie_policies.accessor import Value
from intertie_policies.pool_rule import pool_rule
from intertie_policies.pools import POOLS, Pool, catalogued, pools_of
from intertie_policies.region import region_name
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule


@pool_rule(
    "machine-sold-in-region",
    "region",
    description="The cloud sells a pool's accelerator machines in its region.",
    rationale="A machine type that a region does not have is refused by the cloud, or its pool stays at zero for ever.",
    remediation="Use a region that sells the machine, or, when the cloud says it does, `capacity.also_offered`.",
    references=["cfn-lint, EC2 instance types per region (MIT-0)", "skypilot-catalog (Apache-2.0)"],
    settings=["capacity"],
)
def machine_sold_in_region(pool: Pool, context: Context) -> Iterator[Violation]:
    if not pool.accelerated:
        return
    place = pool.resource.region.text
    for machine in pool.machines:
        name = machine.text
        if place and name and (places := _elsewhere(pool.cloud, place, name, context)):
            message = f"no source shows {name} in {place}; it is shown in {places}"
            yield fail(pool.resource, message, *machine.path)


def _elsewhere(cloud: str, region: str, machine: str, context: Context) -> str:
    """Where sources show an accelerator machine that they do not show here; "" when they do, or know nothing of it."""
    row = catalogued(cloud, machine)
    machine = row.name if row else machine
    listed = catalog.offerings(cloud, machine)
    if not listed or catalog.offered(cloud, region_name(region, cloud), machine) is not None:
        return ""
    if any(fnmatchcase(f"{cloud}:{region}:{machine}", each) for each in context.settings.capacity.also_offered):
        return ""
    names = sorted({row.region for row in listed})
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


@rule(
    "zones-sell-accelerator",
    "region",
    types=POOLS,
    baseline=Level.MANDATORY,
    description="A pool is pinned to zones of its own region, and to none where its accelerator is not sold.",
    rationale="A pool over a zone without the machine grows nowhere there, and some clouds refuse it as a whole.",
    remediation="Name only zones that sell the machine.",
    references=["skypilot-catalog (Apache-2.0), zones of accelerator machines"],
    settings=["capacity"],
)
def zones_sell_accelerator(resource: Resource, context: Context) -> Iterator[Violation]:
    for pool in pools_of(resource):
        if pool.cloud == "aws":
            continue
        for zone in pool.zones:
            yield from _of_zone(pool, zone, context)


def _of_zone(pool: Pool, zone: Value, context: Context) -> Iterator[Violation]:
    name, region = zone.text, pool.resource.region.quietly().text
    if name is None:
        return
    if pool.cloud == "azure":
        if name not in ("1", "2", "3"):
            yield fail(pool.resource, f"{name!r} is no zone; allowed: 1, 2, 3", *zone.path)
        return
    if region and region_name(name, "gcp") != region:
        yield fail(pool.resource, f"{name} is not a zone of {region}", *zone.path)
        return
    for row in pool.rows():
        offered = catalog.offered("gcp", region_name(name, "gcp"), row.name)
        asked = any(fnmatchcase(f"gcp:{name}:{row.name}", each) for each in context.settings.capacity.also_offered)
        if row.accelerator and offered and offered.zones and name not in offered.zones and not asked:
            message = f"{row.name} is not sold in {name}; it is in {', '.join(offered.zones)}"
            yield fail(pool.resource, message, *zone.path)
