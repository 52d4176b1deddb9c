"""How pods get onto the pools of an adopted cluster, from labels and taints that the description gives."""

from collections import Counter

from intertie import catalog
from intertie.contract import PoolBinding, Toleration
from intertie.errors import Problem
from intertie.plan import Plan
from intertie.platforms.components import component_name, vendors
from intertie.spec import Adopt, ExistingPool


def problems(plan: Plan) -> list[Problem]:
    """Pools with accelerators that pods could not tell apart, since nothing but their labels says which is which."""
    adopted = _adopt(plan)
    labels = Counter(_selector(pool) for pool in adopted.pools if pool.accelerator)
    return [
        Problem(
            path=f"placements.{plan.placement}.adopt.pools[{index}].labels",
            found=", ".join(f"{key}={value}" for key, value in _selector(pool)) or "no labels",
            allowed="labels that no other pool with accelerators has",
            hint="kubectl get nodes --show-labels",
        )
        for index, pool in enumerate(adopted.pools)
        if pool.accelerator and labels[_selector(pool)] > 1
    ]


def bindings(plan: Plan) -> dict[str, PoolBinding]:
    """A binding for each pool of the plan, by its name."""
    described = {pool.name: pool for pool in _adopt(plan).pools}
    return {pool.name: _binding(described[pool.name]) for pool in plan.pools}


def provided(plan: Plan) -> frozenset[str]:
    """What the cluster has: as the description says, and what every cluster of its cloud comes with.

    What a platform of ours would have switched on may be off here, so it counts only when it is named.
    """
    wanted = {"*", *vendors(plan)}
    comes_along = {
        component_name(row.component, row.vendor)
        for row in catalog.ownership()
        if row.cloud == plan.cloud and row.vendor in wanted and row.owner == "cloud"
    }
    return frozenset(comes_along | set(_adopt(plan).provides))


def toleration(taint: str) -> Toleration:
    """The toleration of a taint as kubectl writes it: `key=value:Effect`, or `key:Effect` whatever its value is."""
    pair, _, effect = taint.rpartition(":")
    key, equals, value = pair.partition("=")
    return Toleration(key, "Equal" if equals else "Exists", value, effect)


def _binding(pool: ExistingPool) -> PoolBinding:
    return PoolBinding(dict(pool.labels), tuple(toleration(taint) for taint in pool.taints))


def _selector(pool: ExistingPool) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(pool.labels.items()))


def _adopt(plan: Plan) -> Adopt:
    adopted = plan.where.adopt
    assert adopted is not None  # plan.platform is "existing" for no other placement
    return adopted
