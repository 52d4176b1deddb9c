"""What differs between two graphs: of two versions of a program, or of a recording and of what an engine previewed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from intertie.graph.types import STACK_TYPE, Graph, Resource

Key = tuple[tuple[str, str], ...]
"""Types and names from the outermost parent to the resource itself. Unlike a URN it leaves the stack out."""

_COMPARED = tuple(
    field.name for field in fields(Resource) if field.name not in {"urn", "type", "name", "parent", "outputs"}
)


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
    """Resources by type, name and parents: the names of stack and project do not count."""

    added: tuple[Resource, ...]
    removed: tuple[Resource, ...]
    changed: tuple[ResourceChange, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def diff(before: Graph, after: Graph) -> Difference:
    """What must happen to the first graph to become the second, in the order of the graphs."""
    old, new = _keyed(before), _keyed(after)
    names = {resource.urn: _text(key) for keyed in (old, new) for key, resource in keyed.items()}
    changes = (
        ResourceChange(old[key], resource, tuple(_properties(old[key], resource, names)))
        for key, resource in new.items()
        if key in old
    )
    return Difference(
        added=tuple(resource for key, resource in new.items() if key not in old),
        removed=tuple(resource for key, resource in old.items() if key not in new),
        changed=tuple(change for change in changes if change.properties),
    )


def _keyed(graph: Graph) -> dict[Key, Resource]:
    by_urn = {resource.urn: resource for resource in graph}
    return {_key(resource, by_urn): resource for resource in graph}


def _key(resource: Resource, by_urn: Mapping[str, Resource]) -> Key:
    if resource.type == STACK_TYPE:
        return ((STACK_TYPE, ""),)
    parent = by_urn.get(resource.parent)
    above = () if parent is None or parent.type == STACK_TYPE else _key(parent, by_urn)
    return (*above, (resource.type, resource.name))


def _text(key: Key) -> str:
    return "/".join(f"{kind}::{name}" for kind, name in key)


def _properties(before: Resource, after: Resource, names: Mapping[str, str]) -> Iterator[PropertyChange]:
    for name in _COMPARED:
        yield from _values(_named(getattr(before, name), names), _named(getattr(after, name), names), name)


def _named(value: Any, names: Mapping[str, str]) -> Any:
    """The value with URNs of resources in the graphs as types and names: URNs carry the stack."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, Mapping):
        return {key: _named(each, names) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_named(each, names) for each in value]
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
