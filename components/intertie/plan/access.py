"""The endpoint: where it leads, who can reach it, and whether the networks behind it are connected."""

from intertie.plan.site import Site
from intertie.plan.survey import Survey
from intertie.plan.trail import Trail
from intertie.spec import AuthKind


def check_access(site: Site, found: Survey, trail: Trail) -> None:
    """What the endpoint asks for at this placement."""
    endpoint = site.spec.endpoint
    if endpoint is None:
        return
    entry = endpoint.stage or next(stage.name for stage in site.spec.stages if not stage.after)
    why = "`stage` of the endpoint" if endpoint.stage else "the only stage that follows no other"
    trail.choose("endpoint.stage", entry, why)
    if endpoint.auth.kind is AuthKind.OIDC and endpoint.auth.issuer is None:
        trail.note("endpoint.auth: no issuer is named, so the gateway refuses every request until one is")
    if found.apart:
        groups = "; ".join(" + ".join(group) for group in found.apart)
        trail.problem(
            f"{site.path}.network.interconnects",
            f"a private endpoint over clouds that are not connected: {groups}",
            "networks that reach each other",
            "name connected placements in `network: {interconnects: [...]}` (with `{to: …, kind: vpn}` Intertie "
            "connects them), or make the endpoint public",
        )
