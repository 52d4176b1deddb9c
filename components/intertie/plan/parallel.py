"""How one replica is spread: the fewest accelerators that hold it, in one node when one holds it."""

from dataclasses import dataclass

from intertie.plan.memory import Need, share
from intertie.plan.types import Sizing

MOST_NODES = 16  # that are proposed for one replica; `parallelism` may ask for more


@dataclass(frozen=True, slots=True)
class Spread:
    """`tensor` accelerators share each layer, `pipeline` groups share the layers, over `nodes` machines."""

    tensor: int
    pipeline: int
    nodes: int

    @property
    def accelerators(self) -> int:
        return self.tensor * self.pipeline

    @property
    def per_node(self) -> int:
        return self.accelerators // self.nodes

    def __str__(self) -> str:
        over = f" over {self.nodes} nodes" if self.nodes > 1 else ""
        return f"tensor {self.tensor} × pipeline {self.pipeline}{over}"


def splits(tensor: int, kv_heads: int | None) -> bool:
    """Whether attention can be cut into `tensor` parts: whole heads each, or whole copies of one."""
    return kv_heads is None or kv_heads % tensor == 0 or tensor % kv_heads == 0


def degrees(most: int, kv_heads: int | None) -> list[int]:
    """Tensor parallelism that is possible on up to `most` accelerators: powers of two that fit the heads."""
    return [2**power for power in range(most.bit_length()) if 2**power <= most and splits(2**power, kv_heads)]


def fits(need: Need, usable: float, tensor: int, pipeline: int) -> bool:
    return share(need, usable, tensor, pipeline).total <= usable


def spread(need: Need, usable: float, in_node: int, with_fabric: int) -> Spread | None:
    """The smallest spread that holds the model, or None.

    `in_node`: accelerators of the largest machine; `with_fabric`: of the largest one with a fabric between machines.
    """
    for tensor in degrees(in_node, need.kv_heads):
        if fits(need, usable, tensor, 1):
            return Spread(tensor, 1, 1)
    widest = max(degrees(with_fabric, need.kv_heads), default=0)
    for pipeline in range(2, min(MOST_NODES, need.layers or MOST_NODES) + 1):
        if widest and fits(need, usable, widest, pipeline):
            return Spread(widest, pipeline, pipeline)
    return None


def sizing(need: Need, usable: float, chosen: Spread) -> Sizing:
    """The figures of the plan: sums over the replica's accelerators, in GiB."""
    fullest = share(need, usable, chosen.tensor, chosen.pipeline)
    copies = max(1.0, chosen.tensor / need.kv_heads) if need.kv_heads else 1.0
    return Sizing(
        weights_gib=round(need.weights_gib, 2),
        kv_cache_gib=round(need.cache_gib * copies, 2),
        overhead_gib=round(fullest.overhead_gib * chosen.accelerators, 2),
        usable_gib=round(usable, 2),
        accelerators=chosen.accelerators,
        tensor=chosen.tensor,
        pipeline=chosen.pipeline,
        nodes=chosen.nodes,
        basis=need.basis,
    )


def shortfall(need: Need, usable: float, in_node: int, with_fabric: int) -> str:
    """Why no spread holds the model, in figures."""
    widest = max(degrees(max(in_node, 1), need.kv_heads), default=1)
    least = share(need, usable, widest, 1)
    text = (
        f"one replica needs {need.weights_gib:.0f} GiB of weights and {need.cache_gib:.0f} GiB of cache; on {widest} "
        f"accelerators that is {least.total:.1f} GiB each, and {usable:.1f} GiB are usable"
    )
    if not with_fabric:
        return f"{text}, and no machine that can be had has a fabric to join several"
    return f"{text}; {MOST_NODES} nodes do not hold it either"
