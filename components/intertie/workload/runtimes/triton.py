"""NVIDIA Triton Inference Server: serves a model repository that lies in the weights bucket."""

from collections.abc import Mapping

from intertie.contract import ClusterHandle
from intertie.errors import PlanError, Problem
from intertie.plan import StagePlan
from intertie.workload.runtimes.launch import Launch, Option, arguments, given_options, pinned, weights_location

QUEUE_METRIC: str | None = "nv_inference_pending_request_count"
METRICS_PORT: int | None = 8002
OWNED: Mapping[str, str] = {
    "--http-port": "port",
    "--allow-metrics": "nothing: replicas are scaled on them, so they are always on",
    "--metrics-port": "nothing: it is where the scaler looks",
    "--exit-timeout-secs": "grace",
}


def canonical(option: str) -> str:
    """`--model-repository=s3://…` → `--model-repository`."""
    return option.split("=", 1)[0]


def launch(stage: StagePlan, handle: ClusterHandle) -> Launch:
    """`tritonserver` on the repository in the bucket, or on the one that the user's arguments name.

    Raises PlanError when there is neither: this server fetches nothing from the hub.
    """
    given = [canonical(option) for _, option in given_options(stage.spec.args)]
    repository = weights_location(stage, handle)
    if repository is None and "--model-repository" not in given:
        raise PlanError(handle.name, [_no_repository(stage)])
    options: list[Option] = [
        ("--model-repository", repository),
        ("--http-port", str(stage.spec.port)),
        ("--metrics-port", str(METRICS_PORT)),
        ("--exit-timeout-secs", str(stage.grace_seconds)),
    ]
    row = pinned(stage)
    return Launch(
        command=row.entrypoint if row is not None else ("tritonserver",),
        args=arguments(options, given, stage.spec.args),
        health="/v2/health/ready",
        live="/v2/health/live",
        routes=("/v2",),
    )


def _no_repository(stage: StagePlan) -> Problem:
    return Problem(
        path=f"stages[{stage.name}].runtime",
        found="triton on a cluster without a weights bucket",
        allowed="a model repository in object storage",
        hint="give `adopt.weights`, or `args: [--model-repository, ...]`",
        source="Triton Inference Server documentation, model repository",
    )
