"""Substitution: the best acceptable accelerator that this placement can serve the stage on, and why not the others."""

from collections.abc import Sequence

from intertie import catalog
from intertie.plan.candidate import Candidate, evaluate
from intertie.plan.ladder import Step
from intertie.plan.memory import OVERHEAD_SOURCE
from intertie.plan.site import Site
from intertie.plan.sizing import need
from intertie.plan.trail import Trail, listed
from intertie.spec import CapacityKind, Runtime, StageSpec


def substitute(site: Site, stage: StageSpec, steps: Sequence[Step], trail: Trail) -> Candidate | None:
    """The first accelerator of the user's list that works here; None and a problem with all reasons when none does."""
    if not steps:
        return None
    rejected: list[tuple[str, str]] = []
    for position, name in enumerate(stage.accelerators):
        found = evaluate(site, stage, steps, name)
        if isinstance(found, str):
            rejected.append((name, found))
            continue
        later = [(other, "less preferred") for other in stage.accelerators[position + 1 :]]
        record(stage, found, [*rejected, *later], trail)
        _note(site, stage, found, trail)
        return found
    refuse(site, stage, rejected, trail)
    return None


def refuse(site: Site, stage: StageSpec, rejected: Sequence[tuple[str, str]], trail: Trail) -> None:
    """The problem of a stage that no acceptable accelerator can serve."""
    trail.problem(
        f"{site.stage_path(stage)}.accelerators",
        f"{listed(name for name, _ in rejected)} on {site.cloud} {site.where.region}",
        "an accelerator that can serve the stage here",
        "; ".join(f"{name}: {why}" for name, why in rejected),
    )


def record(stage: StageSpec, found: Candidate, rejected: Sequence[tuple[str, str]], trail: Trail) -> None:
    """The choices of accelerator, image and parallelism."""
    path, sized = f"stages[{stage.name}]", found.sizing
    first = "the first of the list that can be had here" if len(rejected) else "the only one that is acceptable"
    trail.choose(f"{path}.accelerator", found.accelerator.name, first, rejected, found.accelerator.fact.source)
    trail.choose(f"{path}.image", found.image.reference, found.image.why, (), found.image.source)
    if stage.model is not None:
        if need(stage).layers is None:
            trail.note(
                f"{path}: nothing is known of the shape of {stage.model.id}, so the size of its cache is an estimate; "
                "write `model.architecture` from its config.json"
            )
        figures = (
            f"{sized.weights_gib:.1f} GiB of weights, {sized.kv_cache_gib:.1f} GiB of cache and "
            f"{sized.overhead_gib:.1f} GiB of overhead on {sized.accelerators} × {sized.usable_gib:.1f} GiB usable; "
            f"{sized.basis}"
        )
    else:
        figures = sized.basis
    given = " (`parallelism` of the description, checked)" if stage.parallelism else ""
    spread = f"tensor {sized.tensor} × pipeline {sized.pipeline} on {sized.nodes} node{'s' if sized.nodes > 1 else ''}"
    trail.choose(f"{path}.parallelism", spread, figures + given, (), OVERHEAD_SOURCE if stage.model else "")


def _note(site: Site, stage: StageSpec, found: Candidate, trail: Trail) -> None:
    for why in found.left_out:
        trail.note(f"stages[{stage.name}]: a step of the default ladder is left out: {why}")
    if stage.image and stage.runtime is not Runtime.CUSTOM and found.accelerator.name not in stage.images:
        trail.note(
            f"stages[{stage.name}]: `image` is used on {found.accelerator.vendor} accelerators as it is; "
            f"write `images: {{{found.accelerator.name}: ...}}` if it is not built for them"
        )
    for rung in found.rungs:
        claim, path = rung.step.claim, rung.step.path
        if claim.machine and catalog.offered(site.cloud, site.where.region, claim.machine) is None:
            trail.note(f"{path}: no source shows {claim.machine} in {site.where.region}: the description is trusted")
        if claim.machine is None and getattr(claim, "id", None):
            trail.note(
                f"{path}: no `machine` is named, so {rung.machine.name} is assumed; "
                "a reservation of another machine type would not be used"
            )
        if claim.kind is CapacityKind.AZURE_BLOCK:
            trail.note(f"{path}: a block reservation is consumed by its id; creating one is not in the pinned SDK")
