"""Where replicas take their weights from, and why: streamed from the bucket, read by the server, or from the hub."""

from dataclasses import dataclass

from intertie import catalog
from intertie.plan.site import Site
from intertie.plan.startup import weights_gib
from intertie.plan.trail import Trail
from intertie.plan.types import StagePlan
from intertie.spec import Runtime

STREAMED, SERVER, HUB, IMAGE = "streamed from the bucket", "read from the bucket", "from the hub", "in the image"
_STREAMS = ("nvidia", "amd")
_SOURCE = "vLLM documentation, Run:ai Model Streamer; AWS containers blog, 2025 (loading from object storage)"


@dataclass(frozen=True, slots=True)
class Weights:
    """How the weights come to a replica, and what was passed over for which reason."""

    how: str
    why: str
    rejected: tuple[tuple[str, str], ...] = ()


def choose(site: Site, stage: StagePlan, trail: Trail) -> Weights | None:
    """The way that suits runtime, vendor, size and place, with its reason; None for a stage without a model."""
    if stage.spec.model is None or not stage.on_accelerators:
        return None
    found = _found(site, stage)
    source = _SOURCE if found.how == STREAMED else ""
    trail.choose(f"stages[{stage.name}].weights", found.how, found.why, found.rejected, source)
    return found


def _found(site: Site, stage: StagePlan) -> Weights:
    adopt = site.where.adopt
    bucket = adopt is None or adopt.weights is not None
    size = f"{weights_gib(stage.spec.model):.0f} GiB"
    runtime = stage.spec.runtime
    if runtime is Runtime.CUSTOM:
        return Weights(IMAGE, "what a custom image does is its own: it is told where the bucket is")
    if runtime is Runtime.TRITON:
        return Weights(SERVER, "the server reads a model repository and nothing else")
    if not bucket:
        return Weights(
            HUB, f"the adopted cluster names no bucket (`adopt.weights`): {size} come anew with each replica"
        )
    if runtime is Runtime.VLLM and stage.vendor in _STREAMS and not _own_image(stage):
        rejected = (
            ("mounted bucket", "a file system in user space reads one file at a time: slower, and one driver more"),
            ("cache on the node", f"{size} on each node, gone with it: a node that autoscaling adds starts cold"),
        )
        return Weights(STREAMED, f"{size} go to the accelerators' memory as they arrive, past every disk", rejected)
    what = "an image of your own" if _own_image(stage) else f"{runtime.value} for {stage.vendor}"
    return Weights(HUB, f"the release of {what} is not known to stream: {size} go through a cache on the node's disk")


def _own_image(stage: StagePlan) -> bool:
    row = catalog.runtime_image(stage.spec.runtime.value, stage.vendor, stage.accelerator)
    return row is None or stage.image.partition("@")[0].removeprefix("docker.io/") != row.image
