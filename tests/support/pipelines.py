"""Descriptions with one accelerator stage, to be varied by a test, and what the plan says of them."""

from typing import Any

from intertie import catalog
from intertie.errors import PlanError, Problem
from intertie.plan import Plan, resolve
from intertie.spec import PipelineSpec

REGION = {"aws": "us-east-1", "azure": "swedencentral", "gcp": "europe-west4"}
SMALL_MODEL = {"id": "meta-llama/Llama-3.1-8B-Instruct", "parameters": "8e9", "precision": "bf16", "concurrency": 1}
PREPARE = {"name": "prepare", "image": "ghcr.io/acme/prepare:1.0", "replicas": {"min": 2, "max": 6}}
EVERYWHERE = sorted({row.jurisdiction for row in catalog.regions()})


def generate(**changes: Any) -> dict[str, Any]:
    """A vLLM stage on H100; a change of None takes the key out."""
    stage = {
        "name": "generate",
        "runtime": "vllm",
        "model": SMALL_MODEL,
        "accelerators": ["h100"],
        "replicas": {"min": 1, "max": 8},
        **changes,
    }
    return {key: value for key, value in stage.items() if value is not None}


def pipeline(
    cloud: str = "aws",
    *,
    stages: list[dict[str, Any]] | None = None,
    stage: dict[str, Any] | None = None,
    where: dict[str, Any] | None = None,
    others: dict[str, dict[str, Any]] | None = None,
    **changes: Any,
) -> PipelineSpec:
    """One placement `here` on a cloud. `stage` and `where` change the accelerator stage and the placement."""
    here = {"cloud": cloud, "region": REGION.get(cloud, "somewhere"), **(where or {})}
    data: dict[str, Any] = {
        "name": "chat",
        "owner": "search-platform",
        "cost_center": "ml-4711",
        "environment": "production",
        "residency": EVERYWHERE,
        "stages": stages if stages is not None else [PREPARE, {**generate(**(stage or {})), "after": ["prepare"]}],
        "placements": {"here": here, **(others or {})},
        **changes,
    }
    return PipelineSpec.model_validate(data)


def planned(cloud: str = "aws", placement: str = "here", **changes: Any) -> Plan:
    return resolve(pipeline(cloud, **changes), placement)


def problems(spec: PipelineSpec, placement: str = "here") -> tuple[Problem, ...]:
    """Everything that is wrong; () when there is a plan."""
    try:
        resolve(spec, placement)
    except PlanError as error:
        return error.problems
    return ()


def only_problem(spec: PipelineSpec, placement: str = "here") -> Problem:
    """The one thing that is wrong."""
    found = problems(spec, placement)
    assert len(found) == 1, "\n".join(map(str, found)) or "there is a plan"
    return found[0]


def choice(plan: Plan, path: str) -> Any:
    """The recorded decision about `path`."""
    return next(made for made in plan.choices if made.path == path)


def shown_in(cloud: str, accelerator: str, kind: str | None = None) -> str:
    """A region in which a source shows a machine type with the accelerator that can be had as `kind`; "" if none."""
    for row in catalog.machines(cloud, accelerator):
        if kind is None or kind in row.kinds:
            for offering in catalog.offerings(cloud, row.name):
                if any(region.name == offering.region for region in catalog.regions(cloud)):
                    return offering.region
    return ""
