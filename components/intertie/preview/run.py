"""Previews the stacks of a project: plan, recording and check, with no cloud, credentials or CLI."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from intertie.errors import InputError, IntertieError
from intertie.graph import UNKNOWN, Graph, check, record
from intertie.graph.collector import paused, sweep
from intertie.money import PriceBook, cost_of
from intertie.plan import Plan, resolve
from intertie.preview.faults import problems_of, problems_of_log
from intertie.preview.project import Project, meant, read_project
from intertie.preview.pulumi_yaml import shown
from intertie.preview.settings import Settings, settings
from intertie.preview.types import Preview, StackPreview
from intertie.spec import PipelineSpec, read_file

_SWEEP_EVERY = 16  # stacks: keeps the memory of 300 of them near that of a few


def preview(
    project_dir: Path,
    stacks: Sequence[str] | None = None,
    spec_file: Path | None = None,
    book: PriceBook | None = None,
) -> Preview:
    """What the stacks of a project would be.

    Without `spec_file`: the stacks that have a file (`stacks` chooses some). With it: one stack per placement of that
    description, made up in memory and named like the placement; no stack file is read. `book`: prices, the
    catalogue's when none is given.

    What is wrong with one stack is among its problems, and the others go on. InputError when nothing can be previewed:
    no project, no such stack, a description that cannot be read.
    """
    project = read_project(project_dir)
    wanted = tuple(dict.fromkeys(stacks)) if stacks is not None else None
    if spec_file is None:
        return _priced(_of_stacks(project, project.chosen(wanted)), book or PriceBook())
    return _priced(_of_placements(project, spec_file, wanted), book or PriceBook())


def _priced(found: Preview, book: PriceBook) -> Preview:
    """With the cost of every stack that has a plan; without any plan, no cost was looked at."""
    stacks = tuple(replace(stack, cost=cost_of(stack.plan, book)) if stack.plan else stack for stack in found.stacks)
    if not any(stack.cost for stack in stacks):
        return found
    return replace(found, stacks=stacks, evaluated=(*found.evaluated, "cost"))


def _of_stacks(project: Project, names: Sequence[str]) -> Preview:
    reader = _Reader(project)
    unreadable: list[InputError] = []

    def one(name: str) -> StackPreview:
        try:
            return _stack(project, name, project.settings(name), reader)
        except InputError as error:
            unreadable.append(error)
            return StackPreview(name, problems=problems_of(error))

    previews = _each(names, one)
    if len(unreadable) == len(names):
        texts = dict.fromkeys(str(error) for error in unreadable)
        raise InputError("\n".join(texts))
    return Preview(previews)


def _of_placements(project: Project, spec_file: Path, wanted: Sequence[str] | None) -> Preview:
    spec = read_file(spec_file)
    known = tuple(spec.placements)
    for name in wanted or ():
        if name not in known:
            allowed = ", ".join(known)
            raise InputError(f"{spec_file}: no placement is called {name!r}; known: {allowed}{meant(name, known)}")
    reader = _Reader(project, {spec_file.resolve(): spec}, shown_as=str(spec_file))
    names = wanted if wanted is not None else known
    made_up = _each(names, lambda name: _stack(project, name, _made_up(project, spec, spec_file, name), reader))
    return Preview(made_up)


def _each(names: Sequence[str], one: Callable[[str], StackPreview]) -> tuple[StackPreview, ...]:
    """One preview after another: they share one interpreter, so threads would win nothing."""
    previews: list[StackPreview] = []
    with paused():
        for number, name in enumerate(names, start=1):
            previews.append(one(name))
            if number % _SWEEP_EVERY == 0:
                sweep()
    return tuple(previews)


def _made_up(project: Project, spec: PipelineSpec, spec_file: Path, placement: str) -> Settings:
    """Configuration of a stack that has no file. The kubeconfig of a cluster to adopt is a secret nobody knows."""
    config: dict[str, object] = {"spec": str(spec_file.resolve()), "placement": placement}
    if spec.placements[placement].adopt is not None:
        config["kubeconfig"] = {"secure": UNKNOWN}
    return settings(project.name, project.declared, {"config": config}, f"stack {placement}")


class _Reader:
    """Reads each description once, however many stacks share it."""

    def __init__(
        self, project: Project, known: Mapping[Path, PipelineSpec] | None = None, shown_as: str | None = None
    ) -> None:
        self._project = project
        self._read = dict(known or {})
        self._shown_as = shown_as

    def spec(self, text: str) -> PipelineSpec:
        """The description that a stack's configuration names. InputError with every problem."""
        try:
            path = (self._project.program_folder / text).resolve()
        except (OSError, ValueError, RuntimeError):
            raise InputError(f"{self._project.name}:spec: found {text!r}; allowed: the path of a description") from None
        if path not in self._read:
            self._read[path] = read_file(shown(path))
        return self._read[path]

    def name(self, text: str | None) -> str | None:
        return self._shown_as or text


def _stack(project: Project, name: str, found: Settings, reader: _Reader) -> StackPreview:
    """One stack. InputError when its description cannot be read; whatever else is wrong is among its problems."""
    values = found.values
    text, placement = values.get(f"{project.name}:spec"), values.get(f"{project.name}:placement")
    spec_name = reader.name(text)
    if found.problems:
        return StackPreview(name, spec_name, problems=found.problems)
    plan: Plan | None = None
    if text and placement:
        spec = reader.spec(text)
        try:
            plan = resolve(spec, placement)
        except IntertieError as error:
            return StackPreview(name, spec_name, problems=problems_of(error))
    try:
        graph = _recorded(project, name, found)
    except IntertieError as error:
        return StackPreview(name, spec_name, plan, problems=problems_of(error))
    config = {key: value for key, value in values.items() if key not in found.secrets}
    return StackPreview(name, spec_name, plan, graph, problems_of_log(graph), check(graph), config=config)


def _recorded(project: Project, stack: str, found: Settings) -> Graph:
    return record(project.program, project.name, stack, found.values, found.secrets, root_directory=project.root)
