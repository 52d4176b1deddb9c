"""The text that processes of a replica over several nodes read of their fabric: a ConfigMap, and a file in each pod."""

import hashlib
from pathlib import PurePosixPath
from typing import Any

from intertie.contract import ClusterHandle, FabricFile
from intertie.plan import Plan, StagePlan
from intertie.workload.manifest import Manifest, metadata
from intertie.workload.placement import bindings

_VOLUME = "fabric-file"


def role(stage: StagePlan) -> str:
    return f"{stage.name}-fabric-file"


def shared(stage: StagePlan, handle: ClusterHandle) -> FabricFile | None:
    """The text that is true on all pools of the stage; None where there is none."""
    if not stage.multi_node:
        return None
    first, *others = (pool.fabric_file for pool in bindings(stage, handle))
    return first if all(other == first for other in others) else None


def objects(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    """The ConfigMap; () without a text. Its name tells the text, for another text is for other pods."""
    file = shared(stage, handle)
    if file is None:
        return ()
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(plan, _name(stage, file), stage.name),
        "data": {PurePosixPath(file.path).name: file.text},
    }
    return (Manifest(role(stage), body, needs=("namespace",)),)


def env(stage: StagePlan, handle: ClusterHandle) -> dict[str, str]:
    """Where it is, in the variable that is looked at."""
    file = shared(stage, handle)
    return {} if file is None else {file.variable: file.path}


def volumes(stage: StagePlan, handle: ClusterHandle) -> list[dict[str, Any]]:
    file = shared(stage, handle)
    return [] if file is None else [{"name": _VOLUME, "configMap": {"name": _name(stage, file)}}]


def mounts(stage: StagePlan, handle: ClusterHandle) -> list[dict[str, Any]]:
    file = shared(stage, handle)
    if file is None:
        return []
    return [{"name": _VOLUME, "mountPath": str(PurePosixPath(file.path).parent), "readOnly": True}]


def _name(stage: StagePlan, file: FabricFile) -> str:
    return f"{stage.name}-fabric-{hashlib.sha256(file.text.encode()).hexdigest()[:8]}"
