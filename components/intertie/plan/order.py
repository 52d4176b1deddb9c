"""Stages as a graph along `after`: an order in which each stage follows those it comes after."""

from collections import Counter
from collections.abc import Sequence

from intertie.plan.trail import Trail, did_you_mean, listed
from intertie.spec import StageSpec


def ordered(stages: Sequence[StageSpec], trail: Trail) -> tuple[StageSpec, ...]:
    """Stages in topological order, in the order of the description wherever that leaves a choice.

    Unknown and repeated names and cycles become problems; the stages of a cycle then come last, as they are written.
    """
    _check_names(stages, trail)
    names = {stage.name for stage in stages}
    waiting = list(stages)
    placed: list[StageSpec] = []
    done: set[str] = set()
    while ready := next((s for s in waiting if all(a in done or a not in names for a in s.after)), None):
        waiting.remove(ready)
        placed.append(ready)
        done.add(ready.name)
    if waiting:
        cycle = _cycle(waiting)
        trail.problem(
            f"stages[{stages.index(waiting[0])}].after",
            " → ".join(cycle),
            "stages that do not wait for each other in a circle",
            f"take one of the steps out of `after`, for example {cycle[-2]!r} in the stage {cycle[-1]!r}",
        )
    return (*placed, *waiting)


def _check_names(stages: Sequence[StageSpec], trail: Trail) -> None:
    counts = Counter(stage.name for stage in stages)
    for index, stage in enumerate(stages):
        if counts[stage.name] > 1:
            trail.problem(f"stages[{index}].name", stage.name, "a name that no other stage has")
        for place, after in enumerate(stage.after):
            if after not in counts:
                trail.problem(
                    f"stages[{index}].after[{place}]", after, f"a stage: {listed(counts)}", did_you_mean(after, counts)
                )


def _cycle(stuck: Sequence[StageSpec]) -> list[str]:
    """Names along one circle, the first repeated at the end; each stage comes after the next."""
    by_name = {stage.name: stage for stage in reversed(stuck)}
    walk = [stuck[0].name]
    while walk[-1] not in walk[:-1]:
        walk.append(next(name for name in by_name[walk[-1]].after if name in by_name))
    return walk[walk.index(walk[-1]) :]
