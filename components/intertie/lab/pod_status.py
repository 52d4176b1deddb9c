"""The status that a kubelet reports of a pod in each part of its life. Pure: status and times in, status out."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Container:
    """What a kubelet knows of one container. state: creating | running | ready | backoff | done."""

    name: str
    image: str
    state: str = "creating"
    restarts: int = 0
    probed: bool = False  # has a startup probe that has not succeeded


def timestamp() -> str:
    """Now, on the wall, in Kubernetes' form."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def status(
    pod: Mapping[str, Any], containers: Sequence[Container], inits: Sequence[Container], now: str
) -> dict[str, Any]:
    """The patch of the pod's status."""
    before = pod.get("status") or {}
    old = {each["name"]: each for each in before.get("containerStatuses") or []}
    succeeded = all(container.state == "done" for container in containers)
    reported: dict[str, Any] = {
        "phase": "Succeeded" if succeeded else "Pending" if _all_creating(containers) else "Running",
        "conditions": _conditions(before, containers, inits, now),
        "containerStatuses": [_container(each, old.get(each.name, {}), now) for each in containers],
        "hostIP": _address(pod["spec"]["nodeName"]),
        "hostIPs": [{"ip": _address(pod["spec"]["nodeName"])}],
        "startTime": before.get("startTime") or now,
    }
    if inits:
        reported["initContainerStatuses"] = [_container(each, {}, now) for each in inits]
    if not _all_creating(containers):
        address = _pod_address(pod)
        reported |= {"podIP": address, "podIPs": [{"ip": address}]}
    return {"status": reported}


def _all_creating(containers: Sequence[Container]) -> bool:
    return all(container.state == "creating" for container in containers)


def _conditions(
    before: Mapping[str, Any], containers: Sequence[Container], inits: Sequence[Container], now: str
) -> list[dict[str, Any]]:
    """The scheduler's condition as it is, then the kubelet's."""
    kept = [each for each in before.get("conditions") or [] if each["type"] == "PodScheduled"]
    old = {each["type"]: each for each in before.get("conditions") or []}
    initialized = all(container.state == "done" for container in inits)
    unready = [container.name for container in containers if container.state not in ("ready", "done")]
    waiting = f"containers with unready status: [{' '.join(unready)}]"
    first = f"containers with incomplete status: [{' '.join(each.name for each in inits)}]"
    ended = all(container.state == "done" for container in containers)
    blocked = ("PodCompleted", "") if ended else ("ContainersNotReady", waiting) if unready else None
    made = [
        _condition("PodReadyToStartContainers", None if not _all_creating(containers) else ("", ""), old, now),
        _condition("Initialized", None if initialized else ("ContainersNotInitialized", first), old, now),
        _condition("Ready", blocked, old, now),
        _condition("ContainersReady", blocked, old, now),
    ]
    return [*kept, *made]


def _condition(
    kind: str, against: tuple[str, str] | None, old: Mapping[str, Mapping[str, Any]], now: str
) -> dict[str, Any]:
    """True, or False with reason and message. The time is that of the last change."""
    value = "True" if against is None else "False"
    before = old.get(kind, {})
    since = before.get("lastTransitionTime", now) if before.get("status") == value else now
    made: dict[str, Any] = {"type": kind, "status": value, "lastProbeTime": None, "lastTransitionTime": since}
    if against and against[0]:
        made |= {"reason": against[0], "message": against[1]}
    return made


def _container(container: Container, old: Mapping[str, Any], now: str) -> dict[str, Any]:
    running = container.state in ("running", "ready")
    started = (old.get("state") or {}).get("running", {}).get("startedAt", now) if running else now
    if container.restarts != old.get("restartCount", 0):
        started = now
    last = {"terminated": {"exitCode": 137, "reason": "Error", "startedAt": now, "finishedAt": now}}
    return {
        "name": container.name,
        "image": container.image,
        "imageID": f"lab://{hashlib.sha256(container.image.encode()).hexdigest()}" if running else "",
        "ready": container.state == "ready",
        "started": container.state == "ready" or (running and not container.probed),
        "restartCount": container.restarts,
        "state": _state(container, started, now),
        "lastState": last if container.restarts else {},
    }


def _state(container: Container, started: str, now: str) -> dict[str, Any]:
    if container.state in ("running", "ready"):
        return {"running": {"startedAt": started}}
    if container.state == "done":
        ended = {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}
        return {"terminated": ended}
    if container.state == "backoff":
        message = f"back-off restarting failed container {container.name}"
        return {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
    return {"waiting": {"reason": "ContainerCreating"}}


def _address(node: str) -> str:
    digest = hashlib.sha256(node.encode()).digest()
    return f"10.{digest[0]}.{digest[1]}.{digest[2]}"


def _pod_address(pod: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(str(pod["metadata"]["uid"]).encode()).digest()
    return f"100.{64 + digest[0] % 64}.{digest[1]}.{digest[2]}"
