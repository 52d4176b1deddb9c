"""Ladders: in which order GKE grows the pools of a stage, as objects of its own kind ComputeClass.

Without one, GKE's autoscaler takes the cheapest pool that fits, whatever the description says: spot before what is
reserved. A pool belongs to a class by a label and a taint of its nodes, and pods ask for the class by that label.
Source: GKE documentation, custom compute classes: manually created node pools, and fallback compute priorities.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from intertie.contract import Bound, BuildOptions
from intertie.plan import Plan, PoolPlan, Taint
from intertie.platforms.children import child

API = "cloud.google.com/v1"
KIND = "ComputeClass"

KEY = "cloud.google.com/compute-class"
"""Label and taint of the nodes of a class, and label that its pods select."""

_PREFIX = "ladder"
"""Of the classes' names: one that begins with `gke` or `autopilot`, as a stage's name may, is refused."""


def class_of(plan: Plan, pool: PoolPlan) -> str:
    """Name of the class that the pool belongs to; "" for a pool that is the only one of its stage.

    A retiring pool stays in the class that it was in: its nodes keep what they carry, and its taint keeps pods away.
    """
    own = [each for each in plan.accelerator_pools() if (each.stage, each.generation) == (pool.stage, pool.generation)]
    return f"{_PREFIX}-{pool.stage}" if pool.role == "accelerator" and len(own) > 1 else ""


def label(name: str) -> dict[str, str]:
    """What nodes of a class carry, and what its pods select."""
    return {KEY: name} if name else {}


def taints(name: str) -> tuple[Taint, ...]:
    """What keeps pods of no class, and of other classes, away from the nodes of this one."""
    return (Taint(KEY, name, "NoSchedule"),) if name else ()


def build(
    plan: Plan, options: BuildOptions, kubeconfig: Bound, pools: Mapping[str, pulumi.Resource]
) -> tuple[pulumi.Resource, ...]:
    """A class per stage with more than one pool. They come after their pools (by name), and before the first pod."""
    steps = _steps(plan)
    if not steps:
        return ()
    # Its SDK costs a second: whoever has no ladder does not pay it here.
    import pulumi_kubernetes as kubernetes

    name, opts = child(options, "kubernetes")
    # The identifier keeps a changed login from replacing what was made with the old one.
    provider = kubernetes.Provider(name, kubeconfig=kubeconfig, cluster_identifier=plan.cluster, opts=opts)
    made: list[pulumi.Resource] = []
    for stage, names in steps.items():
        after = [pools[each] for each in names]
        name, opts = child(options, f"{_PREFIX}-{stage}", provider=provider, depends_on=after)
        made.append(
            kubernetes.apiextensions.CustomResource(
                name,
                api_version=API,
                kind=KIND,
                metadata=kubernetes.meta.v1.ObjectMetaArgs(name=f"{_PREFIX}-{stage}"),
                spec=spec(names),
                opts=opts,
            )
        )
    return tuple(made)


def spec(names: tuple[str, ...]) -> dict[str, Any]:
    """The class of pools that grow in this order. Within one rule GKE keeps no order, so each pool has its own."""
    return {
        "priorities": [{"nodepools": [each]} for each in names],
        # else GKE, where no step has room, grows any of them, or the machines that it thinks best
        "whenUnsatisfiable": "DoNotScaleUp",
        "nodePoolAutoCreation": {"enabled": False},
        # to move a replica is to end its streams and to load its weights again, every time that a step has room
        "activeMigration": {"optimizeRulePriority": False},
    }


def _steps(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Names of the pools of each ladder in its order, by stage. Retiring pools shall not grow, and are in none."""
    found: dict[str, list[PoolPlan]] = {}
    for pool in plan.accelerator_pools():
        if class_of(plan, pool) and not pool.retiring:
            found.setdefault(pool.stage, []).append(pool)
    rank = lambda pool: pool.rank  # noqa: E731  what it is sorted by
    return {stage: tuple(pool.name for pool in sorted(pools, key=rank)) for stage, pools in found.items()}
