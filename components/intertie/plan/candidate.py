"""One accelerator on one placement: can it serve the stage, on which machines, and how large is a replica?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from intertie import catalog
from intertie.plan.images import Image, image_for
from intertie.plan.ladder import Step
from intertie.plan.machines import Options, named_machines, options
from intertie.plan.memory import usable_gib
from intertie.plan.parallel import Spread, fits, sizing, splits
from intertie.plan.site import Site
from intertie.plan.sizing import Room, need, size, wrong_override
from intertie.plan.types import Sizing
from intertie.spec import StageSpec


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder with the machine type that takes it."""

    step: Step
    machine: catalog.Machine


@dataclass(frozen=True, slots=True)
class Candidate:
    """An accelerator that can serve the stage. `topology` is the shape of a TPU slice, else ""."""

    accelerator: catalog.Accelerator
    image: Image
    sizing: Sizing
    rungs: tuple[Rung, ...]
    topology: str = ""
    left_out: tuple[str, ...] = ()  # why steps of the default ladder are not there


def evaluate(site: Site, stage: StageSpec, steps: Sequence[Step], name: str) -> Candidate | str:
    """The candidate, or the reason why the accelerator cannot serve the stage here."""
    known = served(stage, name)
    if isinstance(known, str):
        return known
    return _on_machines(site, stage, steps, *known)


def served(stage: StageSpec, name: str) -> tuple[catalog.Accelerator, Image] | str:
    """The accelerator and the image that serves the stage on it, or the reason why it cannot, wherever it stands."""
    accelerator = catalog.accelerator(name)
    precision = stage.model.precision.value if stage.model else None
    if precision is not None and precision not in accelerator.precisions:
        return f"it does not compute {precision}, but {', '.join(accelerator.precisions)}"
    image = image_for(stage, accelerator)
    return image if isinstance(image, str) else (accelerator, image)


def _on_machines(
    site: Site, stage: StageSpec, steps: Sequence[Step], accelerator: catalog.Accelerator, image: Image
) -> Candidate | str:
    named = named_machines(steps)
    every = [options(site, stage, step, accelerator.name, named) for step in steps]
    empty = [option for option in every if not option.machines]
    if [option for option in empty if not option.step.default] or len(empty) == len(every):
        return "; ".join(dict.fromkeys(option.reason for option in empty))
    left_out = tuple(option.reason for option in empty)
    able = [option for option in every if option.machines]
    found: Candidate | str = ""
    for part in _ladders(able):
        fit = _fit_slices if accelerator.vendor == "google" else _fit_machines
        found = fit(stage, part, accelerator, image)
        if not isinstance(found, str):
            missing = tuple(f"{o.step.kind}: its machines do not hold a replica" for o in able if o not in part)
            return replace(found, left_out=(*left_out, *missing))
    return found


def _ladders(able: list[Options]) -> list[list[Options]]:
    """The ladder; and of a default ladder also its single steps, when its steps do not go together."""
    if len(able) > 1 and all(option.step.default for option in able):
        return [able, *[[option] for option in able]]
    return [able]


def _fit_machines(
    stage: StageSpec, able: Sequence[Options], accelerator: catalog.Accelerator, image: Image
) -> Candidate | str:
    """A replica is the same on all steps, so the step with the smallest machines decides what a node can hold."""
    room = Room(min(option.most() for option in able), min(option.most(fabric=True) for option in able))
    sized = size(stage, accelerator, room)
    if isinstance(sized, str):
        return sized
    per_node = sized.accelerators // sized.nodes
    rungs = []
    for option in able:
        machine = option.smallest(per_node, fabric=sized.nodes > 1)
        if machine is None:
            return f"{option.step.kind}: no machine holds {per_node} accelerators of a replica"
        rungs.append(Rung(option.step, machine))
    return Candidate(accelerator, image, sized, tuple(rungs))


def _fit_slices(
    stage: StageSpec, able: Sequence[Options], accelerator: catalog.Accelerator, image: Image
) -> Candidate | str:
    """A TPU replica is one slice: the shape with the fewest chips that holds it, all chips of its machines used."""
    wanted, usable = need(stage), usable_gib(accelerator)
    given = stage.parallelism
    if given is not None and given.pipeline > 1:
        return "`parallelism.pipeline` is 1 on a TPU slice: its chips share every layer"
    if given is not None and (wrong := wrong_override(given, stage, wanted, usable)):
        return wrong
    reason = "no slice shape is made of machines that can be had"
    for shape in catalog.tpu_topologies(accelerator.name):
        machines = [_named(option, shape.machine) for option in able]
        rungs = [Rung(o.step, row) for o, row in zip(able, machines, strict=True) if row is not None]
        if len(rungs) < len(able):
            continue
        reason = _wrong_slice(stage, shape)
        if reason:
            continue
        if splits(shape.chips, wanted.kv_heads) and fits(wanted, usable, shape.chips, 1):
            sized = sizing(wanted, usable, Spread(shape.chips, 1, shape.hosts))
            return Candidate(accelerator, image, sized, tuple(rungs), shape.topology)
        held = f"{wanted.weights_gib:.0f} GiB of weights and {wanted.cache_gib:.0f} GiB of cache"
        reason = f"{held} do not fit {shape.chips} chips ({shape.topology})"
    return reason


def _named(option: Options, name: str) -> catalog.Machine | None:
    return next((row for row in option.machines if row.name == name), None)


def _wrong_slice(stage: StageSpec, shape: catalog.TpuTopology) -> str:
    """Why the description asks for another number of chips; nothing when this one will do."""
    given = stage.parallelism
    if given is not None and given.tensor != shape.chips:
        return f"`parallelism` asks for {given.tensor} chips, and no slice has that many"
    if stage.model is None and shape.chips < (stage.accelerator_count or 1):
        return f"no slice that can be had has {stage.accelerator_count} chips"
    return ""
