"""Sizing of one replica on one accelerator type: how many accelerators, how they are joined, on how many machines."""

from dataclasses import dataclass

from intertie import catalog
from intertie.plan.memory import Need, need_of, usable_gib
from intertie.plan.parallel import Spread, fits, shortfall, sizing, splits, spread
from intertie.plan.types import Sizing
from intertie.spec import Parallelism, StageSpec


@dataclass(frozen=True, slots=True)
class Room:
    """What the machines that can be had offer: accelerators of the largest one, and of the largest with a fabric."""

    in_node: int
    with_fabric: int


def need(stage: StageSpec) -> Need:
    """Memory of one replica; nothing for a stage whose image knows its own model."""
    if stage.model is not None:
        return need_of(stage.model)
    return Need(0.0, 0.0, None, None, "number of accelerators from the description", "")


def size(stage: StageSpec, accelerator: catalog.Accelerator, room: Room) -> Sizing | str:
    """The sizing on machines with that room, or the reason why there is none."""
    wanted, usable = need(stage), usable_gib(accelerator)
    chosen = _chosen(stage, wanted, usable, room)
    return chosen if isinstance(chosen, str) else sizing(wanted, usable, chosen)


def _chosen(stage: StageSpec, wanted: Need, usable: float, room: Room) -> Spread | str:
    if stage.parallelism is not None:
        return _override(stage.parallelism, stage, wanted, usable, room)
    if stage.model is None:
        count = stage.accelerator_count or 1
        if count > room.in_node:
            return (
                f"one replica asks for {count} accelerators, and the largest machine that can be had has {room.in_node}"
            )
        return Spread(count, 1, 1)
    return spread(wanted, usable, room.in_node, room.with_fabric) or shortfall(
        wanted, usable, room.in_node, room.with_fabric
    )


def _override(given: Parallelism, stage: StageSpec, wanted: Need, usable: float, room: Room) -> Spread | str:
    """The user's parallelism, when it can work."""
    asked = Spread(given.tensor, given.pipeline, given.pipeline)
    most = room.in_node if asked.nodes == 1 else room.with_fabric
    if given.tensor > most:
        where = "with a fabric between machines " if asked.nodes > 1 else ""
        return (
            f"`parallelism` asks for {given.tensor} accelerators in one node, and machines {where}have at most {most}"
        )
    return wrong_override(given, stage, wanted, usable) or asked


def wrong_override(given: Parallelism, stage: StageSpec, wanted: Need, usable: float) -> str:
    """What is wrong with a parallelism on any machine; nothing when it can work."""
    if stage.accelerator_count not in (None, given.tensor * given.pipeline):
        made, asked = given.tensor * given.pipeline, stage.accelerator_count
        return f"`parallelism` makes {made} accelerators, and `accelerator_count` says {asked}"
    if not splits(given.tensor, wanted.kv_heads):
        heads = wanted.kv_heads
        return (
            f"`parallelism.tensor` {given.tensor} neither divides the {heads} key-value heads nor is a multiple of them"
        )
    if wanted.layers is not None and given.pipeline > wanted.layers:
        return f"`parallelism.pipeline` {given.pipeline} is more than the model's {wanted.layers} layers"
    if stage.model is not None and not fits(wanted, usable, given.tensor, given.pipeline):
        held = f"{wanted.weights_gib:.0f} GiB of weights and {wanted.cache_gib:.0f} GiB of cache"
        return (
            f"`parallelism` {given.tensor} × {given.pipeline} does not hold {held} with {usable:.1f} GiB usable on each"
        )
    return ""
