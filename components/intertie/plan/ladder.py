"""The ladder of a stage: is each step legal on this cloud, complete, and in an order that makes sense?

What depends on the machine type is asked when accelerators are compared (`machines.py`).
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from intertie import catalog
from intertie.plan.site import Site
from intertie.plan.trail import Trail, listed
from intertie.plan.zones import check_zone, single_zone
from intertie.spec import CapacityKind, Claim, StageSpec
from intertie.spec.capacity import OnDemand, Spot
from intertie.spec.wording import did_you_mean

BOUGHT = frozenset(CapacityKind) - {CapacityKind.ON_DEMAND, CapacityKind.SPOT, CapacityKind.FLEX_START}
"""Kinds that are paid for whether they are used or not."""
_YEARS = range(2000, 2200)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a ladder that the cloud has. `default`: not written by the user, left out where it does not exist."""

    rank: int
    claim: Claim
    rule: catalog.KindRule
    path: str
    default: bool = False

    @property
    def kind(self) -> str:
        return self.claim.kind.value


def ladder(site: Site, stage: StageSpec, trail: Trail) -> tuple[Step, ...]:
    """The steps that can be used; everything wrong with the ladder as it is written becomes a problem."""
    path = f"{site.path}.capacity.{stage.name}"
    claims = site.where.capacity.get(stage.name)
    if claims is None:
        standard = (OnDemand(kind=CapacityKind.ON_DEMAND), Spot(kind=CapacityKind.SPOT))
        rules = [(claim, catalog.kind_rule(site.cloud, claim.kind.value)) for claim in standard]
        return tuple(Step(i, claim, rule, path, default=True) for i, (claim, rule) in enumerate(rules) if rule)
    _check_order(claims, path, trail)
    steps = []
    for rank, claim in enumerate(claims):
        rule = _check_kind(site, claim, f"{path}[{rank}]", trail)
        if rule is not None:
            steps.append(Step(rank, claim, rule, f"{path}[{rank}]"))
    for step in steps:
        _check_step(site, step, trail)
    return tuple(steps)


def check_adopted(site: Site, trail: Trail) -> None:
    """A ladder for a cluster that is adopted: nothing is obtained for it."""
    if site.where.adopt is None:
        return
    for name in site.where.capacity:
        path = f"{site.path}.capacity.{name}"
        trail.problem(path, name, "no ladder on an adopted cluster", "its pools are there already: take it out")


def _check_kind(site: Site, claim: Claim, path: str, trail: Trail) -> catalog.KindRule | None:
    rule = catalog.kind_rule(site.cloud, claim.kind.value)
    if rule is None:
        of_cloud = [row for row in catalog.kind_rules() if row.cloud == site.cloud]
        others = [row for row in catalog.kind_rules() if row.kind == claim.kind.value]
        trail.problem(
            f"{path}.kind",
            claim.kind.value,
            f"a kind that {site.cloud} has: {listed(row.kind for row in of_cloud)}",
            f"{claim.kind.value!r} is of {listed(row.cloud for row in others)}",
            others[0].fact.source if others else "",
        )
    return rule


def _check_step(site: Site, step: Step, trail: Trail) -> None:
    claim, rule, path = step.claim, step.rule, step.path
    identifier = getattr(claim, "id", None)
    if rule.id_pattern and identifier is not None and re.fullmatch(rule.id_pattern, identifier) is None:
        trail.problem(f"{path}.id", identifier, f"an identifier like {rule.id_pattern}", rule.note, rule.fact.source)
    if claim.zone is not None:
        check_zone(site, claim.zone, f"{path}.zone", trail)
        _check_own_zone(site, claim.zone, path, trail)
    zone, named = single_zone(site, claim), _zone_in(identifier)
    if rule.needs_zone and zone is None:
        trail.problem(
            f"{path}.zone",
            f"none for {step.kind}",
            "the one zone in which the capacity lies",
            f"write `zone: {named}`" if named else "which zone is the reservation in? write it as `zone`",
            rule.fact.source,
        )
    if zone is not None and named not in ("", zone):
        trail.problem(f"{path}.zone", f"{zone}, and {named} in `id`", "the zone that the reservation lies in",
                      f"write `zone: {named}`", rule.fact.source)  # fmt: skip
    _check_window(step, trail)
    _check_machine(site, step, trail)


def _zone_in(identifier: str | None) -> str:
    """The zone that a link to a reservation names (`projects/p/zones/z/reservations/r`), else ""."""
    found = re.search(r"(?:^|/)zones/([^/]+)/", identifier or "")
    return found.group(1) if found else ""


def _check_own_zone(site: Site, zone: str, path: str, trail: Trail) -> None:
    if site.where.zones and zone not in site.where.zones:
        trail.note(f"{path}: the zone {zone} is not among the placement's `zones`; the pool lies in it all the same")


def _check_window(step: Step, trail: Trail) -> None:
    """A window must be whole, and no longer than is sold. A plan does not depend on the day: it may be over."""
    claim, rule, path = step.claim, step.rule, step.path
    times: dict[str, datetime] = {}
    for name in ("start", "end"):
        time = getattr(claim, name, None)
        if time is None and rule.needs_window:
            trail.problem(
                f"{path}.{name}", f"none for {step.kind}", "the time with its zone, for example 2027-03-01T11:30:00Z",
                "the window is on the reservation", rule.fact.source,
            )  # fmt: skip
        elif time is not None and time.year not in _YEARS:
            # at the ends of the calendar, another zone's date is none
            trail.problem(f"{path}.{name}", time.isoformat(), f"a year from {_YEARS[0]} to {_YEARS[-1]}",
                          "copy it from the reservation", rule.fact.source)  # fmt: skip
        elif time is not None:
            times[name] = time
    if len(times) < 2:
        return
    length = times["end"] - times["start"]
    if rule.max_days is not None and length > timedelta(days=rule.max_days):
        found, allowed = f"{length} after start", f"at most {rule.max_days} days"
        trail.problem(f"{path}.end", found, allowed, rule.note, rule.fact.source)


def _check_machine(site: Site, step: Step, trail: Trail) -> None:
    name, path = step.claim.machine, f"{step.path}.machine"
    if name is None:
        if step.claim.kind is CapacityKind.CAPACITY_BLOCK:
            trail.problem(
                path, "none for capacity-block", "the machine type that the block is of",
                "the launch template must name it", step.rule.fact.source,
            )  # fmt: skip
        return
    try:
        machine = catalog.machine(site.cloud, name)
    except KeyError:
        known = [row.name for row in catalog.machines(site.cloud) if row.accelerator]
        hint = did_you_mean(name, known) or "`intertie catalog machines` lists them"
        trail.problem(path, name, f"a machine type of {site.cloud} that the catalogue knows", hint)
        return
    if machine.accelerator is None:
        trail.problem(path, name, "a machine type with accelerators", "the catalogue has it as a CPU machine",
                      machine.fact.source)  # fmt: skip


def _check_order(claims: tuple[Claim, ...], path: str, trail: Trail) -> None:
    later_than: Claim | None = None
    for rank, claim in enumerate(claims):
        if claim in claims[:rank]:
            trail.problem(f"{path}[{rank}]", claim.kind.value, "each step once")
        if claim.kind in BOUGHT and later_than is not None:
            trail.problem(
                f"{path}[{rank}]",
                f"{claim.kind.value} after {later_than.kind.value}",
                "reserved capacity first",
                "it is paid for whether it is used or not: use it before what is paid by the hour",
            )
        if claim.kind not in BOUGHT and later_than is None:
            later_than = claim
