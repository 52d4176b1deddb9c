"""What each stage must say so that it can be planned at all: image, model, accelerators."""

from intertie.plan.site import Site
from intertie.plan.trail import Trail
from intertie.spec import Runtime, StageSpec


def check_stage(site: Site, stage: StageSpec, trail: Trail) -> bool:
    """Whether the stage says enough to be planned; what it does not say becomes a problem."""
    path, runtime, before = site.stage_path(stage), stage.runtime.value, len(trail.problems)
    if not stage.accelerators:
        _check_cpu(stage, path, trail)
    elif stage.runtime is not Runtime.CUSTOM and stage.model is None:
        trail.problem(f"{path}.model", "none", f"the model that {runtime} serves", "write `model: {id, parameters}`")
    if stage.accelerator_count is not None and (stage.model is not None or not stage.accelerators):
        where = "a stage with a model" if stage.model is not None else "a CPU stage"
        trail.problem(
            f"{path}.accelerator_count", f"{stage.accelerator_count} on {where}", "nothing",
            "the number follows from the model; write `parallelism` to set it" if stage.model else "take it out",
        )  # fmt: skip
    return len(trail.problems) == before


def _check_cpu(stage: StageSpec, path: str, trail: Trail) -> None:
    runtime = stage.runtime.value
    if stage.runtime is not Runtime.CUSTOM:
        trail.problem(f"{path}.accelerators", "none", f"accelerators that {runtime} may use, best first")
    elif stage.image is None:
        trail.problem(f"{path}.image", "none", "the image of the stage", "a stage without a runtime brings its own")
    for field in ("model", "parallelism"):
        if stage.runtime is Runtime.CUSTOM and getattr(stage, field) is not None:
            trail.problem(
                f"{path}.{field}", "given", "nothing on a CPU stage", f"add `accelerators`, or take `{field}` out"
            )
