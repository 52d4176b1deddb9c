"""Zones: how each cloud writes them, which of them a pool lies in, and which the cluster's subnets need."""

import re
from collections.abc import Iterable

from intertie import catalog
from intertie.plan.site import Site
from intertie.plan.trail import Trail, listed
from intertie.spec import Claim
from intertie.spec.wording import did_you_mean

MOST = 4  # the address plan has four private and four public ranges
_SPELLING = {
    "aws": (r"{region}[a-z]", "the region and a letter, for example {region}a (use1-az1 is an id, not a name)"),
    "azure": (r"[1-3]", "1, 2 or 3"),
    "gcp": (r"{region}-[a-z][a-z0-9]*", "the region, a hyphen and a letter, for example {region}-b"),
}  # fmt: skip
_TWO_ZONES = "Amazon EKS user guide, VPC and subnet requirements: subnets in at least two zones"


def check_zone(site: Site, zone: str, path: str, trail: Trail) -> None:
    """A zone that is not one of the region's: a problem with how the cloud writes it."""
    spelling = _SPELLING.get(site.cloud)
    if spelling is None:
        return
    pattern, allowed = (text.format(region=site.where.region) for text in spelling)
    known = site.region.zones if site.region is not None else ()
    if zone in known:
        return
    if known:
        source = site.region.fact.source if site.region else ""
        trail.problem(path, zone, f"a zone of {site.where.region}: {listed(known)}", did_you_mean(zone, known), source)
    elif re.fullmatch(pattern, zone) is None:
        trail.problem(path, zone, allowed, f"zones of {site.cloud} are written {allowed}")


def check_zones(site: Site, trail: Trail) -> None:
    """The placement's own list."""
    zones = site.where.zones
    for index, zone in enumerate(zones):
        check_zone(site, zone, f"{site.path}.zones[{index}]", trail)
        if zone in zones[:index]:
            trail.problem(f"{site.path}.zones[{index}]", zone, "each zone once")


def single_zone(site: Site, claim: Claim) -> str | None:
    """The one zone that the user names for a claim: its own, or the placement's only one."""
    if claim.zone is not None:
        return claim.zone
    return site.where.zones[0] if len(site.where.zones) == 1 else None


def in_zones(site: Site, claim: Claim, offering: catalog.Offering | None) -> tuple[str, ...] | None:
    """Zones in which the machine can stand; () is the cloud's choice, None means that none of the named has it.

    A zone in the claim is the user's own knowledge of the account and is taken as it is.
    """
    if claim.zone is not None:
        return (claim.zone,)
    shown = offering.zones if offering is not None else ()
    if not site.where.zones or not shown:
        return site.where.zones or shown
    return tuple(zone for zone in site.where.zones if zone in shown) or None


def pool_zones(
    site: Site, claim: Claim, machine: catalog.Machine, *, hosts: int, path: str, trail: Trail
) -> tuple[str, ...]:
    """Zones of an accelerator pool, recorded with the reason. `hosts`: machines that must stand close together."""
    offering = catalog.offered(site.cloud, site.where.region, machine.name)
    zones = in_zones(site, claim, offering) or ()
    if site.cloud == "azure" and machine.fabric == "infiniband" and claim.zone is None:
        why = "InfiniBand machines stand in one scale set, and its pool names no zone"
        trail.choose(path, "the cloud's choice", why, (), "AKS documentation, InfiniBand node pools")
        if site.where.zones:
            trail.note(f"{path}: `zones` is not applied to {machine.name}: {why}")
        return ()
    if hosts > 1 and len(zones) != 1 and site.cloud != "azure":
        return _one_zone(site, zones, path, trail)
    source = offering.fact.source if offering is not None and zones and not site.where.zones else ""
    trail.choose(path, listed(zones) if zones else "the cloud's choice", _why(site, claim, zones), (), source)
    return zones


def _why(site: Site, claim: Claim, zones: tuple[str, ...]) -> str:
    if claim.zone is not None:
        return "`zone` of the claim"
    if site.where.zones:
        return "`zones` of the placement"
    return "zones in which the machine type is shown" if zones else "no zone is named, and no source says which have it"


def _one_zone(site: Site, zones: tuple[str, ...], path: str, trail: Trail) -> tuple[str, ...]:
    """A replica over several machines stands in one zone: its fabric does not leave it."""
    if zones and not site.where.zones:
        trail.choose(path, zones[0], "the first zone that has the machine type: a replica over several stands in one")
        return zones[:1]
    trail.problem(
        f"{site.path}.zones",
        listed(zones),
        "one zone for machines that share a fabric",
        "name the zone that has the machine type in your account, in `zones` or as `zone` in `capacity`",
        "EFA, GPUDirect and ICI do not cross zones (Amazon EC2 user guide; GKE documentation, compact placement)",
    )
    return zones[:1]


def network_zones(site: Site, used: Iterable[str], trail: Trail) -> tuple[str, ...]:
    """Zones of the cluster's own subnets: those that pools use, filled up to what the cloud asks for."""
    named = sorted({*site.where.zones, *used})
    if len(named) > MOST:
        trail.problem(f"{site.path}.zones", listed(named), f"at most {MOST} zones: the address plan has room for them")
        return tuple(named[:MOST])
    if site.cloud == "aws":
        return _aws_zones(site, named, trail)
    spare = site.region.zones if site.region is not None else ()
    return tuple(sorted({*named, *[zone for zone in spare if zone not in named][: max(0, 3 - len(named))]}))


def _aws_zones(site: Site, named: list[str], trail: Trail) -> tuple[str, ...]:
    """EKS needs two zones. Their names differ by account, so those that are not named are said to be assumed."""
    if len(named) >= 2:
        return tuple(named)
    assumed = [zone for letter in "abc" if (zone := f"{site.where.region}{letter}") not in named][: 2 - len(named)]
    every = tuple(sorted([*named, *assumed]))
    trail.note(
        f"EKS needs subnets in two zones: {listed(assumed)} assumed; write "
        f"`zones: [{', '.join(every)}]` with names that your account has"
    )
    trail.choose(f"{site.path}.network.zones", listed(every), "two zones for the control plane", (), _TWO_ZONES)
    return every
