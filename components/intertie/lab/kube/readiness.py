"""When the provider calls an object ready, and what it says while it is not: one verdict per look. Pure reading.

After pulumi-kubernetes v4's own rules (provider/pkg/await) and texts (cloud-ready-checks), with one addition: why the
scheduler placed a pod nowhere is always among the reasons.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from intertie.lab.kube.client import Api

Object = Mapping[str, Any]
_REVISION = "deployment.kubernetes.io/revision"
_NO_TARGETS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels"
    " on any Pods"
)
_NO_ADDRESS = "Service was not allocated an IP address; does your cloud provider support this?"
_KUBERNETES_FINALIZERS = {
    "foregroundDeletion", "orphan", "kubernetes", "kubernetes.io/pvc-protection", "kubernetes.io/pv-protection",
    "customresourcecleanup.apiextensions.k8s.io", "batch.kubernetes.io/job-tracking",
}  # fmt: skip
"""What Kubernetes' own controllers take off. Source: k8s.io/api and k8s.io/apimachinery."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`stuck`: there is a reason that does not go away by waiting, as far as can be seen."""

    ready: bool
    reasons: tuple[str, ...] = ()
    stuck: bool = False


def check(api: Api, live: Object) -> Verdict:
    """The verdict on an object as it is now. Kinds that the provider does not wait for are ready."""
    look = _CHECKS.get((str(live["apiVersion"]), str(live["kind"])))
    return look(api, live) if look else Verdict(True)


def waits_for(api_version: str, kind: str) -> bool:
    """Whether the provider waits for objects of a kind."""
    return (api_version, kind) in _CHECKS


def timeout_of(kind: str) -> float:
    """Seconds that the provider waits when nobody says otherwise."""
    return 300.0 if kind in ("Job", "Pod", "PersistentVolumeClaim") else 600.0


def gone(live: Object | None, left: str) -> Verdict:
    """The verdict on an object that is being deleted. Stuck: somebody other than Kubernetes has yet to let it go."""
    if live is None:
        return Verdict(True)
    kept_by = set(live["metadata"].get("finalizers") or ()) - _KUBERNETES_FINALIZERS
    return Verdict(False, (left,), stuck=bool(kept_by))


# -- kinds


def _deployment(api: Api, live: Object) -> Verdict:
    status = live.get("status") or {}
    if status.get("observedGeneration") != live["metadata"].get("generation"):
        return Verdict(False)
    conditions = {each["type"]: each for each in status.get("conditions") or []}
    revision = (live["metadata"].get("annotations") or {}).get(_REVISION, "")
    available = _true(conditions, "Available")
    progressing = conditions.get("Progressing", {})
    rolled = progressing.get("status") == "True" and progressing.get("reason") == "NewReplicaSetAvailable"
    owned = _owned(api, live, "apps/v1", "replicasets")
    current = next((each for each in owned if each["metadata"]["annotations"].get(_REVISION) == revision), None)
    enough = current is not None and _ready_replicas(current)
    if available and enough and (revision == "1" or rolled):
        return Verdict(True)
    said = [f"[{each['reason']}] {each['message']}" for each in conditions.values() if _speaks(each)]
    if not available:
        said.append("Minimum number of live Pods was not attained")
    elif revision == "1" or not rolled:
        said.append("Minimum number of Pods to consider the application live was not attained")
    else:
        said.append("Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live")
    pods = _owned(api, current, "v1", "pods") if current is not None else []
    return _with_pods(said, pods, extra=_failed_to_create(owned))


def _speaks(condition: Object) -> bool:
    """Conditions of a Deployment that say what is wrong."""
    return condition["type"] in ("Available", "Progressing", "ReplicaFailure") and (
        (condition["status"] == "False") != (condition["type"] == "ReplicaFailure")
    )


def _ready_replicas(replica_set: Object) -> bool:
    wanted = (replica_set.get("spec") or {}).get("replicas", 1)
    return ((replica_set.get("status") or {}).get("readyReplicas") or 0) >= wanted


def _failed_to_create(replica_sets: Iterable[Object]) -> bool:
    """Whether pods are refused on creation: by a quota, by pod security, for a missing service account."""
    return any(
        each["type"] == "ReplicaFailure" and each["status"] == "True"
        for one in replica_sets
        for each in (one.get("status") or {}).get("conditions") or []
    )


def _daemon_set(api: Api, live: Object) -> Verdict:
    status = live.get("status") or {}
    wanted = status.get("desiredNumberScheduled", 0)
    numbers = ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady")
    seen = status.get("observedGeneration") == live["metadata"].get("generation")
    if seen and all(status.get(name, 0) >= wanted for name in numbers):
        return Verdict(True)
    ready = status.get("numberReady", 0)
    return _with_pods([f"Available: {ready}/{wanted}"], _owned(api, live, "v1", "pods"))


def _stateful_set(api: Api, live: Object) -> Verdict:
    status, wanted = live.get("status") or {}, (live.get("spec") or {}).get("replicas", 1)
    seen = status.get("observedGeneration") == live["metadata"].get("generation")
    if seen and status.get("readyReplicas", 0) >= wanted and status.get("updatedReplicas", wanted) >= wanted:
        return Verdict(True)
    said = [f"{status.get('readyReplicas', 0)} out of {wanted} replicas succeeded readiness checks"]
    return _with_pods(said, _owned(api, live, "v1", "pods"))


def _pod(_: Api, live: Object) -> Verdict:
    if (live.get("status") or {}).get("phase") == "Succeeded" or _is_ready(live):
        return Verdict(True)
    return _with_pods([], [live])


def _job(api: Api, live: Object) -> Verdict:
    conditions = {each["type"]: each for each in (live.get("status") or {}).get("conditions") or []}
    if _true(conditions, "Complete"):
        return Verdict(True)
    if _true(conditions, "Failed"):
        return Verdict(False, (f"[{conditions['Failed'].get('reason', '')}] Job failed",), stuck=True)
    return _with_pods([], _owned(api, live, "v1", "pods"))


def _service(api: Api, live: Object) -> Verdict:
    spec = live.get("spec") or {}
    if spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None":
        return Verdict(True)
    about = live["metadata"]
    endpoints = api.find(f"/api/v1/namespaces/{about['namespace']}/endpoints/{about['name']}")
    targets = bool((endpoints or {}).get("subsets"))
    balanced = spec.get("type") != "LoadBalancer" or bool(
        ((live.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    )
    if targets and balanced:
        return Verdict(True)
    reasons = [text for text, missing in ((_NO_TARGETS, not targets), (_NO_ADDRESS, not balanced)) if missing]
    pods = _selected(api, live)
    return Verdict(False, tuple(reasons), stuck=bool(pods) and all(_explained(pod) for pod in pods))


def _claim(_: Api, live: Object) -> Verdict:
    phase = (live.get("status") or {}).get("phase")
    return Verdict(phase == "Bound", (f"PersistentVolumeClaim is {phase}",) if phase != "Bound" else ())


# -- pods


def pod_reasons(pod: Object) -> list[str]:
    """What keeps a pod from being ready, in the words of scheduler and kubelet."""
    about = pod["metadata"]
    name = f"[Pod {about['namespace']}/{about['name']}]: "
    conditions = {each["type"]: each for each in (pod.get("status") or {}).get("conditions") or []}
    placed = conditions.get("PodScheduled", {})
    if placed.get("status") == "False" and placed.get("message"):
        return [f"{name}[{placed.get('reason', '')}] {placed['message']}"]
    said = [each for kind in ("Initialized", "Ready") if (each := conditions.get(kind, {}).get("message"))]
    waiting = [
        f"[{state['reason']}] {state.get('message', '')}"
        for each in (pod.get("status") or {}).get("containerStatuses") or []
        if (state := (each.get("state") or {}).get("waiting")) and state.get("reason") != "ContainerCreating"
    ]
    return [name + " ".join([*said[:1], *waiting])] if said or waiting else []


def _with_pods(said: list[str], pods: Iterable[Object], *, extra: bool = False) -> Verdict:
    unready = [pod for pod in pods if not _is_ready(pod)]
    reasons = [*said, *(reason for pod in unready for reason in pod_reasons(pod))]
    stuck = extra or (bool(unready) and all(_explained(pod) for pod in unready))
    return Verdict(False, tuple(reasons), stuck)


def _explained(pod: Object) -> bool:
    """Whether a pod is where waiting alone does not help: placed nowhere, or thrown back again and again."""
    status = pod.get("status") or {}
    placed = next((each for each in status.get("conditions") or [] if each["type"] == "PodScheduled"), {})
    crashing = any(
        ((each.get("state") or {}).get("waiting") or {}).get("reason") == "CrashLoopBackOff"
        for each in status.get("containerStatuses") or []
    )
    return placed.get("reason") == "Unschedulable" or crashing


def _is_ready(pod: Object) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _true(conditions: Mapping[str, Object], kind: str) -> bool:
    return conditions.get(kind, {}).get("status") == "True"


def _owned(api: Api, owner: Object, api_version: str, plural: str) -> list[dict[str, Any]]:
    """Objects in the owner's namespace that it controls. Lists leave out kind and version: they are as asked for."""
    root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
    listed = api.items(f"{root}/namespaces/{owner['metadata']['namespace']}/{plural}")
    uid = owner["metadata"]["uid"]
    return [each for each in listed if any(ref["uid"] == uid for ref in each["metadata"].get("ownerReferences") or [])]


def _selected(api: Api, service: Object) -> list[dict[str, Any]]:
    selector = (service.get("spec") or {}).get("selector") or {}
    labels = ",".join(f"{key}={value}" for key, value in selector.items())
    path = f"/api/v1/namespaces/{service['metadata']['namespace']}/pods"
    return api.items(path, labelSelector=labels) if labels else []


_CHECKS: dict[tuple[str, str], Callable[[Api, Object], Verdict]] = {
    ("apps/v1", "Deployment"): _deployment,
    ("apps/v1", "DaemonSet"): _daemon_set,
    ("apps/v1", "StatefulSet"): _stateful_set,
    ("batch/v1", "Job"): _job,
    ("v1", "Pod"): _pod,
    ("v1", "Service"): _service,
    ("v1", "PersistentVolumeClaim"): _claim,
}
