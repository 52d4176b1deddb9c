"""Who names whom: what must exist before something is made, what stands in the way of a deletion, how time adds up.

A resource is known by its id and by some of its outputs (ARN, self-link, e-mail address). Whatever else names one of
these uses it: declared references must exist and may hold what they name; any other mention only says what came first.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from intertie.lab import values
from intertie.lab.clouds.kinds import Kind, Reference
from intertie.lab.world import Resource, World

_IDENTIFIER = re.compile(r".*[/:@].*|[a-z]+-[0-9a-f]{8,17}")
"""What can only be an identifier: a path, an ARN, an address, an id of EC2. A bare name may be that of many things."""


@dataclass(frozen=True, slots=True)
class Named:
    """A declared reference with what it names; `found` is empty when there is no such thing."""

    reference: Reference
    value: str
    found: tuple[Resource, ...]


def declared(world: World, kind: Kind, inputs: Mapping[str, Any], cloud: str) -> list[Named]:
    """All declared references of a resource that is about to be made."""
    return [
        Named(reference, value, tuple(each for type_ in reference.to for each in by_name(world, value, type_, cloud)))
        for reference in kind.references
        for value in values.at(inputs, reference.at)
        if isinstance(value, str)
    ]


def mentioned(world: World, inputs: Mapping[str, Any], cloud: str) -> list[Resource]:
    """Every resource that any input names, whole and without doubt."""
    texts = {value for _, value in values.leaves(inputs) if isinstance(value, str) and _IDENTIFIER.fullmatch(value)}
    return [each for text in sorted(texts) for each in by_name(world, text, None, cloud)]


def by_name(world: World, value: str, type_: str | None, cloud: str) -> list[Resource]:
    """Resources of one cloud that are known by `value`."""
    rows = world.query(
        "select distinct type, id from identifiers where value = ? and (? is null or type = ?)",
        value.lower() if cloud == "azure" else value, type_, type_,
    )  # fmt: skip
    found = [world.get(*row) for row in rows]
    return [each for each in found if each is not None and each.cloud == cloud]


def publish(world: World, resource: Resource, names: Iterable[str], used: Mapping[tuple[str, str], bool]) -> None:
    """Makes a resource known by its names, and notes what it uses (type and key → whether that is held by it)."""
    world.query("delete from identifiers where type = ? and id = ?", resource.type, resource.id)
    world.query("delete from uses where user_type = ? and user_id = ?", resource.type, resource.id)
    for name in {name.lower() if resource.cloud == "azure" else name for name in names}:
        world.query("insert or ignore into identifiers values (?, ?, ?)", name, resource.type, resource.id)
    for (type_, key), holds in used.items():
        world.query(
            "insert or replace into uses values (?, ?, ?, ?, ?)", resource.type, resource.id, type_, key, int(holds)
        )


def users(world: World, resource: Resource) -> list[Resource]:
    """What stands in the way of deleting a resource."""
    rows = world.query(
        "select user_type, user_id from uses where type = ? and id = ? and holds = 1", resource.type, resource.id
    )
    found = [world.get(*row) for row in rows]
    return [each for each in found if each is not None and (each.type, each.id) != (resource.type, resource.id)]


def outlive(world: World, resource: Resource, moment: int) -> None:
    """What a deleted resource used cannot be deleted before it was gone: its own end comes later."""
    rows = world.query("select type, id from uses where user_type = ? and user_id = ?", resource.type, resource.id)
    for row in rows:
        world.query("update resources set ready = max(ready, ?) where type = ? and id = ?", moment, *row)
