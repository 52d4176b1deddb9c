"""How pods of a replica over several nodes get a fabric that they have to claim, and the library that speaks it.

Interfaces that a container asks for as a resource are in `placement`. Here are those that a pod claims: a
ResourceClaimTemplate for the stage, a claim in each pod; and files that an image brings into the pod, with a script
that the process's environment comes from.
"""

from dataclasses import dataclass
from typing import Any

from intertie.contract import ClusterHandle, FabricLibrary
from intertie.plan import Plan, StagePlan
from intertie.plan.digests import digested
from intertie.workload.manifest import Manifest, metadata
from intertie.workload.placement import bindings, fabric_devices
from intertie.workload.runtimes import Launch

API = "resource.k8s.io/v1"
_CLAIM = "fabric"
_VOLUME = "fabric-library"
_TARGET = "/target"
_READ_PROFILE = '. "$0" && exec "$@"'
_ROOT = {
    "runAsNonRoot": False,
    "runAsUser": 0,  # it writes into folders of its image that are root's
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
}


def role(stage: StagePlan) -> str:
    return f"{stage.name}-fabric"


def claims(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    """The template of what each pod of the stage claims; () where nothing is to be claimed."""
    wanted = fabric_devices(stage, handle)
    if not wanted:
        return ()
    requests = [
        {
            "name": f"interfaces-{number}",
            "exactly": {"deviceClassName": device, "allocationMode": "ExactCount", "count": count},
        }
        for number, (device, count) in enumerate(sorted(wanted.items()))
    ]
    body = {
        "apiVersion": API,
        "kind": "ResourceClaimTemplate",
        "metadata": metadata(plan, _template(stage, wanted), stage.name),
        "spec": {"spec": {"devices": {"requests": requests}}},
    }
    return (Manifest(role(stage), body, needs=("namespace",)),)


def pod_claims(stage: StagePlan, handle: ClusterHandle) -> list[dict[str, str]]:
    """`resourceClaims` of the pod."""
    wanted = fabric_devices(stage, handle)
    return [{"name": _CLAIM, "resourceClaimTemplateName": _template(stage, wanted)}] if wanted else []


def container_claims(stage: StagePlan, handle: ClusterHandle) -> dict[str, list[dict[str, str]]]:
    """What the container's `resources` have of it."""
    return {"claims": [{"name": _CLAIM}]} if fabric_devices(stage, handle) else {}


def _template(stage: StagePlan, wanted: dict[str, int]) -> str:
    """A template cannot be changed: another number of interfaces is another template."""
    return f"{stage.name}-fabric-{sum(wanted.values())}"


@dataclass(frozen=True, slots=True)
class Files:
    """What a fabric's library adds to a pod; nothing, without one."""

    library: FabricLibrary | None = None

    @property
    def volumes(self) -> list[dict[str, Any]]:
        return [{"name": _VOLUME, "emptyDir": {}}] if self.library else []

    @property
    def mounts(self) -> list[dict[str, Any]]:
        return [{"name": _VOLUME, "mountPath": self.library.path, "readOnly": True}] if self.library else []

    @property
    def env(self) -> dict[str, str]:
        return dict(self.library.env) if self.library else {}

    def containers(self, plan: Plan) -> list[dict[str, Any]]:
        """Runs to its end before the stage starts. Every pod of a replica gets the same files, from the same image."""
        if self.library is None:
            return []
        put = f"set -e; {self.library.install}; cp -R {self.library.made}/. {_TARGET}"
        return [
            {
                "name": _VOLUME,
                "image": digested(plan.spec, self.library.image),
                "imagePullPolicy": "IfNotPresent",
                "command": ["/bin/sh", "-c", put],
                "resources": {"requests": {"cpu": "150m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
                "securityContext": _ROOT,
                "volumeMounts": [{"name": _VOLUME, "mountPath": _TARGET}],
            }
        ]

    def command(self, command: tuple[str, ...]) -> list[str]:
        """The command, after its environment was read from the library's script."""
        if self.library is None:
            return list(command)
        script = f"{self.library.path}/{self.library.profile}"
        return ["/bin/bash", "-c", _READ_PROFILE, script, *command]


def files(stage: StagePlan, handle: ClusterHandle, launch: Launch) -> Files:
    """The library that all pools of the stage have. None for an image whose entry point is not known: its environment
    would lack what the script sets, and without that the library ends the process."""
    if not fabric_devices(stage, handle) or not launch.command:
        return Files()
    first, *others = (pool.fabric_library for pool in bindings(stage, handle))
    return Files(first if all(other == first for other in others) else None)
