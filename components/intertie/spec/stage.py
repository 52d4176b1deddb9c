"""A stage: one containerized step of a pipeline, on CPU or on accelerators."""

import re
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from intertie import catalog
from intertie.spec.base import Slug, Spec
from intertie.spec.fields import Completed, NotAllowed, Number, Text, Whole
from intertie.spec.model import ModelSpec, Revision
from intertie.spec.units import Duration, Memory


class Runtime(StrEnum):
    """What serves the model. `custom` runs your image as it is."""

    VLLM = "vllm"
    SGLANG = "sglang"
    TRITON = "triton"
    CUSTOM = "custom"


ImageRef = Annotated[
    str,
    Text(
        r"^[a-z0-9]([a-z0-9._:/-]*[a-z0-9])?(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$",
        "an image such as ghcr.io/acme/prepare:1.4 or ghcr.io/acme/prepare@sha256:… (64 hexadecimal digits)",
        400,
        examples=("ghcr.io/acme/prepare@sha256:" + "0" * 64,),
    ),
]
"""A container image; by digest, so that every replica runs the same bytes."""


def _accelerators() -> list[str]:
    return [accelerator.name for accelerator in catalog.accelerators()]


AcceleratorName = Annotated[
    str,
    Text(r"^[a-z][a-z0-9-]*[a-z0-9]$", "an accelerator such as h100, a100-80gb or tpu-v6e, in lower case", 40),
    Completed(_accelerators),
]
"""Name in the catalogue (`intertie catalog accelerators`), for example `h100` or `tpu-v6e`."""

_RANGE = r"^\s*([0-9]{1,10})\s*\.\.\s*([0-9]{1,10})\s*$"

EnvName = Annotated[
    str, Text(r"^[A-Za-z_][A-Za-z0-9_]*$", "the name of a variable: letters, digits and `_`, no digit first", 100)
]


def _replicas(value: Any) -> Any:
    """`3` and `2..8` → `{min, max}`, once, on reading."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"min": value, "max": value}
    if isinstance(value, str) and (match := re.fullmatch(_RANGE, value)):
        return {"min": int(match.group(1)), "max": int(match.group(2))}
    if not isinstance(value, dict | ReplicaRange):
        raise NotAllowed("a count such as 3, a range such as 1..8, or `min` and `max`")
    return value


class ReplicaRange(Spec):
    """How many copies of a stage run: the floor and the ceiling of its autoscaling."""

    min: Annotated[int, Whole(0, 10_000)] = 1
    """Replicas that always run."""
    max: Annotated[int, Whole(1, 10_000)]
    """Replicas that are never exceeded."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise NotAllowed("`min` not above `max`", f"min is {self.min}, max is {self.max}")
        return self


_RangeText = Annotated[str, Text(_RANGE, "a range such as 1..8", 60, examples=("1..8",))]
_Fixed = Annotated[int, Whole(1, 10_000)]
Replicas = Annotated[
    ReplicaRange, BeforeValidator(_replicas, json_schema_input_type=_Fixed | _RangeText | ReplicaRange)
]
"""`{min: 1, max: 8}`, `1..8`, or one number for a fixed count."""


class Resources(Spec):
    """What one replica of a CPU stage asks of its node; on accelerators, what it asks besides them."""

    cpu: Annotated[float, Number(0, 1024, "a number of cores, such as 0.5 or 2,")] = 1.0
    """Cores."""
    memory: Memory = Memory(2**30)
    """Memory."""
    disk: Memory | None = None
    """Ephemeral disk."""


class Objective(Spec):
    """What the stage must achieve. Sizing uses it; nothing is promised from it."""

    ttft_p95: Duration | None = None
    """Time to first token, 95th percentile."""
    tokens_per_second: Annotated[float, Number(0, 1e9)] | None = None
    """Output tokens per second over all replicas, at the peak."""
    input_tokens: Annotated[int, Whole(1, 10_000_000)] = 1000
    """Typical prompt length: throughput figures are looked up near it."""
    output_tokens: Annotated[int, Whole(1, 10_000_000)] = 1000
    """Typical answer length."""


class Parallelism(Spec):
    """How one replica is spread over accelerators, when you know better than the plan."""

    tensor: Annotated[int, Whole(1, 64)] = 1
    """Accelerators that share each layer (within one node)."""
    pipeline: Annotated[int, Whole(1, 64)] = 1
    """Groups of layers, one node each."""


class Priority(StrEnum):
    """Who goes first when room is short. A stage of higher priority takes the place of one of lower priority."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Routing(StrEnum):
    """Which replica of a stage takes a request."""

    LEAST_REQUEST = "least-request"
    INFERENCE_POOL = "inference-pool"


class Canary(Spec):
    """A new revision of the model beside the one that serves. Its share goes back by itself while it fails."""

    revision: Revision
    """Commit or tag of the new weights."""
    weight: Annotated[int, Whole(1, 50)] = 5
    """Requests in a hundred that it gets."""
    replicas: Annotated[int, Whole(1, 100)] = 1
    """How many copies of it run."""


class Scaling(Spec):
    """When replicas are added. The default suits the runtime."""

    metric: (
        Annotated[str, Text(r"^(cpu|queue|[a-zA-Z_:][a-zA-Z0-9_:]*)$", "cpu, queue, or the name of a metric", 100)]
        | None
    ) = None
    """`cpu`, `queue` (requests that wait in the runtime), or the name of a metric that your image exposes."""
    target: Annotated[float, Number(0, 1e9)] | None = None
    """Value per replica that is held: per cent for `cpu`, else the metric's own unit."""
    stage: Slug | None = None
    """Stage whose replicas show the metric, if not this one's. With it this stage can be scaled to zero, for the
    other's callers wake it."""


class StageSpec(Spec):
    """One containerized step of the pipeline."""

    name: Slug
    """Name of the stage; also of its Kubernetes objects."""
    after: tuple[Slug, ...] = ()
    """Stages whose output this one takes. Only they may open connections to it."""
    image: ImageRef | None = None
    """Image of a CPU or `custom` stage; for the other runtimes an override of the pinned release's image."""
    images: dict[AcceleratorName, ImageRef] = Field(default_factory=dict)
    """Image per accelerator, where one image does not fit all that are acceptable."""
    command: tuple[str, ...] = ()
    """Replaces the image's entry point. Not with a runtime that Intertie starts itself."""
    args: tuple[str, ...] = ()
    """Arguments: of your command, or further options of the runtime."""
    env: dict[EnvName, str] = Field(default_factory=dict)
    """Plain environment variables. Not for secrets."""
    port: Annotated[int, Whole(1, 65535)] = 8000
    """Port that the stage listens on."""
    health: Annotated[str, Text(r"^/[A-Za-z0-9._~/-]*$", "a path such as /health", 200)] | None = None
    """Path that answers 200 when the stage can take requests. Default: `/health` for runtimes, TCP for `custom`."""
    resources: Resources = Resources()
    """CPU, memory and disk of one replica."""
    replicas: Replicas
    """How many copies run."""
    runtime: Runtime = Runtime.CUSTOM
    """What serves the model."""
    model: ModelSpec | None = None
    """The model to serve; needed for `vllm`, `sglang` and `triton`."""
    accelerators: tuple[AcceleratorName, ...] = ()
    """Acceptable accelerators, best first. Empty: the stage runs on CPU."""
    accelerator_count: Annotated[int, Whole(1, 64)] | None = None
    """Accelerators of one replica of a `custom` stage without a model."""
    parallelism: Parallelism | None = None
    """Override of the computed tensor and pipeline parallelism."""
    objective: Objective | None = None
    """Latency and throughput that replicas are sized for."""
    throughput: dict[AcceleratorName, Annotated[float, Number(0, 1e7)]] = Field(default_factory=dict)
    """Your own measurement: output tokens per second of one replica, per accelerator. Wins over published figures."""
    scaling: Scaling = Scaling()
    """What replicas are scaled on."""
    load_time: Duration | None = None
    """Longest time from container start to ready. Default: from the size of the weights."""
    grace: Duration | None = None
    """Time that a replica gets to finish its streams when it is told to stop. Default: `endpoint.limits.stream`."""
    priority: Priority | None = None
    """`high`, `normal` or `low`, where stages share room. Default: none, as everything else in the cluster."""
    canary: Canary | None = None
    """A new revision of the model on trial."""
    routing: Routing = Routing.LEAST_REQUEST
    """`least-request`: the replica with the fewest open requests. `inference-pool`: the one that an endpoint picker
    chooses by queue, cache and prompts seen before."""
