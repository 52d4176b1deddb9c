"""The objects of one stage: identity, workload, service, and what protects it while nodes are drained."""

from typing import Any

from intertie.contract import ClusterHandle, service_account
from intertie.plan import LABEL, Plan, StagePlan
from intertie.workload import fabric, fabric_file, priority, secrets
from intertie.workload.autoscaling import autoscaler, metrics_port, replicas
from intertie.workload.components import brings
from intertie.workload.manifest import Manifest, metadata, selector
from intertie.workload.placement import exclusive
from intertie.workload.pod import template

LWS_API = "leaderworkerset.x-k8s.io/v1"


def objects(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    """Service account, service, claim and file of a fabric, workload, disruption budget, autoscaler."""
    workload = _group(plan, stage, handle) if stage.multi_node else _deployment(plan, stage, handle)
    grown = autoscaler(plan, stage, workload, pinned_keda=not brings(handle, "keda"))
    claimed = (*fabric.claims(plan, stage, handle), *fabric_file.objects(plan, stage, handle))
    made = (_account(plan, stage, handle), _service(plan, stage), *claimed, workload, _disruptions(plan, stage))
    return made if grown is None else (*made, grown)


def _account(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> Manifest:
    about = metadata(plan, service_account(plan, stage.name), stage.name)
    if handle.identity.service_account_annotations:
        about["annotations"] = dict(handle.identity.service_account_annotations)
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about, "automountServiceAccountToken": False}
    return Manifest(f"{stage.name}-account", body, needs=("namespace",))


def _service(plan: Plan, stage: StagePlan) -> Manifest:
    """One address for the stage. Only leaders of groups take requests.

    An apply does not wait for its endpoints, as it does by default: a stage that is scaled to zero has none, and for
    others the apply waits for the stage itself.
    """
    chosen = selector(plan, stage.name)
    if stage.multi_node:
        chosen |= {f"{LABEL}/part": "leader"}
    ports = [{"name": "http", "port": stage.spec.port, "targetPort": stage.spec.port, "protocol": "TCP"}]
    if metrics_port(stage) != stage.spec.port:
        port = metrics_port(stage)
        ports.append({"name": "metrics", "port": port, "targetPort": port, "protocol": "TCP"})
    spec = {"type": "ClusterIP", "selector": chosen, "ports": ports}
    about = metadata(plan, stage.name, stage.name)
    about["annotations"] = {"pulumi.com/skipAwait": "true"}
    body = {"apiVersion": "v1", "kind": "Service", "metadata": about, "spec": spec}
    return Manifest(f"{stage.name}-service", body, needs=("namespace",))


def _deployment(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> Manifest:
    spec: dict[str, Any] = {
        "selector": {"matchLabels": selector(plan, stage.name)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": _rolling(stage)},
        # a replica may wait for a node before it starts to load
        "progressDeadlineSeconds": stage.load_seconds + 1800,
        "revisionHistoryLimit": 3,
        "template": template(plan, stage, handle),
    }
    count = replicas(plan, stage)
    if count is not None:
        spec["replicas"] = count
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(plan, stage.name, stage.name),
        "spec": spec,
    }
    return Manifest(f"{stage.name}-deployment", body, needs=_foundation(stage))


def _rolling(stage: StagePlan) -> dict[str, int]:
    """One more replica at a time, so that none is missed.

    Accelerators of several replicas go the other way: a spare machine is often not to be had, and an update that
    waits for one would never end.
    """
    if stage.on_accelerators and stage.min_replicas > 1:
        return {"maxSurge": 0, "maxUnavailable": 1}
    return {"maxSurge": 1, "maxUnavailable": 0}


def _group(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> Manifest:
    """Replicas that span nodes: the leader takes requests, and a lost pod restarts its whole group."""
    assert stage.sizing is not None
    spec: dict[str, Any] = {
        "startupPolicy": "LeaderCreated",
        "rolloutStrategy": {
            "type": "RollingUpdate",
            "rollingUpdateConfiguration": {"maxSurge": 0, "maxUnavailable": 1},
        },
        "leaderWorkerTemplate": {
            "size": stage.sizing.nodes,
            "restartPolicy": "RecreateGroupOnPodRestart",
            "leaderTemplate": template(plan, stage, handle, "leader"),
            "workerTemplate": template(plan, stage, handle, "worker"),
        },
    }
    count = replicas(plan, stage)
    if count is not None:
        spec["replicas"] = count
    about = metadata(plan, stage.name, stage.name)
    if annotations := exclusive(plan, stage, handle):
        about["annotations"] = annotations
    body = {"apiVersion": LWS_API, "kind": "LeaderWorkerSet", "metadata": about, "spec": spec}
    return Manifest(
        f"{stage.name}-group", body, needs=(*_foundation(stage), fabric.role(stage), fabric_file.role(stage), "lws")
    )


def _foundation(stage: StagePlan) -> tuple[str, ...]:
    """The stage's own account, the policies, its token, and what makes its devices work and known."""
    devices = (f"{stage.vendor}-driver", f"{stage.vendor}-device-plugin") if stage.on_accelerators else ()
    urgent = (priority.role(stage.spec.priority),) if stage.spec.priority is not None else ()
    model = stage.spec.model
    token = (secrets.role(model.token_secret),) if model is not None and model.token_secret is not None else ()
    return (f"{stage.name}-account", "deny-all", f"{stage.name}-ingress", *token, *devices, *urgent)


def _disruptions(plan: Plan, stage: StagePlan) -> Manifest:
    """One pod at a time may be taken by a drain. Never none: a node that cannot be drained cannot be repaired."""
    spec = {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": selector(plan, stage.name)},
    }
    body = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(plan, stage.name, stage.name),
        "spec": spec,
    }
    return Manifest(f"{stage.name}-disruptions", body, needs=("namespace",))
