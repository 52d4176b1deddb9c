"""The connections with other placements that Intertie makes: peerings on one cloud, tunnels between two.

Either end may name a connection; both have it. All of it follows from the description: who asks, which addresses the
tunnels have inside, which numbers the routers have. What only the clouds know, each end is told (`peers.py`).
"""

from collections.abc import Iterator
from hashlib import sha256
from ipaddress import IPv4Network

from intertie.plan.links import Link, Tunnel
from intertie.plan.site import Site
from intertie.plan.survey import Survey
from intertie.plan.trail import Trail, listed
from intertie.plan.types import AddressPlan
from intertie.spec import PipelineSpec, PlacementSpec, Tier
from intertie.spec.interconnect import Interconnect, InterconnectKind

FIRST_ASN, ASNS = 64512, 1003
"""Private numbers (RFC 6996) below those that Azure keeps, 65515 and 65517 to 65520 (VPN Gateway documentation)."""
INSIDE = (IPv4Network("169.254.21.0/24"), IPv4Network("169.254.22.0/24"))
"""Link-local addresses that a gateway of every cloud takes: Azure takes no others (VPN Gateway documentation, BGP)."""
_BUILT = (InterconnectKind.PEERING, InterconnectKind.VPN)

Named = tuple[str, int, Interconnect]
"""A connection as it is written: at which placement, at which place of its list."""


def links(site: Site, addresses: AddressPlan, found: Survey, trail: Trail) -> tuple[Link, ...]:
    """What Intertie makes at this end, in the order of the other ends' names; problems for what cannot be made."""
    named = {other: each for other, each in _named(site.spec, site.name, trail).items() if each[2].kind in _BUILT}
    made: list[Link] = []
    for other, each in sorted(named.items()):
        if _possible(site, other, each, trail) and _has_networks(site, other, trail):
            made.append(_link(site, other, each[2], addresses, found))
    _check_asns(site, made, trail)
    _check_insides(site, made, trail)
    for link in made:
        what = f"{link.kind}, {len(link.tunnels)} tunnels" if link.tunnels else link.kind
        why = f"reaches {listed(link.ranges)} there, and is reached at {listed(link.own_ranges)}"
        trail.choose(f"{site.path}.network.interconnects.{link.placement}", what, why)
    return tuple(made)


def _named(spec: PipelineSpec, name: str, trail: Trail) -> dict[str, Named]:
    """Other end → the connection, wherever it is named. Named twice, it must be the same."""
    seen: dict[str, Named] = {}
    for here, other, each in _of(spec, name):
        before = seen.setdefault(other, each)
        if before[2].kind is not each[2].kind or before[2].inside != each[2].inside:
            trail.problem(
                f"placements.{each[0]}.network.interconnects[{each[1]}]",
                f"{each[2].kind} between {here} and {other}, which {_path(before)} says otherwise",
                "one connection between two placements", "say it once: either end is enough",
            )  # fmt: skip
    return seen


def _of(spec: PipelineSpec, name: str) -> Iterator[tuple[str, str, Named]]:
    for placement, where in spec.placements.items():
        for index, each in enumerate(where.network.interconnects):
            if placement == name:
                yield name, each.to, (placement, index, each)
            elif each.to == name:
                yield name, placement, (placement, index, each)


def _path(named: Named) -> str:
    return f"placements.{named[0]}.network.interconnects[{named[1]}]"


def _possible(site: Site, other: str, named: Named, trail: Trail) -> bool:
    """Peering is within a cloud, tunnels are between two, and both are of networks that Intertie makes."""
    there, kind, path = site.spec.placements[other], named[2].kind, f"{_path(named)}.kind"
    adopted = [name for name, where in ((site.name, site.where), (other, there)) if where.adopt is not None]
    if adopted:
        trail.problem(
            path, f"{kind} with {listed(adopted)}, whose cluster is adopted", "external",
            "its network is not ours: connect it yourself, and name it without a kind",
        )  # fmt: skip
    elif kind is InterconnectKind.PEERING and there.cloud is not site.where.cloud:
        trail.problem(path, f"peering between {site.cloud} and {there.cloud}", "vpn: peering is within one cloud")
    elif kind is InterconnectKind.VPN and there.cloud is site.where.cloud:
        trail.problem(path, f"vpn within {site.cloud}", "peering: it needs no gateways, which are paid by the hour")
    else:
        return _usable_inside(named, trail)
    return False


def _usable_inside(named: Named, trail: Trail) -> bool:
    given = named[2].inside
    if given is None:
        return True
    try:
        network = IPv4Network(given)
    except ValueError:
        network = None
    if network is not None and network.prefixlen == 28 and any(network.subnet_of(each) for each in INSIDE):
        return True
    allowed = f"a range /28 of {listed(map(str, INSIDE))}, named by its first address"
    trail.problem(f"{_path(named)}.inside", given, allowed, "", "Azure VPN Gateway documentation, BGP: APIPA addresses")
    return False


def _has_networks(site: Site, other: str, trail: Trail) -> bool:
    """A cold placement has no network: what leads nowhere is not paid for."""
    there = site.spec.placements[other]
    cold = [name for name, where in ((site.name, site.where), (other, there)) if where.standby is Tier.COLD]
    if cold:
        trail.note(f"interconnect of {site.name} and {other}: {listed(cold)} is cold and has no network; none is made")
    return not cold


def _link(site: Site, other: str, named: Interconnect, addresses: AddressPlan, found: Survey) -> Link:
    there = site.spec.placements[other]
    vpn = named.kind is InterconnectKind.VPN
    return Link(
        kind=named.kind.value,
        placement=other,
        cloud=there.cloud.value,
        region=there.region,
        account=there.account.id if there.account is not None else "",
        own_ranges=_reached(site.where, addresses.nodes, addresses.pods),
        ranges=_reached(there, *_ranges_of(other, found)),
        asks=site.name < other,
        own_asn=asn(site.spec.name, site.name, site.where) if vpn else 0,
        asn=asn(site.spec.name, other, there) if vpn else 0,
        tunnels=_tunnels(site, other, named) if vpn else (),
    )


def _ranges_of(other: str, found: Survey) -> tuple[str, str]:
    own = found.ranges[other]
    nodes = str(next(own.network.subnets()))
    return nodes, str(own.pods) if own.pods is not None else nodes


def _reached(where: PlacementSpec, nodes: str, pods: str) -> tuple[str, ...]:
    """Nodes, and with them load balancers; pods where they speak to other networks by addresses of their own (GKE)."""
    return (nodes, pods) if where.cloud == "gcp" else (nodes,)


def asn(pipeline: str, placement: str, where: PlacementSpec) -> int:
    """Number of the placement's router: as it is given, else one of 1003 by a hash of the two names."""
    return where.network.asn or FIRST_ASN + _number(f"asn/{pipeline}/{placement}", ASNS)


def _number(text: str, most: int) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big") % most


def _tunnels(site: Site, other: str, named: Interconnect) -> tuple[Tunnel, ...]:
    """Two gateways with two addresses each make two tunnels; AWS has two of its own for each of the other's two.

    Inside a tunnel AWS takes the first address and leaves the second to the other end; else the end that asks does.
    """
    aws = [name for name in (site.name, other) if site.spec.placements[name].cloud == "aws"]
    first = aws[0] if aws else min(site.name, other)
    made: list[Tunnel] = []
    for number, inside in enumerate(list(_inside(site, other, named).subnets(new_prefix=30))[: 4 if aws else 2]):
        low, high = map(str, inside.hosts())
        mine, theirs = (low, high) if first == site.name else (high, low)
        at = {name: number if not aws or name == first else number // 2 for name in (site.name, other)}
        made.append(Tunnel(at[site.name], at[other], str(inside), mine, theirs))
    return tuple(made)


def _inside(site: Site, other: str, named: Interconnect) -> IPv4Network:
    if named.inside is not None:
        return IPv4Network(named.inside)
    every = _slots()
    return every[_number(f"inside/{site.spec.name}/{'/'.join(sorted((site.name, other)))}", len(every))]


def _slots() -> list[IPv4Network]:
    """Ranges /28: the first of each range stays free, since some clouds keep its first addresses."""
    return [each for home in INSIDE for each in list(home.subnets(new_prefix=28))[1:]]


def _check_asns(site: Site, made: list[Link], trail: Trail) -> None:
    """Routers that share a number drop each other's routes, and so do two neighbours of one."""
    taken: dict[int, str] = {}
    for link in made:
        if not link.tunnels:
            continue
        taken.setdefault(link.own_asn, site.name)
        if taken.setdefault(link.asn, link.placement) != link.placement:
            free = next(number for number in range(FIRST_ASN, FIRST_ASN + ASNS) if number not in taken)
            trail.problem(
                f"placements.{link.placement}.network.asn",
                f"{link.asn}, which {taken[link.asn]} has too",
                "numbers that differ between connected placements",
                f"write `network: {{asn: {free}}}`",
            )  # fmt: skip


def _check_insides(site: Site, made: list[Link], trail: Trail) -> None:
    """The tunnels of one gateway differ inside."""
    taken: dict[str, str] = {}
    for link in made:
        for tunnel in link.tunnels:
            first = taken.setdefault(tunnel.inside, link.placement)
            if first != link.placement:
                trail.problem(
                    f"{site.path}.network.interconnects",
                    f"tunnels to {first} and {link.placement} that both have {tunnel.inside} inside",
                    "tunnels whose addresses inside differ",
                    f"give one of them `inside`, a /28 of {listed(map(str, INSIDE))}",
                )
                break
