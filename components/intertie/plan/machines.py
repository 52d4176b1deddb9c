"""Which machine types can take a step of a ladder, and why the others cannot."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from intertie import catalog
from intertie.plan.hosts import replicas_on
from intertie.plan.ladder import Step
from intertie.plan.site import Site
from intertie.plan.trail import listed
from intertie.plan.zones import in_zones
from intertie.spec import StageSpec


@dataclass(frozen=True, slots=True)
class Options:
    """Machine types that can take a step, smallest first, and the reason why there are no others."""

    step: Step
    machines: tuple[catalog.Machine, ...]
    reason: str

    def most(self, *, fabric: bool = False) -> int:
        """Accelerators of the largest one (with a fabric between machines, if asked)."""
        return max((row.count for row in self.machines if not fabric or row.fabric != "none"), default=0)

    def smallest(self, per_node: int, *, fabric: bool) -> catalog.Machine | None:
        """The smallest one with that many accelerators."""
        fitting = (row for row in self.machines if row.count >= per_node and (not fabric or row.fabric != "none"))
        return next(fitting, None)


Test = tuple[Callable[[catalog.Machine], bool], str]


def options(site: Site, stage: StageSpec, step: Step, accelerator: str, named: frozenset[str]) -> Options:
    """Machine types of `accelerator` for one step. `named`: types that the stage's ladder names itself."""
    rows = catalog.machines(site.cloud, accelerator)
    if not rows:
        return Options(step, (), f"no machine type of {site.cloud} has it")
    if step.claim.machine is not None:
        rows = tuple(row for row in rows if row.name == step.claim.machine)
        if not rows:
            return Options(step, (), _other_accelerator(site, step))
    reasons = []
    for passes, why in _tests(site, stage, step, named):
        kept = tuple(row for row in rows if passes(row))
        dropped = [row.name for row in rows if row not in kept]
        if dropped:
            reasons.append(why.format(machines=listed(dropped, 3)))
        rows = kept
    return Options(step, rows, f"{step.kind}: {'; '.join(reasons)}" if reasons else "")


def _other_accelerator(site: Site, step: Step) -> str:
    try:
        has = catalog.machine(site.cloud, step.claim.machine or "").accelerator
    except KeyError:
        has = None
    return f"{step.path} names {step.claim.machine}, which has {has or 'no accelerator that is known'}"


def _tests(site: Site, stage: StageSpec, step: Step, named: frozenset[str]) -> tuple[Test, ...]:
    """What a machine type must pass, with the reason for those that do not."""
    region, cloud = site.where.region, site.cloud
    hint = "name the machine in `capacity` if your account has it"

    def shown(row: catalog.Machine) -> bool:
        return row.name in named or catalog.offered(cloud, region, row.name) is not None

    def in_place(row: catalog.Machine) -> bool:
        return in_zones(site, step.claim, catalog.offered(cloud, region, row.name)) is not None

    return (
        (lambda row: step.kind in row.kinds, f"{{machines}} cannot be had as {step.kind}"),
        (shown, f"no source shows {{machines}} in {region}; {hint}"),
        (in_place, f"no source shows {{machines}} in {listed(site.where.zones)}; name the zone in `capacity`"),
        (lambda row: replicas_on(row, stage, 0) > 0, "`resources` of the stage are more than {machines} has left"),
    )  # fmt: skip


def named_machines(steps: Iterable[Step]) -> frozenset[str]:
    return frozenset(step.claim.machine for step in steps if step.claim.machine)
