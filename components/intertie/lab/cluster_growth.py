"""Lets the pools of one simulated cluster grow and shrink, where somebody is there who does that."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from intertie.lab import autoscaler, capacity, compute_classes, nodes
from intertie.lab.agenda import Scope
from intertie.lab.cluster_nodes import ClusterNodes, is_ready
from intertie.lab.kube.client import Api, ApiError
from intertie.lab.pod_status import timestamp
from intertie.lab.world import Cluster, Pool, World

BACKOFF_SECONDS = 300
"""How long a pool that could not grow is left alone. Source: kubernetes/autoscaler, frequently asked questions."""

Object = Mapping[str, Any]


@dataclass(slots=True)
class ClusterGrowth:
    """The node autoscaler of one cluster."""

    cluster: Cluster
    api: Api
    world: World
    agenda: Scope
    hand: ClusterNodes
    _exhausted: set[str] = field(default_factory=set)
    _told: set[tuple[str, str]] = field(default_factory=set)

    def step(self, pools: Sequence[Pool], there: Sequence[Object], pods: Sequence[Object]) -> None:
        """Look once. To be called when nothing else is going on: what the scheduler is about to place needs no node."""
        if not self._present(pods):
            return
        if autoscaler.unplaced(pods):
            table = autoscaler.priorities(self._priorities())
            full = frozenset(self._exhausted)
            sight = autoscaler.Sight(self.cluster, pools, there, pods, table, full, self._classes())
            for growth in autoscaler.grow(sight):
                self._grow(next(pool for pool in pools if pool.name == growth.pool), growth, pods)
        self._shrink(pools, there, pods)

    def _present(self, pods: Sequence[Object]) -> bool:
        """Whether there is an autoscaler: on EKS it is a workload like others, elsewhere the cloud's own."""
        return self.cluster.cloud != "aws" or any(is_ready(pod) and _is_autoscaler(pod) for pod in pods)

    def _priorities(self) -> Object | None:
        path = f"/api/v1/namespaces/kube-system/configmaps/{autoscaler.PRIORITIES}"
        with contextlib.suppress(ApiError):
            return self.api.find(path)
        return None

    def _classes(self) -> dict[str, compute_classes.ComputeClass]:
        """Those of the cluster, where its cloud has such a thing."""
        if self.cluster.cloud == "gcp":
            with contextlib.suppress(ApiError):
                return compute_classes.read(self.api.items(compute_classes.PATH))
        return {}

    def _grow(self, pool: Pool, growth: autoscaler.Growth, pods: Sequence[Object]) -> None:
        """As many as can be had. What cannot makes the pool be left alone for a while."""
        more = growth.nodes
        short = None
        while more and (short := self._shortage(pool, more)) is not None:
            more -= 1
        if more:
            self.hand.resize(pool, more)
            text = f"{pool.name} {pool.desired}->{pool.desired + more} (max: {pool.maximum})"
            self.world.record("autoscaler", "grows", self.cluster.name, text)
            self._tell(pods, growth.pods, "TriggeredScaleUp", f"pod triggered scale-up: [{{{text}}}]")
        if more < growth.nodes and short is not None:
            self._exhausted.add(pool.name)
            text = f"pool {pool.name}: {short.kind} of {short.what} {short.zone}".rstrip()
            self.world.record("autoscaler", "refused", self.cluster.name, text)
            self._tell(pods, growth.pods, "FailedScaleUp", text)
            due = self.world.now() + BACKOFF_SECONDS * 1000
            forget = lambda: self._exhausted.discard(pool.name)  # noqa: E731  it is no more than that
            self.agenda.put(("backoff", pool.name), due, forget, patient=True)

    def _shortage(self, pool: Pool, more: int) -> capacity.Shortage | None:
        grown = replace(pool, desired=pool.desired + more)
        return capacity.shortage(self.world, self.cluster.cloud, self.cluster.region, grown, more)

    def _shrink(self, pools: Sequence[Pool], there: Sequence[Object], pods: Sequence[Object]) -> None:
        """Nodes that nobody needs for long enough go, down to the pool's minimum."""
        unneeded = autoscaler.idle(there, pods)
        for node in there:
            name = node["metadata"]["name"]
            if name not in unneeded:
                self.agenda.drop("idle", name)
            elif nodes.pool_of(node) and not self.agenda.has("idle", name):
                due = self.world.now() + autoscaler.IDLE_SECONDS * 1000
                self.agenda.put(("idle", name), due, lambda n=node: self._unneeded(n), patient=True)

    def _unneeded(self, node: Object) -> None:
        name = node["metadata"]["name"]
        pool = next((p for p in self.world.pools(self.cluster.id) if p.name == nodes.pool_of(node)), None)
        on_it = self.api.items("/api/v1/pods", fieldSelector=f"spec.nodeName={name}")
        if pool is None or pool.desired <= pool.minimum or name not in autoscaler.idle([node], on_it):
            return
        self.hand.resize(pool, -1)
        self.world.record("autoscaler", "shrinks", self.cluster.name, f"{pool.name} {pool.desired}->{pool.desired - 1}")
        self.hand.remove(name, on_it)

    def _tell(self, pods: Sequence[Object], names: Sequence[str], reason: str, message: str) -> None:
        """An event on each of the pods, as `kubectl describe` shows it; once for the same text."""
        for pod in pods:
            about = pod["metadata"]
            if about["name"] not in names or (about["uid"], message) in self._told:
                continue
            self._told.add((about["uid"], message))
            path = f"/api/v1/namespaces/{about['namespace']}/events"
            with contextlib.suppress(ApiError):
                self.api.request("POST", path, _event(pod, reason, message))


def _is_autoscaler(pod: Object) -> bool:
    return any("cluster-autoscaler" in container["image"] for container in pod["spec"]["containers"])


def _event(pod: Object, reason: str, message: str) -> dict[str, Any]:
    about = pod["metadata"]
    now = timestamp()
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{about['name']}.", "namespace": about["namespace"]},
        "involvedObject": {
            "apiVersion": "v1", "kind": "Pod", "name": about["name"], "namespace": about["namespace"],
            "uid": about["uid"],
        },
        "reason": reason,
        "message": message,
        "type": "Normal" if reason == "TriggeredScaleUp" else "Warning",
        "source": {"component": "cluster-autoscaler"},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }  # fmt: skip
