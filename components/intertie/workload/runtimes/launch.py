"""What a runtime says about starting itself, and what runtimes share."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from intertie import catalog
from intertie.catalog import RuntimeImage
from intertie.contract import Bound, ClusterHandle
from intertie.plan import StagePlan
from intertie.workload.manifest import Joined, join

Option = tuple[str, Bound | None]
"""An option and its value; None for a switch."""

GROUP_SIZE = "$(LWS_GROUP_SIZE)"
WORKER_INDEX = "$(LWS_WORKER_INDEX)"
LEADER_ADDRESS = "$(LWS_LEADER_ADDRESS)"
"""Variables that the LeaderWorkerSet controller puts into every container; the kubelet fills them in."""

_NUMBER = re.compile(r"-\.?\d")
_QUANTIZED = re.compile(r"(?i)(^|[-_./])(fp8|int8|int4|nvfp4|mxfp4|fp4|awq|gptq|w\d+a\d+|bnb|\d+bit)([-_./]|$)")


@dataclass(frozen=True, slots=True)
class RunAs:
    """User and group that an image is made to run as without root."""

    user: int
    group: int


@dataclass(frozen=True, slots=True)
class Launch:
    """How a stage's container is started, and how it is watched."""

    command: tuple[str, ...]  # replaces the image's entry point; () keeps it
    args: tuple[Bound, ...]
    worker_args: tuple[Bound, ...] = ()  # of the other pods of a group that spans nodes
    env: Mapping[str, Bound] = field(default_factory=dict)
    health: str | None = None  # path that answers 200 when requests can be taken; None: the port is asked
    live: str | None = None  # path that answers 200 while the process works; None: as `health`
    routes: tuple[str, ...] = ("/",)  # paths that callers may use; metrics and administration are not among them
    downloads: bool = False  # fetches the weights to its own disk
    buffer_variable: str | None = None  # environment variable that bounds, in bytes, what one process reads ahead
    run_as: RunAs | None = None


class RuntimeModule(Protocol):
    """What `runtimes/<name>.py` offers."""

    OWNED: Mapping[str, str]
    """Options that the plan decides, with the field of the description that does: changing them breaks the sizing."""
    QUEUE_METRIC: str | None
    """Gauge of requests that wait; None: the runtime has none."""
    METRICS_PORT: int | None
    """Port of `/metrics`; None: the port that takes requests."""

    def launch(self, stage: StagePlan, handle: ClusterHandle) -> Launch: ...

    def canonical(self, option: str) -> str:
        """The option as the table of the release writes it, from what a user wrote: no value, no nested key."""
        ...


def pinned(stage: StagePlan) -> RuntimeImage | None:
    """The catalogue's row for the stage's runtime and accelerator."""
    return catalog.runtime_image(str(stage.spec.runtime), stage.vendor, stage.accelerator)


def own_image(stage: StagePlan) -> bool:
    """Whether the stage runs an image that the user chose: its release, user and loaders are not known.

    The pinned image with a digest behind its tag is still the pinned one.
    """
    row = pinned(stage)
    return row is None or stage.image.partition("@")[0].removeprefix("docker.io/") != row.image


def given_options(args: Sequence[str]) -> list[tuple[int, str]]:
    """Index and text of every option in `args`; values, and negative numbers among them, are passed over."""
    return [
        (index, arg)
        for index, arg in enumerate(args)
        if arg.startswith("-") and arg not in ("-", "--") and not _NUMBER.match(arg)
    ]


def arguments(options: Iterable[Option], given: Iterable[str], more: Sequence[str]) -> tuple[Bound, ...]:
    """`options` as arguments, without those that the user gives (`given`, canonical), and then the user's own."""
    written = set(given)
    flat: list[Bound] = []
    for name, value in options:
        if name in written:
            continue
        flat.append(name)
        if value is not None:
            flat.append(value)
    return (*flat, *more)


def weights_location(stage: StagePlan, handle: ClusterHandle) -> str | Joined | None:
    """Where the stage's weights lie in the bucket: `<bucket>/<model>[/<revision>]`. None: the cluster has no bucket.

    The revision is part of the place, so that two of them can lie side by side while one replaces the other.
    """
    model = stage.spec.model
    if handle.storage.weights_uri is None or model is None:
        return None
    revision = f"/{model.revision}" if model.revision else ""
    return join(handle.storage.weights_uri, f"/{model.id}{revision}")


def quantized_name(model: str) -> bool:
    """Whether a model's name says that its weights are stored quantized: its own config then says how they are read."""
    return _QUANTIZED.search(model) is not None
