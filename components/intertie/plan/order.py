"""Stages as a graph along `after`: an order in which each stage follows those it comes after."""

from collections.abc import Sequence

from intertie.spec import StageSpec


def ordered(stages: Sequence[StageSpec]) -> tuple[StageSpec, ...]:
    """Stages in topological order, and in the order of the description wherever that leaves a choice.

    The description has no cycle: its own checks see to that.
    """
    waiting, placed, done = list(stages), [], set()
    while waiting:
        ready = next(stage for stage in waiting if done.issuperset(stage.after))
        waiting.remove(ready)
        placed.append(ready)
        done.add(ready.name)
    return tuple(placed)
