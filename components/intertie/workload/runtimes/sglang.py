"""SGLang. Options and launch over several nodes as the package of the pinned release has them."""

from collections.abc import Mapping

from intertie.contract import ClusterHandle
from intertie.plan import StagePlan
from intertie.spec import ModelSpec
from intertie.workload.runtimes.launch import (
    GROUP_SIZE,
    LEADER_ADDRESS,
    WORKER_INDEX,
    Launch,
    Option,
    arguments,
    given_options,
    pinned,
    quantized_name,
)

QUEUE_METRIC: str | None = "sglang:num_queue_reqs"
METRICS_PORT: int | None = None
OWNED: Mapping[str, str] = {
    "--model-path": "model.id",
    "--model": "model.id",
    "--revision": "model.revision",
    "--context-length": "model.context",
    "--host": "nothing: pods listen on their address",
    "--port": "port",
    "--tp-size": "parallelism.tensor",
    "--tensor-parallel-size": "parallelism.tensor",
    "--pp-size": "parallelism.pipeline",
    "--pipeline-parallel-size": "parallelism.pipeline",
    "--nnodes": "parallelism.pipeline",
    "--node-rank": "nothing: the group decides",
    "--dist-init-addr": "nothing: the group decides",
    "--nccl-init-addr": "nothing: the group decides",
    "--enable-metrics": "nothing: replicas are scaled on them, so they are always on",
    "--api-key": "endpoint.auth: arguments are no place for secrets",
}

_DTYPE = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
_KV_CACHE = {"fp8": "fp8_e4m3", "bf16": "bfloat16"}
_GROUP_PORT = "20000"


def canonical(option: str) -> str:
    """`--context-length=8` → `--context-length`. Unlike vLLM's, its parser takes no underscores."""
    return option.split("=", 1)[0]


def launch(stage: StagePlan, handle: ClusterHandle) -> Launch:  # noqa: ARG001  every runtime is asked the same way
    """`sglang.launch_server` with what the plan decided.

    Weights come from the hub: the release reads object stores, but its image lacks the streamer's backends for them.
    """
    model = stage.spec.model
    if model is None:
        raise ValueError(f"stage {stage.name!r} has no model: the plan refuses that")
    row = pinned(stage)
    given = [canonical(option) for _, option in given_options(stage.spec.args)]
    options = [*_options(stage, model), *_group(stage)]
    args = arguments(options, given, stage.spec.args)
    return Launch(
        command=row.entrypoint if row is not None else ("python3", "-m", "sglang.launch_server"),
        args=args,
        worker_args=args,
        env={"HF_HOME": "/cache/huggingface", "XDG_CACHE_HOME": "/cache"},
        health="/health",
        routes=("/v1",),
        downloads=True,
    )


def _options(stage: StagePlan, model: ModelSpec) -> list[Option]:
    options: list[Option] = [("--model-path", model.id), ("--served-model-name", model.id)]
    if model.revision:
        options += [("--revision", model.revision)]
    options += [("--host", "0.0.0.0"), ("--port", str(stage.spec.port))]  # noqa: S104  pods are reached at their address
    options += [("--context-length", str(model.context)), ("--max-running-requests", str(model.concurrency))]
    tensor = stage.sizing.tensor if stage.sizing is not None else stage.per_pod
    options += [("--tp-size", str(tensor))]
    if stage.sizing is not None and stage.sizing.pipeline > 1:
        options += [("--pp-size", str(stage.sizing.pipeline))]
    options += [("--mem-fraction-static", "0.9"), ("--enable-metrics", None)]
    if dtype := _DTYPE.get(model.precision):
        options += [("--dtype", dtype)]
    elif model.precision == "fp8" and not quantized_name(model.id):
        options += [("--quantization", "fp8")]
    if model.kv_precision is not None and (cache := _KV_CACHE.get(model.kv_precision)):
        options += [("--kv-cache-dtype", cache)]
    return options


def _group(stage: StagePlan) -> list[Option]:
    if not stage.multi_node:
        return []
    address = f"{LEADER_ADDRESS}:{_GROUP_PORT}"
    return [("--nnodes", GROUP_SIZE), ("--node-rank", WORKER_INDEX), ("--dist-init-addr", address)]
