"""What can be had: quotas, offers, capacity per zone, reservations. Rows of `limits` in the world; no row is no limit.

quota:<name>                  region: vCPUs (AWS, Azure) or devices (Google Cloud); `quota:spot:<name>` for spot
offered:<machine>             region or zone: 0 for not offered
capacity:<market>:<machine>   zone: machines that there are; market is on-demand, spot or capacity-block
reservation:<id>:<machine>    zone: machines that were reserved
"""

from collections import Counter
from dataclasses import dataclass

from intertie.lab.machines import Machine, find
from intertie.lab.world import Pool, World


@dataclass(frozen=True, slots=True)
class Shortage:
    """Why nodes cannot be had. kind: quota | offer | capacity | reservation."""

    kind: str
    what: str  # name of the quota, machine type, id of the reservation
    zone: str = ""
    wanted: int = 0
    limit: int = 0
    used: int = 0


def shortage(world: World, cloud: str, region: str, pool: Pool, more: int) -> Shortage | None:
    """What keeps a pool from growing by `more` nodes to its `desired`. It need not be in the world yet.

    Zones: the pool's nodes go wherever there are fewest of them, so a zone is short when all of them are.
    """
    if more <= 0:
        return None
    zones = pool.zones or ("",)
    offered = _offer(world, cloud, region, pool.machine, zones)
    if offered is not None:
        return offered
    short = _quota(world, cloud, region, pool, more)
    if short is not None:
        return short
    if pool.reservation:
        return _reservation(world, cloud, pool, more)
    rooms = {zone: room(world, cloud, region, zone, machine=pool.machine, market=pool.market) for zone in zones}
    if any(each is None for each in rooms.values()):
        return None
    left = sum(each or 0 for each in rooms.values())
    if left >= more:
        return None
    fullest = min(rooms, key=lambda zone: rooms[zone] or 0)
    return Shortage("capacity", pool.machine, fullest, more, left)


def room(world: World, cloud: str, region: str, zone: str, *, machine: str, market: str) -> int | None:
    """How many more machines of a type a zone has; None when nothing limits it."""
    limit = _limit(world, cloud, region, zone, f"capacity:{market}:{machine}")
    return None if limit is None else max(limit - _used(world, cloud, region, machine, market)[zone], 0)


def _used(world: World, cloud: str, region: str, machine: str, market: str) -> Counter[str]:
    """Machines per zone. A pool fills its zones evenly, and passes by those that have none left."""
    found: Counter[str] = Counter()
    for pool in _pools(world, cloud, region):
        if (pool.machine, pool.market) != (machine, market) or pool.reservation:
            continue
        zones = pool.zones or ("",)
        limits = {zone: _limit(world, cloud, region, zone, f"capacity:{market}:{machine}") for zone in zones}
        own: Counter[str] = Counter()
        for _ in range(pool.desired):
            has_room = [zone for zone in zones if (most := limits[zone]) is None or found[zone] + own[zone] < most]
            own[min(has_room or zones, key=lambda zone: own[zone])] += 1
        found += own
    return found


def _pools(world: World, cloud: str, region: str | None = None) -> list[Pool]:
    here = {each.id for each in world.clusters() if each.cloud == cloud and region in (None, each.region)}
    return [pool for pool in world.pools() if pool.cluster in here]


def _limit(world: World, cloud: str, region: str, zone: str, what: str) -> int | None:
    rows = world.query(
        "select amount from limits where cloud = ? and region in (?, '*') and zone in (?, '*') and what = ?"
        " order by zone = '*', region = '*' limit 1",
        cloud, region, zone, what,
    )  # fmt: skip
    return rows[0][0] if rows else None


def _offer(world: World, cloud: str, region: str, machine: str, zones: tuple[str, ...]) -> Shortage | None:
    """Not offered in any of the pool's zones."""
    offers = {zone: _limit(world, cloud, region, zone, f"offered:{machine}") for zone in zones}
    if all(offer == 0 for offer in offers.values()):
        return Shortage("offer", machine, zones[0])
    return None


def _quota(world: World, cloud: str, region: str, pool: Pool, more: int) -> Shortage | None:
    machine = find(cloud, pool.machine)
    if machine is None or not machine.quota:
        return None
    spot = pool.market == "spot"
    name = f"spot:{machine.quota}" if spot else machine.quota
    limit = _limit(world, cloud, region, "", f"quota:{name}")
    if limit is None:
        return None
    used = sum(
        _units(cloud, other) * each.desired
        for each in _pools(world, cloud, region)
        for other in [find(cloud, each.machine)]
        if other is not None and other.quota == machine.quota and (each.market == "spot") == spot
        if (each.cluster, each.name) != (pool.cluster, pool.name)
    )
    used += _units(cloud, machine) * max(pool.desired - more, 0)
    wanted = _units(cloud, machine) * more
    return Shortage("quota", name, "", wanted, limit, used) if used + wanted > limit else None


def _units(cloud: str, machine: Machine) -> int:
    """What one machine takes of its quota: vCPUs, on Google Cloud its devices where it has any."""
    devices = sum(count for name, count in machine.devices.items() if not name.startswith("vpc.amazonaws.com/"))
    return devices if cloud == "gcp" and devices else machine.vcpus


def _reservation(world: World, cloud: str, pool: Pool, more: int) -> Shortage | None:
    """A reservation gives its own machines, in its own zone, and no more than were reserved."""
    rows = world.query(
        "select zone, what, amount from limits where cloud = ? and what like ?",
        cloud,
        f"reservation:{pool.reservation}:%",
    )
    if not rows:
        return None
    zone, what, amount = rows[0]
    fits = what.rpartition(":")[2] == pool.machine and (zone in ("", "*") or zone in pool.zones)
    used = sum(
        each.desired
        for each in _pools(world, cloud)
        if each.reservation == pool.reservation and (each.cluster, each.name) != (pool.cluster, pool.name)
    )
    used += max(pool.desired - more, 0)
    if fits and used + more <= amount:
        return None
    return Shortage("reservation", pool.reservation, zone, more, amount if fits else 0, used)
