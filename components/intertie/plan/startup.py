"""How long a replica takes from start to ready: the startup probe must wait that long, and no failover is faster."""

import math
from dataclasses import dataclass

from intertie.plan.memory import BYTES, GIB
from intertie.spec import ModelSpec, StageSpec

CPU_SECONDS = 120
CUSTOM_SECONDS = 600
PULL_SECONDS = 360
READ_GIB_PER_SECOND = 0.2
WARM_UP_SECONDS = {"nvidia": 300, "amd": 300, "neuron": 1800, "google": 1800}
SOURCES = (
    "image of 15 to 20 GB: 4 to 6 minutes (AWS containers blog, 2025); weights: 0.31 GiB/s from a gp3 volume without a "
    "streaming loader (run:ai model streamer benchmarks), a third less counted; warm-up: over 5 minutes with "
    "compilation (vLLM issue 20264), 20 to 30 for a first compilation on TPU (vLLM TPU documentation), and the same "
    "counted for Neuron"
)


@dataclass(frozen=True, slots=True)
class Startup:
    """Seconds from start to ready, at most, and how they come about."""

    seconds: int
    why: str
    source: str


def weights_gib(model: ModelSpec | None) -> float:
    """Size of the weights on disk."""
    if model is None:
        return 0.0
    return model.size.gib if model.size is not None else model.parameters * BYTES[model.precision] / GIB


def startup(stage: StageSpec, vendor: str) -> Startup:
    """The user's `load_time`, else image + weights + warm-up. `vendor` is "" for a CPU stage."""
    if stage.load_time is not None:
        return Startup(max(1, math.ceil(stage.load_time.seconds)), "`load_time` of the description", "")
    if not vendor:
        return Startup(CPU_SECONDS, "a CPU stage without weights to load", "Intertie's default")
    if stage.model is None:
        return Startup(CUSTOM_SECONDS, "an image that brings its own model; say `load_time` if it takes longer", "")
    size = weights_gib(stage.model)
    read, warm = math.ceil(size / READ_GIB_PER_SECOND), WARM_UP_SECONDS.get(vendor, 1800)
    why = (
        f"image {PULL_SECONDS} s + {size:.0f} GiB of weights at {READ_GIB_PER_SECOND} GiB/s {read} s + warm-up {warm} s"
    )
    return Startup(PULL_SECONDS + read + warm, why, SOURCES)
