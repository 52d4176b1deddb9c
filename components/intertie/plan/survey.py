"""What all placements of a pipeline say together: addresses, residency, connections.

Made once per description and shared by its plans, so that planning stays linear in the number of placements.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network
from weakref import ReferenceType, ref

from intertie import catalog
from intertie.errors import Problem
from intertie.plan.addresses import default_network, default_pods
from intertie.plan.ranges import FreeSlots, Range, meetings, usable
from intertie.plan.residency import jurisdiction_of
from intertie.plan.trail import Trail
from intertie.spec import Access, Cloud, PipelineSpec, PlacementSpec
from intertie.spec.checks import check
from intertie.spec.wording import path_of


@dataclass(frozen=True, slots=True)
class Ranges:
    """The ranges of one placement, and what is wrong with what the user wrote. `pods` is None on EKS."""

    network: IPv4Network
    pods: IPv4Network | None
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A range of a placement, one that it overlaps, and one that is free to take instead."""

    mine: Range
    other: Range
    free: IPv4Network | None


@dataclass(frozen=True, slots=True)
class Survey:
    """What concerns more than one placement."""

    ranges: dict[str, Ranges]
    met: dict[str, tuple[Meeting, ...]]  # by placement
    outside: tuple[str, ...]  # placements whose jurisdiction the residency does not name
    laws: frozenset[str]  # every jurisdiction that the catalogue or a placement names
    refused: tuple[Problem, ...]  # what is wrong with the description itself, when no reader has looked at it
    apart: tuple[tuple[str, ...], ...]  # groups of clouds that no interconnect joins, for a private endpoint


_latest: tuple[ReferenceType[PipelineSpec], Survey] | None = None


def survey(spec: PipelineSpec) -> Survey:
    """The survey of a description; the latest one is kept while its description lives."""
    global _latest  # noqa: PLW0603  one entry, replaced whole: the result never depends on it
    if _latest is not None and _latest[0]() is spec:
        return _latest[1]
    made = _survey(spec)
    _latest = (ref(spec), made)
    return made


def _survey(spec: PipelineSpec) -> Survey:
    ranges = {name: _ranges(spec.name, name, where) for name, where in spec.placements.items()}
    every = tuple(
        Range(network, name, field, getattr(spec.placements[name].network, field) is not None)
        for name, own in ranges.items()
        for field, network in (("cidr", own.network), ("pods", own.pods))
        if network is not None and _has_network(spec.placements[name], field)
    )
    laws = {name: jurisdiction_of(where) for name, where in spec.placements.items()}
    outside = tuple(name for name, law in laws.items() if law is not None and law not in spec.residency)
    known = {region.jurisdiction for region in catalog.regions()} | {law for law in laws.values() if law}
    return Survey(ranges, _by_placement(ranges, every), outside, frozenset(known), _refused(spec), _apart(spec))


def _refused(spec: PipelineSpec) -> tuple[Problem, ...]:
    """A description that was made in Python has passed no reader: names may point nowhere, stages wait in a circle."""
    refusals = check(spec.model_dump(mode="json"))
    return tuple(Problem(path_of(each.loc), each.found, each.allowed, each.hint) for each in refusals)


def _by_placement(ranges: dict[str, Ranges], every: tuple[Range, ...]) -> dict[str, tuple[Meeting, ...]]:
    met, free = meetings(every), FreeSlots(every)
    grouped: dict[str, list[Meeting]] = {}
    for mine in filter(met.__contains__, every):  # in the order of the description
        instead = free.like(_default_of(mine, ranges[mine.placement]))
        grouped.setdefault(mine.placement, []).append(Meeting(mine, met[mine], instead))
    return {name: tuple(meetings) for name, meetings in grouped.items()}


def _has_network(where: PlacementSpec, field: str) -> bool:
    """An adopted cluster has a network of its own, known only when it is written."""
    return where.adopt is None or getattr(where.network, field) is not None


def _ranges(pipeline: str, name: str, where: PlacementSpec) -> Ranges:
    trail = Trail()
    path = f"placements.{name}.network"
    network, pods = default_network(pipeline, name), default_pods(pipeline, name)
    if where.network.cidr is not None:
        network = usable(where.network.cidr, "cidr", where.cloud, f"{path}.cidr", trail) or network
    if where.network.pods is not None:
        pods = usable(where.network.pods, "pods", where.cloud, f"{path}.pods", trail) or pods
        if where.cloud == "aws" and where.adopt is None:
            trail.problem(
                f"{path}.pods", where.network.pods, "nothing on aws", "take it out: pods get addresses of the subnets",
                "Amazon EKS user guide, VPC CNI",
            )  # fmt: skip
    return Ranges(network, None if where.cloud == "aws" else pods, tuple(trail.problems))


def check_ranges(name: str, found: Survey, trail: Trail) -> Ranges:
    """The placement's ranges; a range that another placement has too is a problem with a free one to take instead."""
    own = found.ranges[name]
    trail.problems.extend(own.problems)
    for met in found.met.get(name, ()):
        field = met.mine.field
        trail.problem(
            f"placements.{name}.network.{field}",
            f"{met.mine} overlaps {met.other}",
            "ranges that do not overlap, so that the networks can be connected",
            f"write `network: {{{field}: {met.free}}}` in whichever of the two is not live yet" if met.free else
            "every default range is taken: give each placement a smaller range of its own",
        )  # fmt: skip
    return own


def _default_of(mine: Range, own: Ranges) -> IPv4Network:
    """Where to look for a free slot from: the range itself when it is a slot, else the start of its pool."""
    start = IPv4Network("100.64.0.0/18") if mine.field == "pods" else IPv4Network("10.64.0.0/18")
    wanted = own.pods if mine.field == "pods" else own.network
    return wanted if wanted is not None and not mine.given else start


def _apart(spec: PipelineSpec) -> tuple[tuple[str, ...], ...]:
    """Groups of networks without a connection between the groups. Placements of one cloud count as one."""
    net = {name: _network_of(name, where) for name, where in spec.placements.items()}
    group = {each: {each} for each in net.values()}
    if spec.endpoint is None or spec.endpoint.access is not Access.PRIVATE or len(group) < 2:
        return ()
    for name, where in spec.placements.items():
        for other in where.network.interconnects:
            if other.to in net:
                joined = group[net[name]] | group[net[other.to]]
                group.update(dict.fromkeys(joined, joined))
    groups = sorted({tuple(sorted(members)) for members in group.values()})
    return tuple(groups) if len(groups) > 1 else ()


def _network_of(name: str, where: PlacementSpec) -> str:
    """The cloud; a cluster that no cloud runs stands alone: nothing says that two of them are connected."""
    return name if where.cloud is Cloud.OTHER else where.cloud.value
