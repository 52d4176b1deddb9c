"""Whether an address range that a user gives can be used, and where ranges of one pipeline meet."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from intertie.plan.addresses import pools_of, slots
from intertie.plan.trail import Trail

_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_SHARED = IPv4Network("100.64.0.0/10")
_TAKEN = {
    "*": (
        (IPv4Network("172.17.0.0/16"), "Docker's bridge on the nodes", "Docker documentation, default bridge network"),
        (IPv4Network("169.254.0.0/16"), "link-local addresses", "RFC 3927"),
    ),
    "azure": tuple(
        (IPv4Network(cidr), "addresses that AKS keeps for itself", "AKS documentation, networking prerequisites")
        for cidr in ("172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24")
    ),
}


@dataclass(frozen=True, slots=True)
class Range:
    """One range of one placement. `field` is `cidr` or `pods` of its `network`; `given`: written by the user."""

    network: IPv4Network
    placement: str
    field: str
    given: bool

    @property
    def first(self) -> int:
        return int(self.network.network_address)

    @property
    def last(self) -> int:
        return int(self.network.broadcast_address)

    def __str__(self) -> str:
        owner = f"placement {self.placement!r}"
        return f"{self.network} ({'given' if self.given else 'by default'}, {self.field} of {owner})"


def usable(text: str, field: str, cloud: str, path: str, trail: Trail) -> IPv4Network | None:
    """The range that `text` names, or None and a problem that says what is wrong with it."""
    shortest, longest = (16, 20) if field == "cidr" else (14, 20)
    homes = _PRIVATE if field == "cidr" else (*_PRIVATE, _SHARED)
    allowed = f"a range /{shortest} to /{longest} inside {', '.join(map(str, homes))}"
    try:
        network = IPv4Network(text)
    except ValueError as error:
        loose = _without_host_bits(text)
        trail.problem(path, text, allowed, f"write {loose}" if loose else f"not a range: {error}")
        return None
    if not shortest <= network.prefixlen <= longest:
        trail.problem(path, text, allowed, f"its size is /{network.prefixlen}")
        return None
    if not any(network.subnet_of(home) for home in homes):
        trail.problem(path, text, allowed, "other addresses belong to the internet", "RFC 1918, RFC 6598")
        return None
    for reserved, what, source in (*_TAKEN["*"], *_TAKEN.get(cloud, ())):
        if network.overlaps(reserved):
            trail.problem(path, text, f"a range apart from {reserved}", f"{reserved} is for {what}", source)
            return None
    return network


def _without_host_bits(text: str) -> str:
    try:
        return str(IPv4Network(text, strict=False))
    except ValueError:
        return ""


def meetings(ranges: Sequence[Range]) -> dict[Range, Range]:
    """For every range that overlaps another: one that it overlaps. One sweep: linear but for the sorting."""
    met: dict[Range, Range] = {}
    widest: Range | None = None
    for current in sorted(ranges, key=lambda r: (r.first, r.last, r.placement, r.field)):
        if widest is not None and current.first <= widest.last:
            met.setdefault(current, widest)
            met.setdefault(widest, current)
        if widest is None or current.last > widest.last:
            widest = current
    return met


class FreeSlots:
    """Default ranges that no range touches, handed out so that no two placements are told to take the same one."""

    def __init__(self, ranges: Sequence[Range]) -> None:
        self._firsts: list[int] = []
        self._reach: list[int] = []  # the last address of any range up to here
        for each in sorted(ranges, key=lambda r: (r.first, r.last)):
            self._firsts.append(each.first)
            self._reach.append(max(each.last, self._reach[-1] if self._reach else 0))
        self._free: dict[tuple[IPv4Network, ...], list[IPv4Network]] = {}
        self._handed: set[IPv4Network] = set()

    def like(self, wanted: IPv4Network) -> IPv4Network | None:
        """The first from `wanted`'s place onward; one a second time when there are no more; None: all are taken."""
        pools = pools_of(wanted)
        if pools not in self._free:
            self._free[pools] = [slot for slot in slots(pools) if self._untouched(slot)]
        free = self._free[pools]
        place = bisect_left(free, wanted)
        around = free[place:] + free[:place]
        found = next((slot for slot in around if slot not in self._handed), around[0] if around else None)
        if found is not None:
            self._handed.add(found)
        return found

    def _untouched(self, slot: IPv4Network) -> bool:
        before = bisect_right(self._firsts, int(slot.broadcast_address))
        return before == 0 or self._reach[before - 1] < int(slot.network_address)
