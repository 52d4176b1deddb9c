"""The kubelets of a simulated cluster: what becomes of pods once the scheduler has placed them, on the lab's clock.

Images are pulled, containers start, weights load, and a container whose probes give up before it answers is killed
and started again, as in life: with growing pauses, and never ready.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from intertie.lab import pod_start, pod_status
from intertie.lab.agenda import Scope
from intertie.lab.pod_status import Container

_BACKOFF = (10, 20, 40, 80, 160, 300)
"""Seconds between restarts. Source: Kubernetes documentation, pod lifecycle. After the last the lab stops counting."""
_GROUP_SIZE = "leaderworkerset.sigs.k8s.io/size"
_GROUP = ("leaderworkerset.sigs.k8s.io/name", "leaderworkerset.sigs.k8s.io/group-index")
_JOB_SECONDS = 5.0  # a container of a pod that is to end


@dataclass(slots=True)
class _Life:
    """One pod on its node."""

    pod: Mapping[str, Any]
    containers: dict[str, Container]
    inits: tuple[Container, ...]
    pulled: bool = False
    alone: list[Mapping[str, Any]] = field(default_factory=list)  # containers that wait for the rest of their group


@dataclass(slots=True)
class Kubelets:
    """All kubelets of one cluster. `report` patches a pod's status; it may fail when the pod has gone."""

    agenda: Scope
    now: Callable[[], int]  # virtual milliseconds
    report: Callable[[Mapping[str, Any], dict[str, Any]], None]
    tell: Callable[[str, Mapping[str, Any], str], None]  # action, pod, message: an event of the world
    _lives: dict[str, _Life] = field(default_factory=dict)
    _images: dict[str, set[str]] = field(default_factory=dict)  # by node

    def see(self, pods: Iterable[Mapping[str, Any]]) -> None:
        """Take up what is new, forget what has gone."""
        there = {pod["metadata"]["uid"]: pod for pod in pods if _is_ours(pod)}
        for uid in [uid for uid in self._lives if uid not in there]:
            del self._lives[uid]
            self.agenda.drop("pod", uid)
        for uid, pod in there.items():
            if uid in self._lives:
                self._lives[uid].pod = pod
            elif not _settled(pod):
                self._begin(uid, pod)
            else:
                self._images.setdefault(pod["spec"]["nodeName"], set()).update(pod_start.images(pod))
                self._lives[uid] = _Life(pod, {}, (), pulled=True)
        for uid, life in self._lives.items():
            self._load(uid, life)

    def _begin(self, uid: str, pod: Mapping[str, Any]) -> None:
        spec = pod["spec"]
        containers = {
            each["name"]: Container(each["name"], each["image"], probed=each.get("startupProbe") is not None)
            for each in spec["containers"]
        }
        inits = tuple(Container(each["name"], each["image"]) for each in spec.get("initContainers") or [])
        life = self._lives[uid] = _Life(pod, containers, inits)
        present = self._images.setdefault(spec["nodeName"], set())
        seconds = pod_start.pull_seconds(pod, present)
        self._say(life)
        self._after(uid, "pulled", seconds, lambda: self._pulled(uid))

    def _pulled(self, uid: str) -> None:
        life = self._lives.get(uid)
        if life is None:
            return
        life.pulled = True
        life.inits = tuple(replace(each, state="done") for each in life.inits)
        self._images.setdefault(life.pod["spec"]["nodeName"], set()).update(pod_start.images(life.pod))
        for container in life.pod["spec"]["containers"]:
            self._start(uid, life, container, restarts=0)
        self._say(life)

    def _start(self, uid: str, life: _Life, spec: Mapping[str, Any], restarts: int) -> None:
        """A container runs. What comes next: it answers, it is killed, or it ends by itself."""
        name = spec["name"]
        life.containers[name] = replace(life.containers[name], state="running", restarts=restarts)
        if life.pod["spec"].get("restartPolicy", "Always") != "Always":
            self._after(uid, name, _JOB_SECONDS, lambda: self._turn(uid, name, "done"))
            return
        if spec.get("readinessProbe") is None and spec.get("startupProbe") is None:
            life.containers[name] = replace(life.containers[name], state="ready")
            return
        given_up = pod_start.patience(spec)
        if given_up is not None:
            self._after(uid, f"{name} killed", given_up, lambda: self._killed(uid, spec, given_up))
        life.alone.append(spec)
        self._load(uid, life)

    def _load(self, uid: str, life: _Life) -> None:
        """Containers of a pod load once its group is complete: processes that work together wait for each other."""
        if life.alone and self._together(life):
            for spec in life.alone:
                load = pod_start.loading(spec).seconds
                delay = (spec.get("readinessProbe") or {}).get("initialDelaySeconds", 0)
                self._after(
                    uid, spec["name"], max(load, delay), lambda name=spec["name"]: self._turn(uid, name, "ready")
                )
            life.alone.clear()

    def _together(self, life: _Life) -> bool:
        """Whether all pods of a LeaderWorkerSet's group run; of any other pod, itself."""
        about = life.pod["metadata"]
        size = int((about.get("annotations") or {}).get(_GROUP_SIZE, 1))
        group = _group(life.pod)
        running = sum(other.pulled for other in self._lives.values() if _group(other.pod) == group)
        return size <= 1 or running >= size

    def _turn(self, uid: str, name: str, state: str) -> None:
        life = self._lives.get(uid)
        if life is None:
            return
        life.containers[name] = replace(life.containers[name], state=state)
        self.agenda.drop("pod", uid, f"{name} killed")
        self._say(life)
        if all(each.state == "ready" for each in life.containers.values()):
            self.tell("ready", life.pod, "")

    def _killed(self, uid: str, spec: Mapping[str, Any], given_up: float) -> None:
        life = self._lives.get(uid)
        if life is None:
            return
        name = spec["name"]
        self.agenda.drop("pod", uid, name)
        life.alone = [each for each in life.alone if each["name"] != name]
        restarts = life.containers[name].restarts + 1
        life.containers[name] = replace(life.containers[name], state="backoff", restarts=restarts)
        self._say(life)
        probe = "startup" if spec.get("startupProbe") is not None else "liveness"
        needs = f"needs {pod_start.loading(spec).seconds:.0f} s to answer"
        needs += "" if self._together(life) else ", once its group is complete"
        message = f"container {name}: {probe} probe gives up after {given_up:g} s, it {needs}"
        self.tell("killed", life.pod, message)
        if restarts <= len(_BACKOFF):
            self._after(uid, name, _BACKOFF[restarts - 1], lambda: self._restart(uid, spec))

    def _restart(self, uid: str, spec: Mapping[str, Any]) -> None:
        life = self._lives.get(uid)
        if life is not None:
            self._start(uid, life, spec, life.containers[spec["name"]].restarts)
            self._say(life)

    def _after(self, uid: str, what: str, seconds: float, act: Callable[[], None]) -> None:
        self.agenda.put(("pod", uid, what), self.now() + round(seconds * 1000), act)

    def _say(self, life: _Life) -> None:
        ordered = [life.containers[each["name"]] for each in life.pod["spec"]["containers"]]
        self.report(life.pod, pod_status.status(life.pod, ordered, life.inits, pod_status.timestamp()))


def _group(pod: Mapping[str, Any]) -> tuple[str, ...]:
    """The group of a LeaderWorkerSet's pod; any other is a group of its own."""
    about = pod["metadata"]
    labels = about.get("labels") or {}
    if not all(label in labels for label in _GROUP):
        return (about["uid"],)
    return (about.get("namespace", ""), *(labels[label] for label in _GROUP))


def _is_ours(pod: Mapping[str, Any]) -> bool:
    """Placed, and not on its way out: those are KWOK's."""
    return bool(pod["spec"].get("nodeName")) and not pod["metadata"].get("deletionTimestamp")


def _settled(pod: Mapping[str, Any]) -> bool:
    """Whether a pod that was not seen before has its life behind it: after a restart of the lab's supervisor."""
    status = pod.get("status") or {}
    if status.get("phase") in ("Succeeded", "Failed"):
        return True
    return any(each["type"] == "Ready" and each["status"] == "True" for each in status.get("conditions") or [])
