"""Faults of a simulated cloud: what a scenario has prepared, and how it strikes.

A fault waits in the world until a call fits it: cloud, region, zone, type and operation (patterns), the nth call and
a span of virtual time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from intertie.lab.world import World

EFFECTS = {
    "refuse": "the call fails, nothing is made",
    "unhealthy": "it is made and stays, but does not come up; the engine keeps it and says why",
    "lost": "it is made, but the answer never arrives: an orphan",
    "throttle": "the call is refused for now; the provider asks again after a while, as often as it would",
    "slow": "the call takes longer",
    "invisible": "it is made, but others see it only later",
}
OPERATIONS = ("configure", "create", "read", "update", "delete", "invoke")
FOREVER = 2**53


@dataclass(frozen=True, slots=True)
class Call:
    """An operation that a fault may fit."""

    cloud: str
    region: str
    zones: tuple[str, ...]
    type: str
    operation: str
    at: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What strikes. `seconds` is for `slow` and `invisible`."""

    seq: int
    effect: str
    code: str
    message: str
    seconds: float = 0


def strike(world: World, call: Call, effects: Sequence[str]) -> Fault | None:
    """The first fault that fits a call and has one of the effects, used up by one time."""
    with world.transaction():
        rows = world.query(
            "select seq, cloud, region, zone, type, operation, skip, effect, code, message, seconds from faults"
            " where times > 0 and starts <= ? and ends > ? order by seq",
            call.at, call.at,
        )  # fmt: skip
        for seq, cloud, region, zone, type_, operation, skip, effect, code, message, seconds in rows:
            patterns = ((cloud, call.cloud), (region, call.region), (type_, call.type), (operation, call.operation))
            fits = all(fnmatchcase(value, pattern) for pattern, value in patterns)
            here = zone == "*" or any(fnmatchcase(each, zone) for each in call.zones)
            if not fits or not here or effect not in effects:
                continue
            if skip:
                world.query("update faults set skip = skip - 1 where seq = ?", seq)
                continue
            world.query("update faults set times = times - 1 where seq = ?", seq)
            return Fault(seq, effect, code, message, seconds)
    return None


def any_left(world: World) -> bool:
    """Whether there are faults at all: asking is cheaper than a transaction."""
    return bool(world.query("select 1 from faults where times > 0 limit 1"))
