"""Whether the engine previews what the offline preview recorded: the same resources, and what differs.

Compared are types, names, parents, providers, dependencies, options and every input that is known offline. Taken off
the engine's side is what it and the providers add: default providers, provider ids, versions, and the names that
providers give where the program gives none.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from intertie.graph import UNKNOWN, Difference, Graph, Resource, diff
from intertie.graph.types import PROVIDER_PREFIX
from intertie.graph.wire import decode_json
from intertie.lab.clouds import kinds

_BOOKKEEPING = frozenset({"__defaults", "__internal", "version"})
_NOT_IN_A_STATE: Mapping[str, Any] = {
    "aliases": (),  # the engine keeps URNs in the place of what was declared
    "delete_before_replace": False,
    "outputs": {},
    "version": "",
}
_DURATION = re.compile(r"([0-9.]+)(ms|h|m|s)")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def engine_graph(digest: Mapping[str, Any], project: str, stack: str) -> Graph:
    """The graph in the JSON of `pulumi preview --json` on an empty stack."""
    states = [step["newState"] for step in digest["steps"]]
    made = tuple(_resource(state) for state in states if not _is_default_provider(state["urn"]))
    return Graph(project, stack, made)


@cache
def given_names() -> Mapping[str, str]:
    """Type token → the input that its provider fills with a name when the program leaves it out."""
    return {
        token: kind.name for cloud in ("aws", "azure", "gcp") for token, kind in kinds.load(cloud).items() if kind.name
    }


def difference(offline: Graph, engine: Graph) -> Difference:
    """What the engine has otherwise than the recording."""
    recorded = {resource.urn: resource for resource in offline}
    there = [_as_compared(each, recorded.get(each.urn)) for each in engine]
    here = [replace(each, **_NOT_IN_A_STATE, timeouts=_in_seconds(each.timeouts)) for each in offline]
    return diff(replace(offline, resources=tuple(here)), replace(engine, resources=tuple(there)))


def told(found: Difference) -> str:
    """One line per difference; empty when there is none."""
    lines = [f"only offline: {_short(each)}" for each in found.removed]
    lines += [f"only in the engine: {_short(each)}" for each in found.added]
    for change in found.changed:
        lines += [
            f"{_short(change.after)}: {each.path}: offline {each.before!r}, engine {each.after!r}"
            for each in change.properties
        ]
    return "\n".join(lines)


def _short(resource: Resource) -> str:
    return f"{resource.type} {resource.name!r}"


def _resource(state: Mapping[str, Any]) -> Resource:
    urn = state["urn"]
    dependencies = state.get("propertyDependencies") or {}
    return Resource(
        urn=urn,
        type=state["type"],
        name=urn.split("::", 3)[3],
        custom=state["custom"],
        parent=state.get("parent", ""),
        provider=_provider(state.get("provider", "")),
        depends_on=tuple(sorted(state.get("dependencies") or ())),
        property_dependencies={key: tuple(sorted(urns)) for key, urns in sorted(dependencies.items()) if urns},
        inputs=decode_json(state.get("inputs") or {}),
        protect=state.get("protect", False),
        ignore_changes=tuple(state.get("ignoreChanges") or ()),
        replace_on_changes=tuple(state.get("replaceOnChanges") or ()),
        retain_on_delete=state.get("retainOnDelete", False),
        deleted_with=state.get("deletedWith", ""),
        timeouts={key: f"{value:g}" for key, value in (state.get("customTimeouts") or {}).items() if value},
        import_id=state.get("importID", ""),
        external=state.get("external", False),
    )


def _provider(reference: str) -> str:
    """The URN of an explicit provider; a default one has none offline."""
    urn = reference.rpartition("::")[0]
    return "" if _is_default_provider(urn) else urn


def _is_default_provider(urn: str) -> bool:
    type_, _, name = urn.rpartition("::")
    return name.startswith("default") and PROVIDER_PREFIX in type_ and "$" not in type_


def _in_seconds(timeouts: Mapping[str, str]) -> dict[str, str]:
    return {key: _seconds(value) for key, value in timeouts.items()}


def _seconds(duration: str) -> str:
    """A duration as Go writes it (`1h30m`), in seconds: the state of the engine knows no other unit."""
    return f"{sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(duration)):g}"


def _as_compared(engine: Resource, offline: Resource | None) -> Resource:
    """The engine's resource without what was added to it, and unknown where nothing is known offline."""
    if offline is None:
        return replace(engine, **_NOT_IN_A_STATE)
    ignored = (
        _BOOKKEEPING if engine.type.startswith(PROVIDER_PREFIX) else frozenset({given_names().get(engine.type, "")})
    )
    inputs = {key: value for key, value in engine.inputs.items() if key in offline.inputs or key not in ignored}
    return replace(engine, **{**_NOT_IN_A_STATE, "inputs": _aligned(offline.inputs, inputs)})


def _aligned(offline: Any, engine: Any) -> Any:
    if offline == UNKNOWN and engine is not None:
        return UNKNOWN
    if isinstance(offline, Mapping) and isinstance(engine, Mapping):
        return {key: _aligned(offline.get(key), each) for key, each in engine.items()}
    if isinstance(offline, list) and isinstance(engine, list) and len(offline) == len(engine):
        return [_aligned(*pair) for pair in zip(offline, engine, strict=True)]
    return engine
