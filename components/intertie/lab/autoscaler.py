"""A small node autoscaler: pools grow for pods that nothing else holds up, and idle nodes go. Pure decisions.

As the cluster autoscaler does it: it imagines a node of each pool, and a pool grows by as many as the pods need. The
order is that of its priority expander, from the same ConfigMap; without one the pool that is left with the least goes
first, on GKE spot machines before others. Pods that ask for a class of GKE's have the order of that class. It knows the
limits of the pool, and learns from failures what the cloud does not have.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from intertie.lab import compute_classes, scheduling
from intertie.lab.compute_classes import ComputeClass
from intertie.lab.nodes import pool_of, template
from intertie.lab.world import Cluster, Pool

PRIORITIES = "cluster-autoscaler-priority-expander"
"""ConfigMap in kube-system. Source: kubernetes/autoscaler, priority expander."""
IDLE_SECONDS = 600
"""How long a node must be unneeded. Source: kubernetes/autoscaler, frequently asked questions."""
_GROUP = {"aws": "eks-{}-00000000", "azure": "aks-{}-00000000-vmss"}


@dataclass(frozen=True, slots=True)
class Growth:
    """A pool that shall get so many nodes more, and for which pods."""

    pool: str
    nodes: int
    pods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """What the autoscaler sees of a cluster."""

    cluster: Cluster
    pools: Sequence[Pool]
    nodes: Sequence[Mapping[str, Any]]
    pods: Sequence[Mapping[str, Any]]
    priorities: Mapping[int, Sequence[str]]  # priority → patterns of the groups' names
    exhausted: frozenset[str] = frozenset()  # pools that could not grow a while ago
    classes: Mapping[str, ComputeClass] = field(default_factory=dict)  # by name


def unplaced(pods: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Pods of which the scheduler said that they fit on no node."""
    return [pod for pod in pods if not pod["spec"].get("nodeName") and _reason(pod) == "Unschedulable"]


def _reason(pod: Mapping[str, Any]) -> str:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return next((each.get("reason", "") for each in conditions if each["type"] == "PodScheduled"), "")


def grow(sight: Sight) -> list[Growth]:
    """How pools grow for the pods that fit nowhere, the cloud permitting."""
    coming = _coming(sight)
    grown: dict[str, list[_Imagined]] = {}
    for pod in unplaced(sight.pods):
        if any(each.take(pod) for each in coming):
            continue
        able = [
            _Imagined(pool, template(sight.cluster, pool))
            for pool in sight.pools
            if pool.name not in sight.exhausted and pool.desired + len(grown.get(pool.name, ())) < pool.maximum
        ]
        chosen = _choose(sight, _in_order(sight, pod, [each for each in able if each.take(pod)]))
        if chosen is not None:
            coming.append(chosen)
            grown.setdefault(chosen.pool.name, []).append(chosen)
    return [Growth(name, len(made), tuple(pod for each in made for pod in each.pods)) for name, made in grown.items()]


def _coming(sight: Sight) -> list["_Imagined"]:
    """All nodes of the pools as they will be: those that are there, some not ready or without their devices yet, and
    those that the pools wait for. What fits on one of them only has to wait."""
    found: list[_Imagined] = []
    for pool in sight.pools:
        own = [node["metadata"]["name"] for node in sight.nodes if pool_of(node) == pool.name]
        imagined = template(sight.cluster, pool)
        found += [_Imagined(pool, imagined) for _ in range(pool.desired - len(own))]
        for name in own:
            found.append(_Imagined(pool, imagined, [pod for pod in sight.pods if pod["spec"].get("nodeName") == name]))
    return found


class _Imagined:
    """A node that is not there yet, and what the pods that are meant for it leave of it."""

    def __init__(self, pool: Pool, node: dict[str, Any], pods: Sequence[Mapping[str, Any]] = ()) -> None:
        self.pool = pool
        self._node = node
        self._left = scheduling.room(node, pods)
        self.pods: list[str] = []

    def take(self, pod: Mapping[str, Any]) -> bool:
        """Put a pod on it, if it fits."""
        if not scheduling.fits(pod, self._node, self._left):
            return False
        for name, amount in scheduling.requests(pod).items():
            self._left[name] -= amount
        self.pods.append(pod["metadata"]["name"])
        return True

    @property
    def waste(self) -> float:
        """The share of CPU that is left over: what the least-waste expander looks at."""
        whole = scheduling.room(self._node, ())["cpu"]
        return float(self._left["cpu"] / whole) if whole else 0.0


def _in_order(sight: Sight, pod: Mapping[str, Any], candidates: Sequence[_Imagined]) -> Sequence[_Imagined]:
    """Those of the first step of the pod's class that has any; all of them, for a pod of no class."""
    asked = compute_classes.asked_by(pod)
    if not asked:
        return candidates
    known = sight.classes.get(asked, ComputeClass(asked))
    steps = known.steps(each.pool for each in candidates)
    first = next(({pool.name for pool in step} for step in steps if step), set())
    return [each for each in candidates if each.pool.name in first]


def _choose(sight: Sight, candidates: Sequence[_Imagined]) -> _Imagined | None:
    """The candidate of the highest priority, then of the least waste. No priority at all is below every other.

    GKE's takes the pool that costs least, and counts spot machines as what they cost: of them alone prices are known
    to be lower than others' here. Source: GKE documentation, cluster autoscaler.
    """
    group = _GROUP.get(sight.cluster.cloud, "{}")

    def priority(pool: Pool) -> int:
        name = group.format(pool.name)
        table = sight.priorities.items()
        return max((rank for rank, patterns in table if any(re.search(each, name) for each in patterns)), default=-1)

    def dear(pool: Pool) -> bool:
        return sight.cluster.cloud == "gcp" and pool.market != "spot"

    return min(candidates, key=lambda each: (-priority(each.pool), dear(each.pool), each.waste), default=None)


def priorities(config_map: Mapping[str, Any] | None) -> dict[int, list[str]]:
    """The expander's table. Nothing when there is none, or when it cannot be read: then it has no say, as in life."""
    try:
        table = yaml.safe_load((config_map or {})["data"]["priorities"])
        return {int(priority): [str(pattern) for pattern in patterns] for priority, patterns in table.items()}
    except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError):
        return {}


def idle(nodes: Iterable[Mapping[str, Any]], pods: Iterable[Mapping[str, Any]]) -> set[str]:
    """Names of nodes that hold nothing but what is on every node."""
    held = {
        pod["spec"].get("nodeName")
        for pod in pods
        if not any(owner["kind"] == "DaemonSet" for owner in pod["metadata"].get("ownerReferences") or [])
        and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
    }
    return {node["metadata"]["name"] for node in nodes} - held
