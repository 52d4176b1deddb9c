"""Reads resources from a file: a plain JSON list, or what `pulumi stack export` prints.

The list holds `{"type", "name", "props", "urn"?, "parent"?, "depends_on"?, "provider"?, "protect"?, "ignore_changes"?,
"retain_on_delete"?, "property_dependencies"?}`, with Pulumi's type tokens and wire names.
"""

import json
import re
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intertie.errors import InputError
from intertie_policies.accessor import is_list
from intertie_policies.resources import CLOUDS, Node

LARGEST = 256 * 2**20
_DEEPEST = 20_000  # levels of nesting that are read
_STACK_BYTES = 512 * 2**20
_SNAKE = re.compile(r"(?<=[a-z0-9])_([a-z0-9])")
_FORM = 'a JSON list of {"type", "name", "props"}, or the output of `pulumi stack export`'


@dataclass(frozen=True, slots=True)
class Resources:
    """What a file holds. `applied`: it is a checkpoint, so that everything in it is resolved."""

    nodes: tuple[Node, ...]
    applied: bool = False
    stack: str = ""
    project: str = ""


def read_file(path: Path) -> Resources:
    """The resources in a file; `-` is standard input. InputError with the place of each mistake."""
    name = "standard input" if str(path) == "-" else str(path)
    try:
        if str(path) != "-" and path.stat().st_size > LARGEST:
            raise InputError(f"{name}: larger than {LARGEST:,} bytes")
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{name}: not UTF-8 text\n  → save the file as UTF-8") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror})\n  → check the path and its permissions") from None
    return read(parsed(text, name), name)


def parsed(text: str, name: str) -> Any:
    """The JSON data, however deep: Python's parser needs a stack that grows with it. InputError if it is not JSON."""
    found: list[Any] = []

    def parse() -> None:
        limit = sys.getrecursionlimit()
        try:
            sys.setrecursionlimit(_DEEPEST)
            found.append(json.loads(text))
        except (ValueError, RecursionError) as error:
            found.append(InputError(f"{name}: not JSON ({error})\n  → allowed: {_FORM}"))
        finally:
            sys.setrecursionlimit(limit)

    before = threading.stack_size(_STACK_BYTES)
    try:
        thread = threading.Thread(target=parse)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    if isinstance(found[0], InputError):
        raise found[0]
    return found[0]


def read(data: Any, name: str) -> Resources:
    """The resources in data of either form. InputError when it is neither."""
    if is_list(data):
        return Resources(tuple(_listed(item, index, name) for index, item in enumerate(data)))
    deployment = data.get("deployment", data) if isinstance(data, Mapping) else None
    resources = deployment.get("resources") if isinstance(deployment, Mapping) else None
    if not is_list(resources):
        raise InputError(f"{name}: found {_what(data)}; allowed: {_FORM}")
    nodes = tuple(_stated(item, index, name) for index, item in enumerate(resources or ()))
    stack, project = _names(nodes)
    return Resources(nodes, True, stack, project)


def _listed(item: Any, index: int, name: str) -> Node:
    if not isinstance(item, Mapping):
        raise InputError(f"{name}: [{index}]: found {_what(item)}; allowed: an object with type, name and props")
    type_, own = _text(item, "type", index, name), _text(item, "name", index, name)
    return Node(
        type=type_,
        name=own,
        urn=_optional(item, "urn") or f"urn:pulumi:list::list::{type_}::{own}",
        props=_on_wire(type_, item.get("props"), index, name),
        parent=_optional(item, "parent"),
        provider=_optional(item, "provider"),
        depends_on=_texts(item.get("depends_on")),
        property_dependencies=_by_property(item.get("property_dependencies")),
        protect=item.get("protect") is True,
        ignore_changes=_texts(item.get("ignore_changes")),
        retain_on_delete=item.get("retain_on_delete") is True,
    )


def _on_wire(type_: str, props: Any, index: int, name: str) -> Any:
    """The properties. In an SDK's spelling they would be seen by no rule, and pass all of them."""
    for key in props if isinstance(props, Mapping) and type_.partition(":")[0] in CLOUDS else ():
        if isinstance(key, str) and _SNAKE.search(key):
            wire = _SNAKE.sub(lambda found: found.group(1).upper(), key)
            allowed = f"names as on the wire: {wire}"
            raise InputError(f"{name}: [{index}].props: found {key[:80]!r}; allowed: {allowed[:120]}")
    return {} if props is None else props


def _stated(item: Any, index: int, name: str) -> Node:
    """A resource of a checkpoint: its inputs are what the program wrote."""
    if not isinstance(item, Mapping):
        raise InputError(f"{name}: resources[{index}]: found {_what(item)}; allowed: a resource")
    urn = _text(item, "urn", index, name)
    return Node(
        type=_text(item, "type", index, name),
        name=urn.split("::", 3)[-1],
        urn=urn,
        props=item.get("inputs") if item.get("inputs") is not None else {},
        parent=_optional(item, "parent"),
        provider=_optional(item, "provider"),
        depends_on=_texts(item.get("dependencies")),
        property_dependencies=_by_property(item.get("propertyDependencies")),
        protect=item.get("protect") is True,
        ignore_changes=_texts(item.get("ignoreChanges")),
        retain_on_delete=item.get("retainOnDelete") is True,
        custom=item.get("custom") is not False,
    )


def _names(nodes: tuple[Node, ...]) -> tuple[str, str]:
    """Stack and project, as the first URN says them."""
    parts = nodes[0].urn.split("::") if nodes else []
    if len(parts) < 2 or not parts[0].startswith("urn:pulumi:"):
        return "", ""
    return parts[0].removeprefix("urn:pulumi:"), parts[1]


def _text(item: Mapping[str, Any], key: str, index: int, name: str) -> str:
    value = item.get(key)
    if not isinstance(value, str) or not value:
        raise InputError(f"{name}: [{index}].{key}: found {_what(value)}; allowed: text")
    return value


def _optional(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if is_list(value) else ()


def _by_property(value: Any) -> dict[str, tuple[str, ...]]:
    return {str(key): _texts(urns) for key, urns in value.items()} if isinstance(value, Mapping) else {}


def _what(value: Any) -> str:
    if value is None:
        return "nothing"
    return {dict: "an object", list: "a list", str: "text", bool: "true or false"}.get(type(value), "a number")
