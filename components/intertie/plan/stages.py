"""Stage plans: a stage with its image, replicas, pools and figures, on CPU or on accelerators."""

from collections.abc import Sequence

from intertie.catalog import Throughput
from intertie.plan.candidate import Candidate
from intertie.plan.cpu import GENERAL
from intertie.plan.models import figures
from intertie.plan.pools import accelerator_pools, racks
from intertie.plan.site import Site
from intertie.plan.startup import startup
from intertie.plan.throughput import DERATE_SOURCE, longer_prompts, nearest_of, throughput
from intertie.plan.tiers import replicas
from intertie.plan.trail import Trail
from intertie.plan.types import PoolPlan, StagePlan, ThroughputPlan
from intertie.spec import CapacityKind, Environment, Role, StageSpec


def cpu_stage(site: Site, stage: StageSpec, pools: tuple[str, ...], trail: Trail) -> StagePlan:
    """A stage on CPU. `pools`: names of the pools it may run on."""
    low, high = _replicas(site, stage, trail)
    return StagePlan(
        name=stage.name,
        spec=stage,
        image=stage.image or "",
        arch=("amd64",),
        min_replicas=low,
        max_replicas=high,
        pools=pools or (GENERAL,),
        load_seconds=_load(stage, "", trail),
    )


def accelerator_stage(
    site: Site, stage: StageSpec, found: Candidate, trail: Trail
) -> tuple[StagePlan, tuple[PoolPlan, ...]]:
    """A stage on the accelerators that were chosen for it, and its pools."""
    pools = accelerator_pools(site, stage, found, trail)
    _note_ladder(site, stage, found, trail)
    room = sum(rack.replicas for rack in racks(stage, found))
    return resolved(site, stage, found, trail, pools=pools, room=room), pools


def resolved(
    site: Site, stage: StageSpec, found: Candidate, trail: Trail, *, pools: Sequence[PoolPlan], room: int
) -> StagePlan:
    """The stage plan of a candidate on these pools. `room`: most replicas that they can hold."""
    low, high = _replicas(site, stage, trail)
    accelerator, sized = found.accelerator, found.sizing
    return StagePlan(
        name=stage.name,
        spec=stage,
        image=found.image.reference,
        arch=tuple(sorted({pool.arch for pool in pools})),
        min_replicas=low,
        max_replicas=high,
        pools=tuple(pool.name for pool in pools),
        load_seconds=_load(stage, accelerator.vendor, trail),
        accelerator=accelerator.name,
        vendor=accelerator.vendor,
        resource=accelerator.resource,
        per_pod=sized.accelerators // sized.nodes * accelerator.devices,
        sizing=sized,
        throughput=_objective(site, stage, found, room, trail),
    )


def _replicas(site: Site, stage: StageSpec, trail: Trail) -> tuple[int, int]:
    low, high = replicas(site.where.standby, stage.replicas, accelerated=bool(stage.accelerators))
    described = (
        f"{stage.replicas.min} to {stage.replicas.max} are described, and the tier is {site.where.standby.value}"
    )
    trail.choose(f"stages[{stage.name}].replicas", f"{low} to {high}", described)
    return low, high


def _load(stage: StageSpec, vendor: str, trail: Trail) -> int:
    found = startup(stage, vendor)
    trail.choose(f"stages[{stage.name}].load_time", f"{found.seconds} s", found.why, (), found.source)
    return found.seconds


def _objective(site: Site, stage: StageSpec, found: Candidate, room: int, trail: Trail) -> ThroughputPlan:
    """Replicas for the objective; more than the description or the ladder allows is a problem."""
    model, sized = stage.model, found.sizing
    rows = figures(model.id, model.precision.value, found.accelerator.name) if model else ()
    made = throughput(stage, found.accelerator.name, sized.accelerators, rows)
    path, wanted = site.stage_path(stage), stage.objective.tokens_per_second if stage.objective else None
    _record(stage, made, wanted, sized.accelerators, trail)
    _note_objective(site, stage, found, made, rows, trail)
    needed = made.replicas_for_objective or 0
    if needed > stage.replicas.max:
        trail.problem(
            f"{path}.replicas.max",
            stage.replicas.max,
            f"at least {needed}",
            f"{wanted:g} tokens/s at {made.per_replica:g} per replica ({made.basis}); or lower the objective",
            made.source,
        )
    elif needed > room:
        trail.problem(
            f"{site.path}.capacity.{stage.name}", f"room for {room} replicas", f"room for {needed}",
            f"the objective of {wanted:g} tokens/s needs them: raise `count` or add a step",
        )  # fmt: skip
    return made


def _note_objective(  # noqa: PLR0917
    site: Site, stage: StageSpec, found: Candidate, made: ThroughputPlan, rows: Sequence[Throughput], trail: Trail
) -> None:
    """What the figures do not say of the objective."""
    objective, place, accelerator = stage.objective, f"stages[{stage.name}]", found.accelerator.name
    if objective is None:
        return
    if objective.ttft_p95 is not None:
        trail.note(
            f"{place}: the time to the first token cannot be derived from a description; measure it "
            f"against `objective.ttft_p95` ({objective.ttft_p95})"
        )
    if objective.tokens_per_second is None:
        return
    if made.per_replica is None:
        trail.note(
            f"{place}: no figure says what {accelerator} does for this model; measure one replica and "
            f"write `throughput: {{{accelerator}: <tokens per second>}}` in {site.stage_path(stage)}"
        )
    elif made.basis == "published":
        longer = longer_prompts(nearest_of(rows, objective, found.sizing.accelerators), objective)
        if longer:
            trail.note(f"{place}: {longer}: fewer tokens per second will come; measure one replica")


def _record(stage: StageSpec, made: ThroughputPlan, wanted: float | None, accelerators: int, trail: Trail) -> None:
    path = f"stages[{stage.name}].throughput"
    if made.per_replica is None:
        trail.choose(path, "unknown", "no measurement in the description and no published figure")
        return
    why = made.basis
    if made.basis != "measured":
        why += f" at full load, times {_accelerators(accelerators)}, {made.derate:.0%} of it counted"
    aim = f"; {_replicas_of(made)} for {wanted:g} tokens/s" if wanted is not None else ""
    source = made.source if made.basis == "measured" else f"{made.source}; {DERATE_SOURCE}"
    trail.choose(path, f"{made.per_replica:g} tokens/s per replica", why + aim, (), source)


def _accelerators(count: int) -> str:
    return f"{count} accelerator{'s' if count != 1 else ''}"


def _replicas_of(made: ThroughputPlan) -> str:
    count = made.replicas_for_objective
    return f"{count} replica{'s' if count != 1 else ''}"


def _note_ladder(site: Site, stage: StageSpec, found: Candidate, trail: Trail) -> None:
    """What a ladder means for operation, though it is legal."""
    kinds = [rung.step.claim.kind for rung in found.rungs]
    production = site.spec.environment is Environment.PRODUCTION
    if set(kinds) == {CapacityKind.SPOT} and production and site.where.role is Role.PRIMARY:
        trail.note(f"stages[{stage.name}]: spot is its whole ladder: the cloud may take every node back")
    for rung in found.rungs:
        step, end = rung.step, getattr(rung.step.claim, "end", None)
        if step.claim.kind is CapacityKind.FLEX_START:
            trail.note(f"{step.path}: nodes of flex-start are queued for and live {step.rule.max_days} days at most")
        if found.sizing.nodes > 1 and not found.topology and "compact-placement" in step.rule.excludes:
            trail.note(f"{step.path}: nodes of one replica may stand apart: {step.kind} excludes compact placement")
        if end is not None:
            trail.note(
                f"{step.path}: outside of its window, until {end.isoformat()}, {step.kind} has no nodes: "
                "another step must hold the floor by then"
            )
