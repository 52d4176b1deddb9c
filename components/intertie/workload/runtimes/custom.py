"""The user's own image: it is started as it is, with the command and arguments that the description gives."""

from collections.abc import Mapping

from intertie.contract import ClusterHandle
from intertie.plan import StagePlan
from intertie.workload.runtimes.launch import Launch

QUEUE_METRIC: str | None = None
METRICS_PORT: int | None = None
OWNED: Mapping[str, str] = {}


def canonical(option: str) -> str:
    return option


def launch(stage: StagePlan, handle: ClusterHandle) -> Launch:
    """The image's own entry point unless `command` replaces it. It finds port and weights in its environment."""
    env = {"PORT": str(stage.spec.port)}
    if handle.storage.weights_uri is not None and stage.on_accelerators:
        env["WEIGHTS_URI"] = handle.storage.weights_uri
    return Launch(
        command=stage.spec.command,
        args=stage.spec.args,
        worker_args=stage.spec.args,
        env=env,
        downloads=stage.spec.model is not None,
    )
