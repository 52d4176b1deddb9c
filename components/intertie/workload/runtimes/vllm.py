"""vLLM. Options, entry point and launch over several nodes as the source distribution of the pinned release says."""

import re
from collections.abc import Mapping

from intertie import catalog
from intertie.contract import ClusterHandle
from intertie.plan import StagePlan
from intertie.spec import ModelSpec
from intertie.workload.manifest import Joined
from intertie.workload.runtimes.launch import (
    GROUP_SIZE,
    LEADER_ADDRESS,
    WORKER_INDEX,
    Launch,
    Option,
    RunAs,
    arguments,
    given_options,
    own_image,
    pinned,
    weights_location,
)
from intertie.workload.runtimes.launch import quantized_name as _quantized

QUEUE_METRIC: str | None = "vllm:num_requests_waiting"
METRICS_PORT: int | None = None
OWNED: Mapping[str, str] = {
    "--model": "model.id",
    "--revision": "model.revision",
    "--max-model-len": "model.context",
    "--host": "nothing: pods listen on their address",
    "--port": "port",
    "--tensor-parallel-size": "parallelism.tensor",
    "-tp": "parallelism.tensor",
    "--pipeline-parallel-size": "parallelism.pipeline",
    "-pp": "parallelism.pipeline",
    "--nnodes": "parallelism.pipeline",
    "-n": "parallelism.pipeline",
    "--node-rank": "nothing: the group decides",
    "-r": "nothing: the group decides",
    "--master-addr": "nothing: the group decides",
    "--headless": "nothing: the group decides",
    "--shutdown-timeout": "grace",
    "--api-key": "endpoint.auth: arguments are no place for secrets",
    "--hf-token": "model.token_secret: arguments are no place for secrets",
}

_DTYPE = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
_KV_CACHE = {"fp8": "fp8", "bf16": "bfloat16", "fp16": "float16"}
_STREAMS = frozenset({"nvidia", "amd"})
"""Vendors for which the release documents loading from object stores with the Run:ai Model Streamer."""
_CORES = {"inferentia2": 2, "trainium1": 2, "trainium2": 4}
"""Logical cores of one accelerator, which tensor parallelism counts there (AWS Neuron documentation, logical cores)."""
_NONROOT = RunAs(user=2000, group=0)
"""The user that the image for NVIDIA is prepared for (docs/deployment/docker.md, run as a non-root user)."""
_CACHE = "/cache"


def canonical(option: str) -> str:
    """`--max_model_len=8` → `--max-model-len`, `-cc.mode` → `-cc`, `-O3` → `--optimization-level`."""
    name = option.split("=", 1)[0]
    if re.fullmatch(r"-O\.?\w*", name):
        return "--optimization-level"
    name = name.split(".", 1)[0]
    return name.replace("_", "-") if name.startswith("--") else name


def launch(stage: StagePlan, handle: ClusterHandle) -> Launch:
    """`vllm serve` with what the plan decided; the other pods of a group run it without the API server."""
    model = _model(stage)
    row = pinned(stage)
    streamed = weights_location(stage, handle) if stage.vendor in _STREAMS and not own_image(stage) else None
    given = [canonical(option) for _, option in given_options(stage.spec.args)]
    options = [*_options(stage, model, streamed), *_group(stage), *_drain(stage)]
    api = [("--host", "0.0.0.0"), ("--port", str(stage.spec.port))]  # noqa: S104  pods are reached at their address
    place = (streamed if streamed is not None else model.id,)
    return Launch(
        command=row.entrypoint if row is not None else ("vllm", "serve"),
        args=(*place, *arguments([*api, *options], given, stage.spec.args)),
        worker_args=(*place, *arguments([("--headless", None), *options], given, stage.spec.args)),
        env=_environment(stage),
        health="/health",
        routes=("/v1",),
        downloads=streamed is None,
        buffer_variable="RUNAI_STREAMER_MEMORY_LIMIT" if streamed is not None else None,
        run_as=_NONROOT if stage.vendor == "nvidia" and not own_image(stage) else None,
    )


def _model(stage: StagePlan) -> ModelSpec:
    if stage.spec.model is None:
        raise ValueError(f"stage {stage.name!r} has no model: the plan refuses that")
    return stage.spec.model


def _options(stage: StagePlan, model: ModelSpec, streamed: str | Joined | None) -> list[Option]:
    options: list[Option] = [("--served-model-name", model.id)]
    if streamed is not None:
        options += [("--load-format", "runai_streamer")]
    elif model.revision:
        options += [("--revision", model.revision)]
    options += [("--max-model-len", str(model.context)), ("--max-num-seqs", str(model.concurrency))]
    options += [("--tensor-parallel-size", str(_tensor(stage)))]
    if stage.sizing is not None and stage.sizing.pipeline > 1:
        options += [("--pipeline-parallel-size", str(stage.sizing.pipeline))]
    if stage.vendor == "neuron":
        options += [("--no-enable-prefix-caching", None)] if stage.accelerator != "trainium2" else []
    else:
        options += [("--gpu-memory-utilization", "0.9")]
    options += _precision(stage, model)
    return options


def _precision(stage: StagePlan, model: ModelSpec) -> list[Option]:
    """How weights and cache are held. A checkpoint that is stored quantized says by itself how it is read."""
    options: list[Option] = []
    if dtype := _DTYPE.get(model.precision):
        options += [("--dtype", dtype)]
    elif model.precision == "fp8" and stage.vendor in ("nvidia", "amd") and not _quantized(model.id):
        options += [("--quantization", "fp8")]
    if model.kv_precision is not None and (cache := _KV_CACHE.get(model.kv_precision)):
        options += [("--kv-cache-dtype", cache)]
    return options


def _tensor(stage: StagePlan) -> int:
    accelerators = stage.sizing.tensor if stage.sizing is not None else stage.per_pod
    return accelerators * _CORES.get(stage.accelerator, 1)


def _group(stage: StagePlan) -> list[Option]:
    """One process group over the nodes of a replica (docs/deployment/frameworks/lws.md, multiprocessing)."""
    if not stage.multi_node:
        return []
    return [("--nnodes", GROUP_SIZE), ("--node-rank", WORKER_INDEX), ("--master-addr", LEADER_ADDRESS)]


def _drain(stage: StagePlan) -> list[Option]:
    """Time for streams to end, where the image's release takes it: older ones end them at once."""
    row = pinned(stage)
    if row is None or own_image(stage) or "--shutdown-timeout" not in catalog.runtime_options("vllm", row.version):
        return []
    return [("--shutdown-timeout", str(stage.grace_seconds))]


def _environment(stage: StagePlan) -> dict[str, str]:
    environment = {"HF_HOME": f"{_CACHE}/huggingface", "VLLM_CACHE_ROOT": f"{_CACHE}/vllm", "VLLM_NO_USAGE_STATS": "1"}
    if stage.vendor == "neuron":  # compiling takes longer than the plugin waits by itself
        wait = str(stage.load_seconds)
        environment |= {"VLLM_NEURON_COMPILATION_TIMEOUT": wait, "VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS": wait}
    return environment
