"""Whom a placement's alerts reach: desks with addresses, and which severities each gets."""

from dataclasses import dataclass

from intertie.plan.site import Site
from intertie.plan.trail import Trail, listed
from intertie.plan.types import Plan
from intertie.spec import Adopt, Tier

SEVERITY = {"page": "critical", "ticket": "warning"}
"""Field of the description → severity of the rules that it is told of."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One group of people. `severities`: of the rules that they are told of; the first is the worst."""

    name: str  # page | ticket
    severities: tuple[str, ...]
    addresses: tuple[str, ...]


def desks(plan: Plan) -> tuple[Desk, ...]:
    """Who is told, the most urgent first. One desk for all where the description names no other; () for nobody."""
    told = plan.spec.alerts
    if told is None:
        return ()
    if not told.ticket:
        return (Desk("page", tuple(SEVERITY.values()), _once(told.page)),)
    return (Desk("page", (SEVERITY["page"],), _once(told.page)),
            Desk("ticket", (SEVERITY["ticket"],), _once(told.ticket)))  # fmt: skip


def desk_of(plan: Plan, severity: str) -> Desk | None:
    """Who is told of rules of this severity; None: nobody."""
    return next((desk for desk in desks(plan) if severity in desk.severities), None)


def check_recipients(site: Site, trail: Trail) -> None:
    """Records whom alerts reach, or says that nobody is woken where somebody would count on it."""
    told = site.spec.alerts
    if site.where.adopt is not None:
        if told is not None or _counted_on(site):
            trail.note(_others(site.name, site.where.adopt))
    elif told is not None:
        others = f"; warnings go to {listed(_once(told.ticket))}" if told.ticket else ""
        trail.choose(f"{site.path}.alerts", listed(_once(told.page)), f"`alerts` of the description{others}")
    elif _counted_on(site):
        trail.note(
            f"alerts of {site.name} fire and reach nobody: nobody will be woken; add `alerts: oncall@example.com`"
        )


def _others(name: str, adopt: Adopt) -> str:
    """Who sees to it that somebody is woken on a cluster that others run."""
    if adopt.collector is not None and adopt.collector.takes_rules:
        return (
            f"alerts of {name} are rules in the adopted cluster, labelled with their severity: whom they reach is set "
            "by whoever runs its Alertmanager, and `alerts` is not told to it"
        )
    return f"no alert of {name} reaches anybody: whoever runs the adopted cluster has its alert rules"


def _counted_on(site: Site) -> bool:
    """Whether somebody would count on being woken: in production, where something runs that has alerts."""
    return str(site.spec.environment) == "production" and site.where.standby != Tier.COLD


def _once(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(addresses))
