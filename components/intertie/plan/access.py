"""The endpoint: who can reach it, where it leads, and whether the networks behind it are connected."""

from intertie.plan.site import Site
from intertie.plan.survey import Survey
from intertie.plan.trail import Trail, did_you_mean, listed
from intertie.spec import Access, AuthKind, EndpointSpec


def check_access(site: Site, found: Survey, trail: Trail) -> None:
    """Everything that the endpoint and the interconnects ask for."""
    _check_interconnects(site, trail)
    endpoint = site.spec.endpoint
    if endpoint is None:
        return
    _check_entry(site, endpoint, trail)
    if endpoint.access is Access.PUBLIC and not endpoint.allow:
        trail.problem("endpoint.allow", "none", "the ranges that may connect", "a public endpoint names them")
    if endpoint.auth.kind is AuthKind.OIDC and endpoint.auth.issuer is None:
        trail.note("endpoint.auth: no issuer is named, so the gateway refuses every request until one is")
    if found.apart:
        groups = "; ".join(" + ".join(group) for group in found.apart)
        trail.problem(
            f"{site.path}.network.interconnects",
            f"a private endpoint over clouds that are not connected: {groups}",
            "networks that reach each other",
            "name connected placements in `network: {interconnects: [...]}`, or make the endpoint public",
        )


def _check_interconnects(site: Site, trail: Trail) -> None:
    names = site.spec.placements
    for index, other in enumerate(site.where.network.interconnects):
        path = f"{site.path}.network.interconnects[{index}]"
        if other == site.name:
            trail.problem(path, other, "another placement", "a network is connected to itself anyway")
        elif other not in names:
            trail.problem(path, other, f"a placement: {listed(names)}", did_you_mean(other, names))


def _check_entry(site: Site, endpoint: EndpointSpec, trail: Trail) -> None:
    """The stage that takes the requests: the one that is named, else the only one that follows no other."""
    stages = [stage.name for stage in site.spec.stages]
    first = [stage.name for stage in site.spec.stages if not stage.after]
    if endpoint.stage is not None and endpoint.stage not in stages:
        hint = did_you_mean(endpoint.stage, stages)
        trail.problem("endpoint.stage", endpoint.stage, f"a stage: {listed(stages)}", hint)
    elif endpoint.stage is None and len(first) > 1:
        trail.problem(
            "endpoint.stage", "none", f"one of {listed(first)}", "several stages follow no other: name the entry"
        )
    elif endpoint.stage is not None or first:
        entry = endpoint.stage or first[0]
        why = "`stage` of the endpoint" if endpoint.stage else "the only stage that follows no other"
        trail.choose("endpoint.stage", entry, why)
