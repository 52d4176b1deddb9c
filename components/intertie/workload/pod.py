"""The pod of a stage: one container with its probes, limits, volumes and rights."""

import math
from dataclasses import dataclass
from typing import Any

from intertie.contract import Bound, ClusterHandle, service_account
from intertie.plan import LABEL, Plan, StagePlan
from intertie.workload import canary, fabric, fabric_file, placement, priority, traces
from intertie.workload.autoscaling import metrics_port
from intertie.workload.images import image
from intertie.workload.manifest import labels
from intertie.workload.monitoring import annotations
from intertie.workload.placement import pins_memory, scheduling
from intertie.workload.resources import Demand, demand
from intertie.workload.runtimes import Launch, launch_of

DRAIN_SECONDS = 15
"""Time in which gateways and kube-proxy learn that a pod goes, before it is told to stop."""
_CACHE = "/cache"
_PROBE_PERIOD = 10


def template(plan: Plan, stage: StagePlan, handle: ClusterHandle, part: str = "server") -> dict[str, Any]:
    """The pod template. `part` is `server`, or `leader` and `worker` of a replica that spans nodes."""
    launch = launch_of(stage, handle)
    pod = _Pod(plan, stage, handle, part, launch, demand(plan, stage, downloads=launch.downloads))
    about: dict[str, Any] = {"labels": pod.labels()}
    if pod.serves and (found := annotations(plan, handle, metrics_port(stage))):
        about["annotations"] = found
    return {"metadata": about, "spec": pod.spec()}


@dataclass(frozen=True, slots=True)
class _Pod:
    """All that a pod is made from."""

    plan: Plan
    stage: StagePlan
    handle: ClusterHandle
    part: str
    launch: Launch
    asked: Demand

    @property
    def library(self) -> fabric.Files:
        """Of the fabric between nodes."""
        return fabric.files(self.stage, self.handle, self.launch)

    @property
    def serves(self) -> bool:
        return self.part != "worker"

    def labels(self) -> dict[str, str]:
        part = {} if self.part == "server" else {f"{LABEL}/part": self.part}
        own = {**labels(self.plan, self.stage.name), **self.handle.identity.pod_labels, **part}
        return dict(sorted(own.items()))

    def spec(self) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "serviceAccountName": service_account(self.plan, self.stage.name),
            "automountServiceAccountToken": False,
            # a service called `vllm` would set VLLM_PORT, which the runtime reads as its own
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": DRAIN_SECONDS + self.stage.grace_seconds + 15,
            **priority.field(self.plan, self.stage),
            "securityContext": self.pod_security(),
            **scheduling(self.plan, self.stage, self.handle),
            "resourceClaims": fabric.pod_claims(self.stage, self.handle),
            "initContainers": self.library.containers(self.plan),
            "containers": [self.container()],
            "volumes": self.volumes(),
        }
        return {name: value for name, value in fields.items() if value != []}

    def container(self) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "name": self.stage.name,
            "image": image(self.plan, self.stage.image, self.handle.registry),
            "imagePullPolicy": "IfNotPresent",
            "command": self.library.command(self.launch.command),
            "args": self.arguments(),
            "env": self.environment(),
            "ports": self.ports() if self.serves else [],
            "resources": {**self.requirements(), **fabric.container_claims(self.stage, self.handle)},
            "securityContext": self.container_security(),
            "volumeMounts": self.mounts(),
            "lifecycle": {"preStop": {"sleep": {"seconds": DRAIN_SECONDS}}} if self.serves else {},
            **(self.probes() if self.serves else {}),
        }
        return {name: value for name, value in fields.items() if value not in ([], {})}

    def requirements(self) -> dict[str, Any]:
        return self.asked.requirements(self.stage, placement.fabric(self.stage, self.handle))

    def arguments(self) -> list[Bound]:
        """Spans are told by whoever takes requests."""
        if not self.serves:
            return list(self.launch.worker_args)
        return [*self.launch.args, *traces.arguments(self.plan, self.stage)]

    def ports(self) -> list[dict[str, Any]]:
        """Collectors find a port only where the pod names it."""
        named = {"http": self.stage.spec.port}
        if metrics_port(self.stage) != self.stage.spec.port:
            named["metrics"] = metrics_port(self.stage)
        return [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in named.items()]

    def environment(self) -> list[dict[str, Any]]:
        """The runtime's, the storage's, the fabric's, addresses of stages that come after, and last the user's own."""
        values: dict[str, Bound] = {**self.launch.env, **self.handle.storage.env}
        values |= traces.environment(self.plan, self.stage) if self.serves else {}
        if self.launch.buffer_variable is not None:
            values[self.launch.buffer_variable] = str(self.asked.read_buffer(self.stage.per_pod))
        if self.stage.multi_node:
            values |= {**placement.fabric_env(self.stage, self.handle), **self.library.env}
            values |= fabric_file.env(self.stage, self.handle)
        for later in self.plan.stages:
            if self.stage.name in later.spec.after and not later.canary_of:
                values[f"{later.name.upper().replace('-', '_')}_URL"] = canary.address(self.plan, later)
        values |= self.stage.spec.env
        variables: list[dict[str, Any]] = [{"name": name, "value": value} for name, value in values.items()]
        model = self.stage.spec.model
        if model is not None and model.token_secret is not None:
            secret = {"name": model.token_secret, "key": "token"}
            variables.append({"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": secret}})
        return variables

    def probes(self) -> dict[str, Any]:
        """Startup waits as long as loading may take; readiness reacts in seconds; liveness acts on a standstill."""
        ready = self.stage.spec.health or self.launch.health
        live = self.stage.spec.health or self.launch.live or self.launch.health
        tries = math.ceil(self.stage.load_seconds / _PROBE_PERIOD) + 1
        return {
            "startupProbe": _probe(ready, period=_PROBE_PERIOD, timeout=5, failures=max(3, tries)),
            "readinessProbe": _probe(ready, period=5, timeout=5, failures=3),
            "livenessProbe": _probe(live, period=_PROBE_PERIOD, timeout=10, failures=6),
        }

    def pod_security(self) -> dict[str, Any]:
        security: dict[str, Any] = {"seccompProfile": {"type": "RuntimeDefault"}}
        user = self.launch.run_as
        if user is not None:
            security |= {"runAsNonRoot": True, "runAsUser": user.user, "runAsGroup": user.group}
        return security

    def container_security(self) -> dict[str, Any]:
        added = []
        if pins_memory(self.stage, self.handle):
            added.append("IPC_LOCK")  # remote direct memory access pins pages
        if self.stage.spec.port < 1024:
            added.append("NET_BIND_SERVICE")
        capabilities = {"drop": ["ALL"], **({"add": added} if added else {})}
        return {"allowPrivilegeEscalation": False, "capabilities": capabilities}

    def volumes(self) -> list[dict[str, Any]]:
        volumes: list[dict[str, Any]] = []
        if self.asked.cache:
            volumes.append({"name": "cache", "emptyDir": {"sizeLimit": _gibibytes(self.asked.cache)}})
        if self.asked.shared_memory:
            memory = {"medium": "Memory", "sizeLimit": _gibibytes(self.asked.shared_memory)}
            volumes.append({"name": "shared-memory", "emptyDir": memory})
        return [*volumes, *self.library.volumes, *fabric_file.volumes(self.stage, self.handle)]

    def mounts(self) -> list[dict[str, Any]]:
        mounts: list[dict[str, Any]] = []
        if self.asked.cache:
            mounts.append({"name": "cache", "mountPath": _CACHE})
        if self.asked.shared_memory:
            mounts.append({"name": "shared-memory", "mountPath": "/dev/shm"})  # noqa: S108  the kernel's name for it
        return [*mounts, *self.library.mounts, *fabric_file.mounts(self.stage, self.handle)]


def _probe(path: str | None, *, period: int, timeout: int, failures: int) -> dict[str, Any]:
    question = {"httpGet": {"path": path, "port": "http"}} if path else {"tcpSocket": {"port": "http"}}
    return {**question, "periodSeconds": period, "timeoutSeconds": timeout, "failureThreshold": failures}


def _gibibytes(size: int) -> str:
    return f"{math.ceil(size / 2**30)}Gi"
