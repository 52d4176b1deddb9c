"""How pods get onto the pools of an adopted cluster, from labels and taints that the description gives."""

from intertie.contract import PoolBinding, Toleration
from intertie.errors import Problem
from intertie.plan import Plan
from intertie.platforms import components
from intertie.platforms.components import vendors
from intertie.spec import Adopt, ExistingPool


def problems(plan: Plan) -> list[Problem]:
    """Pools of different accelerators that pods could not tell apart: only their labels say which is which."""
    pools = _adopt(plan).pools
    return [
        Problem(
            path=f"placements.{plan.placement}.adopt.pools[{index}].labels",
            found=", ".join(f"{key}={value}" for key, value in sorted(pool.labels.items())) or "no labels",
            allowed="labels that no pool with another accelerator has",
            hint="kubectl get nodes --show-labels",
        )
        for index, pool in enumerate(pools)
        if any(pool.accelerator != other.accelerator and _covers(pool, other) for other in pools)
    ]


def _covers(pool: ExistingPool, other: ExistingPool) -> bool:
    """Whether pods that are meant for `pool` could land on `other`, both of which have accelerators."""
    if pool.accelerator is None or other.accelerator is None:
        return False
    return pool.labels.items() <= other.labels.items()


def bindings(plan: Plan) -> dict[str, PoolBinding]:
    """A binding for each pool of the plan, by its name."""
    described = {pool.name: pool for pool in _adopt(plan).pools}
    return {pool.name: _binding(described[pool.name]) for pool in plan.pools}


def provided(plan: Plan) -> frozenset[str]:
    """What is there, or is a matter of whoever runs the cluster: nothing of it is installed.

    That is what the description names; what the cloud brings or offers as a switch, by the catalogue's table of owners;
    and what the table leaves to any adopted cluster, such as drivers.
    """
    known = vendors(plan)
    return components.provided(plan.cloud, known, [*components.provided("other", known), *_adopt(plan).provides])


def toleration(taint: str) -> Toleration:
    """The toleration of a taint as kubectl writes it: `key=value:Effect`, or `key:Effect` whatever its value is."""
    pair, _, effect = taint.rpartition(":")
    key, equals, value = pair.partition("=")
    return Toleration(key, "Equal" if equals else "Exists", value, effect)


def _binding(pool: ExistingPool) -> PoolBinding:
    return PoolBinding(dict(pool.labels), tuple(toleration(taint) for taint in pool.taints))


def _adopt(plan: Plan) -> Adopt:
    adopted = plan.where.adopt
    assert adopted is not None  # plan.platform is "existing" for no other placement
    return adopted
