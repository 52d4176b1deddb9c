"""What a model needs of accelerator memory: weights, key-value cache, and what the runtime needs besides.

weights        parameters × bytes of the precision
cache          2 × layers × kv heads × head size × bytes × context × concurrency
overhead       per accelerator: activations, captured graphs, communication buffers
"""

import math
from dataclasses import dataclass

from intertie import catalog
from intertie.plan.models import shape
from intertie.spec import ModelSpec

GIB = 2**30
BYTES = {
    "fp32": 4.0, "bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int8": 1.0,
    "fp4": 0.5625, "int4": 0.5625,  # 4 bits and one 8-bit scale per 16 values, as NVFP4 stores them
}  # fmt: skip

RUNTIME_SHARE = 0.9  # of an accelerator, that a runtime is told to take (vLLM: --gpu-memory-utilization)
GRAPHS_GIB = 1.0
BUFFERS_GIB, BUFFERS_ALONE_GIB = 0.55, 0.15
ACTIVATIONS_GIB, ACTIVATIONS_SMALL_GIB = 7.4, 1.9
LARGE_GIB = 70 * RUNTIME_SHARE
OVERHEAD_SOURCE = (
    "llm-d memory profiles of vLLM 0.11 on H100: activations up to 7.4 GiB, graphs up to 1.03, buffers 0.13 alone and "
    "0.55 in a group; below 70 GiB vLLM batches a quarter of the tokens, so a quarter of the activations is counted"
)


@dataclass(frozen=True, slots=True)
class Need:
    """Memory of one replica before it is spread, in GiB. `layers` and `kv_heads` are None when they are unknown."""

    weights_gib: float
    cache_gib: float
    layers: int | None
    kv_heads: int | None
    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class Share:
    """What the fullest accelerator of a replica holds, in GiB."""

    weights_gib: float
    cache_gib: float
    overhead_gib: float

    @property
    def total(self) -> float:
        return self.weights_gib + self.cache_gib + self.overhead_gib


def need_of(model: ModelSpec) -> Need:
    """The memory that one replica needs; the shape is the user's, else the catalogue's, else estimated."""
    weights = model.parameters * BYTES[model.precision] / GIB
    cache_bytes = BYTES[model.kv_precision] if model.kv_precision else 2.0
    tokens = model.context * model.concurrency
    layers, kv_heads, width, basis, source = _shape(model)
    cache = 2 * (layers or 1) * width * cache_bytes * tokens / GIB
    if layers is None:
        cache *= _estimated_layers(model.parameters)
    return Need(weights, cache, layers, kv_heads, basis, source)


def _shape(model: ModelSpec) -> tuple[int | None, int | None, float, str, str]:
    """Layers, kv heads, width of one layer's keys, in what the figures rest on, and where they are from."""
    given = model.architecture
    if given is not None:
        return given.layers, given.kv_heads, given.kv_heads * given.head_dim, "shape from the description", ""
    known = shape(model.id)
    if known is not None:
        width = known.kv_heads * known.head_dim
        return known.layers, known.kv_heads, width, f"shape of {known.id} from the catalogue", known.fact.source
    width = max(1024.0, _estimated_hidden(model.parameters) / 4)
    basis = (
        "shape unknown: estimated from the number of parameters as a dense transformer with hidden size = 128 × layers "
        "and keys of a quarter of it, 1024 at least; give `model.architecture` to replace the estimate"
    )
    return None, None, width, basis, ""


def _estimated_hidden(parameters: int) -> float:
    """Hidden size of a dense transformer: parameters = 12 × layers × hidden², layers = hidden ÷ 128."""
    return (parameters * 128 / 12) ** (1 / 3)


def _estimated_layers(parameters: int) -> int:
    return max(1, math.ceil(_estimated_hidden(parameters) / 128))


def usable_gib(accelerator: catalog.Accelerator) -> float:
    """What the runtime takes of one accelerator."""
    return accelerator.usable_mib / 1024 * RUNTIME_SHARE


def overhead_gib(usable: float, group: int) -> float:
    """Activations, graphs and buffers on one accelerator of a replica that has `group` of them."""
    activations = ACTIVATIONS_GIB if usable >= LARGE_GIB else ACTIVATIONS_SMALL_GIB
    return activations + GRAPHS_GIB + (BUFFERS_ALONE_GIB if group == 1 else BUFFERS_GIB)


def share(need: Need, usable: float, tensor: int, pipeline: int) -> Share:
    """What the fullest accelerator holds under tensor × pipeline parallelism.

    Layers do not split evenly, and a key-value head is copied when there are more accelerators than heads.
    """
    part = math.ceil(need.layers / pipeline) / need.layers if need.layers else 1 / pipeline
    heads = min(tensor, need.kv_heads) if need.kv_heads else tensor
    return Share(
        need.weights_gib * part / tensor, need.cache_gib * part / heads, overhead_gib(usable, tensor * pipeline)
    )
