"""Takes secrets of the configuration out of whatever a recording keeps, also where a program treats them as ordinary.

A key that is marked as secret can still be asked for as plain text (`Config.require`): Pulumi warns about it and shows
the value. Here nothing of it is shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import yaml

from intertie.graph.types import Resource
from intertie.graph.wire import hide, is_known

SHORTEST_PIECE = 8  # characters; shorter ones are words that stand in any text


def pieces(secrets: Iterable[str]) -> tuple[str, ...]:
    """The secrets, and what may be quoted of them alone: lines, and the values inside of YAML or JSON; longest first.

    A key that cannot be decrypted has no piece: what stands in its place is in every graph.
    """
    found: set[str] = set()
    for secret in secrets:
        found |= {secret, " ".join(secret.split())}
        lines = (line.strip() for text in (secret, *_leaves(secret)) for line in text.splitlines())
        found |= {line for line in lines if len(line) >= SHORTEST_PIECE}
    return tuple(sorted(filter(is_known, found), key=lambda text: (-len(text), text)))


def without(value: Any, secrets: Sequence[str]) -> Any:
    """Plain data in which no piece of a secret is left."""
    if isinstance(value, str):
        return hide(value, (secret for secret in secrets if len(secret) >= SHORTEST_PIECE))
    if isinstance(value, Mapping):
        return {without(key, secrets): without(each, secrets) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(without(each, secrets) for each in value)
    return value


def redacted(resource: Resource, secrets: Sequence[str]) -> Resource:
    """The resource in which no piece of a secret is left, its name and its URNs included."""
    clean = {field.name: without(getattr(resource, field.name), secrets) for field in fields(resource)}
    return replace(resource, **clean)


def _leaves(text: str) -> list[str]:
    """Texts inside of a text that is YAML or JSON; a shared part once, however often it is referred to."""
    try:
        todo: list[Any] = [yaml.safe_load(text)]
    except (yaml.YAMLError, ValueError, RecursionError):
        return []
    leaves: list[str] = []
    seen: set[int] = set()
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            leaves.append(value)
        elif isinstance(value, dict | list) and id(value) not in seen:
            seen.add(id(value))
            todo.extend(value.values() if isinstance(value, dict) else value)
    return leaves
