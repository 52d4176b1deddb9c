"""On which nodes a stage's pods may run, which they prefer, and how they spread."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from intertie.contract import ClusterHandle, PoolBinding, Toleration
from intertie.errors import InputError
from intertie.plan import LABEL, Plan, StagePlan
from intertie.workload.manifest import selector

_T = TypeVar("_T")
_HEAVIEST = 100
_ZONE = "topology.kubernetes.io/zone"
_HOST = "kubernetes.io/hostname"
_POOL = f"{LABEL}/pool"
_GROUP = "leaderworkerset.sigs.k8s.io/group-key"
"""Label that LeaderWorkerSet gives all pods of one replica, and only them."""
EXCLUSIVE = "leaderworkerset.sigs.k8s.io/exclusive-topology"
"""Annotation of a LeaderWorkerSet: each replica has a domain of this node label to itself."""


def bindings(stage: StagePlan, handle: ClusterHandle) -> tuple[PoolBinding, ...]:
    """How pods get onto the stage's pools, in ladder order. InputError for a pool that the cluster does not have."""
    missing = [name for name in stage.pools if name not in handle.pools]
    if missing:
        has = ", ".join(sorted(handle.pools)) or "none"
        raise InputError(f"stage {stage.name!r} runs on pool {missing[0]!r}, but cluster {handle.name!r} has: {has}")
    return tuple(handle.pools[name] for name in stage.pools)


def fabric(stage: StagePlan, handle: ClusterHandle) -> dict[str, str]:
    """Fabric interfaces that a pod of a replica over several nodes asks for: what every pool of its ladder has."""
    return _least([pool.fabric_resources for pool in bindings(stage, handle)], _quantity) if stage.multi_node else {}


def fabric_devices(stage: StagePlan, handle: ClusterHandle) -> dict[str, int]:
    """Fabric interfaces that such a pod claims: how many of each DeviceClass every pool of its ladder has."""
    return _least([pool.fabric_devices for pool in bindings(stage, handle)], int) if stage.multi_node else {}


def fabric_env(stage: StagePlan, handle: ClusterHandle) -> dict[str, str]:
    """Settings of the fabric that every pool of its ladder has: one pool's alone would mislead pods on the others."""
    if not stage.multi_node:
        return {}
    first, *others = (pool.fabric_env for pool in bindings(stage, handle))
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def pins_memory(stage: StagePlan, handle: ClusterHandle) -> bool:
    """Whether pods of the stage pin pages for remote direct memory access."""
    return bool(fabric(stage, handle) or fabric_devices(stage, handle))


def _least(tables: Sequence[Mapping[str, _T]], size: Callable[[_T], float]) -> dict[str, _T]:
    first, *others = tables
    shared = [name for name in first if all(name in other for other in others)]
    return {name: min([first[name], *(other[name] for other in others)], key=size) for name in shared}


def _quantity(text: str) -> float:
    """Sorts quantities such as "32" or "5120Mi" of one unit."""
    return float(text.rstrip("KMGTikmgt") or 0)


def scheduling(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> dict[str, Any]:
    """The fields of a pod spec that decide where it runs."""
    pools = bindings(stage, handle)
    shared = dict(set.intersection(*(set(pool.selector.items()) for pool in pools)))
    rest = [{key: value for key, value in pool.selector.items() if key not in shared} for pool in pools]
    fields: dict[str, Any] = {
        "nodeSelector": dict(sorted(shared.items())),
        "tolerations": [toleration(given) for given in _all_tolerations(pools)],
        "topologySpreadConstraints": spread(plan, stage),
    }
    affinity = {"nodeAffinity": _node_affinity(rest)} if any(rest) else {}
    fields["affinity"] = affinity | _together(plan, stage, handle)
    return {name: value for name, value in fields.items() if value}


def exclusive(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> dict[str, str]:
    """Annotations that give each replica over several nodes a pool to itself, where every pool is as large as one.

    So are TPU slices, whose machines are joined with each other and with no others. Of two replicas that share out the
    machines of two slices, neither could start.
    """
    sized = stage.sizing
    if not stage.multi_node or sized is None or not _labelled(bindings(stage, handle)):
        return {}
    whole = all(plan.pool(name).max_nodes == sized.nodes for name in stage.pools)
    return {EXCLUSIVE: _POOL} if whole else {}


def _together(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> dict[str, Any]:
    """Pod affinity that keeps one replica over several nodes within one pool of its ladder.

    Machines of different pools share no fabric: they lie in different placement groups, often in different zones.
    Replicas may share a pool, so LeaderWorkerSet's exclusive placement, where it is not on, is too much.
    """
    pools = bindings(stage, handle)
    if not stage.multi_node or len(pools) < 2 or not _labelled(pools) or exclusive(plan, stage, handle):
        return {}
    same = {"labelSelector": {"matchLabels": selector(plan, stage.name)}, "matchLabelKeys": [_GROUP]}
    return {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{**same, "topologyKey": _POOL}]}}


def _labelled(pools: Sequence[PoolBinding]) -> bool:
    """Whether nodes say which pool they are of; those of an adopted cluster need not."""
    return all(_POOL in pool.selector for pool in pools)


def _node_affinity(pools: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Any of the pools will do, the earlier step of the ladder rather than the later one.

    A pool that has nothing but the shared labels takes part through them alone, and so would make the rest of the
    terms meaningless: then there are only preferences.
    """
    step = _HEAVIEST // len(pools)
    preferred = [
        {"weight": _HEAVIEST - rank * step, "preference": {"matchExpressions": _expressions(labels)}}
        for rank, labels in enumerate(pools)
        if labels and len(pools) > 1
    ]
    affinity = any_of(pools) if all(pools) else {}
    if preferred:
        affinity["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    return affinity


def any_of(pools: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Node affinity to nodes with the labels of at least one of `pools`, none of which is empty."""
    terms = [{"matchExpressions": _expressions(labels)} for labels in pools]
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}


def _expressions(labels: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "operator": "In", "values": [value]} for key, value in sorted(labels.items())]


def _all_tolerations(pools: Sequence[PoolBinding]) -> list[Toleration]:
    found: list[Toleration] = []
    for pool in pools:
        found += [given for given in pool.tolerations if given not in found]
    return found


def toleration(given: Toleration) -> dict[str, Any]:
    """In Kubernetes' words. `Exists` has no value, and an empty effect means all of them."""
    fields = {"key": given.key, "operator": given.operator, "value": given.value, "effect": given.effect}
    if given.operator == "Exists":
        del fields["value"]
    return {name: value for name, value in fields.items() if value}


def spread(plan: Plan, stage: StagePlan) -> list[dict[str, Any]]:
    """Over zones always, over nodes only on CPU: a node of accelerators is filled before another is paid for."""
    topologies = [_ZONE] if stage.on_accelerators else [_ZONE, _HOST]
    return [
        {
            "maxSkew": 1,
            "topologyKey": topology,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector(plan, stage.name)},
        }
        for topology in topologies
    ]
