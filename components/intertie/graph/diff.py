"""What differs between two graphs: of two versions of a program, or of a recording and of what an engine previewed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from intertie.graph.types import STACK_TYPE, Graph, Resource

_COMPARED = tuple(field.name for field in fields(Resource) if field.name not in {"urn", "type", "name", "outputs"})


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One place in a resource that differs. None stands for absent."""

    path: str  # inputs.vpcConfig.subnetIds[0], protect
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One resource that is in both graphs, and where it differs."""

    before: Resource
    after: Resource
    properties: tuple[PropertyChange, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """Resources by what their URNs say but for stack and project: type, types of the parents, name."""

    added: tuple[Resource, ...]
    removed: tuple[Resource, ...]
    changed: tuple[ResourceChange, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def diff(before: Graph, after: Graph) -> Difference:
    """What must happen to the first graph to become the second, in the order of the graphs."""
    old = {_name(resource, before): resource for resource in before}
    new = {_name(resource, after): resource for resource in after}
    changes = (
        ResourceChange(old[name], resource, tuple(_properties(old[name], before, resource, after)))
        for name, resource in new.items()
        if name in old
    )
    return Difference(
        added=tuple(resource for name, resource in new.items() if name not in old),
        removed=tuple(resource for name, resource in old.items() if name not in new),
        changed=tuple(change for change in changes if change.properties),
    )


def _name(resource: Resource, graph: Graph) -> str:
    return STACK_TYPE if resource.type == STACK_TYPE else _relative(resource.urn, graph)


def _properties(before: Resource, old: Graph, after: Resource, new: Graph) -> Iterator[PropertyChange]:
    for name in _COMPARED:
        yield from _values(_relative(getattr(before, name), old), _relative(getattr(after, name), new), name)


def _relative(value: Any, graph: Graph) -> Any:
    """The value with URNs cut down to types and name: stack and project stand in front of them."""
    if isinstance(value, str):
        here = f"urn:pulumi:{graph.stack}::{graph.project}::"
        return STACK_TYPE if value.startswith(f"{here}{STACK_TYPE}::") else value.removeprefix(here)
    if isinstance(value, Mapping):
        return {key: _relative(each, graph) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_relative(each, graph) for each in value]
    return value


def _values(before: Any, after: Any, path: str) -> Iterator[PropertyChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _values(before.get(key), after.get(key), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for position, pair in enumerate(zip(before, after, strict=True)):
            yield from _values(*pair, f"{path}[{position}]")
    elif before != after or isinstance(before, bool) is not isinstance(after, bool):
        yield PropertyChange(path, before, after)
