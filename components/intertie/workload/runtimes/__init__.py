"""How each runtime is started: one module per runtime, each with `launch(stage, handle) -> Launch`.

    launch = launch_of(stage, handle)     # command, arguments, environment, health path, metric of waiting requests

Everything that only one runtime knows is here: option names, quantization names, metric names, paths.
"""

from importlib import import_module
from typing import cast

from intertie.contract import ClusterHandle
from intertie.plan import StagePlan
from intertie.workload.runtimes.launch import Launch, RunAs, RuntimeModule, given_options, own_image, pinned

__all__ = ["Launch", "RunAs", "RuntimeModule", "given_options", "launch_of", "own_image", "pinned", "runtime_module"]


def runtime_module(name: str) -> RuntimeModule:
    """The module that knows the runtime `name`: vllm, sglang, triton or custom."""
    return cast("RuntimeModule", import_module(f"intertie.workload.runtimes.{name}"))


def launch_of(stage: StagePlan, handle: ClusterHandle) -> Launch:
    """How the stage's container is started on this cluster."""
    return runtime_module(str(stage.spec.runtime)).launch(stage, handle)
