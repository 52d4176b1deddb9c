"""Reservations that several steps of a placement name: each is of one machine type, in one zone, and counted once.

Azure's are named by their group, which may hold several machine types and zones: nothing can be said of those.
"""

from dataclasses import dataclass

from intertie.plan.site import Site
from intertie.plan.trail import Trail, listed
from intertie.spec import CapacityKind, Claim

ONE_MACHINE = (
    CapacityKind.ODCR, CapacityKind.CAPACITY_BLOCK, CapacityKind.RESERVATION, CapacityKind.FUTURE_RESERVATION,
)  # fmt: skip
"""Kinds whose identifier names one machine type in one zone."""


@dataclass(frozen=True, slots=True)
class Use:
    """One step that names a reservation."""

    stage: str
    rank: int
    claim: Claim

    def path(self, site: Site) -> str:
        return f"{site.path}.capacity.{self.stage}[{self.rank}]"


def check_reservations(site: Site, trail: Trail) -> None:
    """What the steps of all stages say of the same reservation must agree."""
    for name, uses in _uses(site).items():
        first = uses[0]
        for use in uses[1:]:
            _check_pair(site, name, first, use, trail)
        stages = list(dict.fromkeys(use.stage for use in uses))
        if len(stages) > 1:
            trail.note(
                f"the reservation {name} is for the stages {listed(stages)}: what their steps `count` together is "
                "what must be reserved"
            )


def _uses(site: Site) -> dict[str, list[Use]]:
    """Steps by the reservation that they name."""
    found: dict[str, list[Use]] = {}
    for stage, claims in site.where.capacity.items():
        for rank, claim in enumerate(claims):
            # the same step twice is a problem already
            if claim.kind in ONE_MACHINE and claim not in claims[:rank]:
                found.setdefault(getattr(claim, "id", ""), []).append(Use(stage, rank, claim))
    return found


def _check_pair(site: Site, name: str, first: Use, use: Use, trail: Trail) -> None:
    if use.stage == first.stage:
        trail.problem(
            f"{use.path(site)}.id", f"{name} a second time", "each reservation once in a ladder",
            "write what is reserved as the `count` of one step",
        )  # fmt: skip
    for field in ("kind", "machine", "zone"):
        here, there = getattr(use.claim, field), getattr(first.claim, field)
        if here is not None and there is not None and here != there:
            trail.problem(
                f"{use.path(site)}.{field}", f"{here}, and {there} at {first.path(site)}",
                f"one {field} for the reservation {name}", "a reservation is of one machine type in one zone",
            )  # fmt: skip
