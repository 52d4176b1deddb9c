"""From a deployed stack to the listing of a bare program that deploys the same: classes, arguments, references.

What a resource took from others is found by its value: the state says whose outputs a property depends on.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from list_resources import constructed

from intertie.graph import Resource

_SIGNATURE = "4dabf18193072939515e22adb298388d"  # marks secrets in a state
_LEAST = 8  # characters of a value that is worth being looked for within another
_KEPT = ("create", "update", "delete")


def listing(resources: tuple[Mapping[str, Any], ...]) -> list[dict[str, Any]]:
    """The custom resources of a state, exported with its secrets, in an order in which they can be made."""
    wanted = [each for each in resources if each["custom"] and "::default_" not in each["urn"]]
    values = {each["urn"]: dict(_outputs(each)) for each in wanted}
    return [_row(each, values) for each in wanted]


def _row(state: Mapping[str, Any], values: Mapping[str, Mapping[Any, tuple[Any, ...]]]) -> dict[str, Any]:
    inputs = {key: plain(value) for key, value in state.get("inputs", {}).items() if not key.startswith("__")}
    sources = state.get("propertyDependencies") or {}
    joined = {
        key: _joined(value, {urn: values[urn] for urn in sources.get(key) or () if urn in values})
        for key, value in inputs.items()
        if key != "version" or not state["type"].startswith("pulumi:providers:")
    }
    name = state["urn"].split("::", 3)[3]
    row = constructed(Resource(state["urn"], state["type"], name, custom=True, inputs=inputs))
    found = constructed(Resource(state["urn"], state["type"], name, custom=True, inputs=joined))
    arguments = {
        **found["arguments"],
        **({"metadata": joined["metadata"], "spec": joined["spec"]} if _bare(row) else {}),
    }
    seconds = (state.get("customTimeouts") or {}).items()
    return {
        **row,
        "arguments": arguments,
        "urn": state["urn"],
        "provider": (state.get("provider") or "").rpartition("::")[0],
        "depends": [urn for urn in state.get("dependencies") or () if urn in values],
        "timeouts": {key: f"{value:g}s" for key, value in seconds if key in _KEPT and value},
    }


def _bare(row: Mapping[str, Any]) -> bool:
    """Whether it is of a custom Kubernetes kind, for which there is no class of its own."""
    return row["class"] == "CustomResource"


def plain(value: Any) -> Any:
    """A value of a state without the envelopes of its secrets."""
    if isinstance(value, Mapping):
        if _SIGNATURE in value:
            return plain(json.loads(value["plaintext"]))
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def _outputs(state: Mapping[str, Any]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """(value, path) of all texts among the outputs. Of two paths to one value the shorter comes last."""
    leaves = list(_leaves(plain(state.get("outputs") or {}), ()))
    yield from sorted(leaves, key=lambda leaf: -len(leaf[1]))
    yield state.get("id"), ("id",)


def _leaves(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _leaves(each, (*path, index))
    elif isinstance(value, str) and value and path:
        yield value, path


def _joined(value: Any, sources: Mapping[str, Mapping[Any, tuple[Any, ...]]]) -> Any:
    if isinstance(value, Mapping):
        return {key: _joined(each, sources) for key, each in value.items()}
    if isinstance(value, list):
        return [_joined(each, sources) for each in value]
    if not isinstance(value, str) or not sources:
        return value
    for urn, known in sources.items():
        if value in known:
            return {"$parts": [{"of": urn, "path": list(known[value])}]}
    parts = [value]
    for urn, known in sources.items():
        for text in sorted((text for text in known if text and len(text) >= _LEAST), key=len, reverse=True):
            parts = [piece for part in parts for piece in _cut(part, text, {"of": urn, "path": list(known[text])})]
    return {"$parts": parts} if len(parts) > 1 else value


def _cut(part: Any, text: str, reference: Mapping[str, Any]) -> list[Any]:
    """A part of a text with every occurrence of another text replaced by a reference."""
    if not isinstance(part, str) or text not in part:
        return [part]
    pieces: list[Any] = []
    for index, piece in enumerate(part.split(text)):
        pieces += [reference, piece] if index else [piece]
    return [piece for piece in pieces if piece != ""]
