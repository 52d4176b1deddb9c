"""Type annotations of the SDKs as what a wire value may look like."""

import enum
import inspect
import typing
from collections import abc
from dataclasses import dataclass
from functools import cache
from typing import Any

import pulumi
from pulumi import _types as sdk_types

from intertie.graph import sdk
from intertie.graph.wire import ARCHIVES, ASSETS, REFERENCE


@dataclass(frozen=True, slots=True)
class Shape:
    """The alternatives that an annotation leaves open. `anything`: it says nothing."""

    anything: bool = False
    objects: tuple[type, ...] = ()  # input classes
    scalars: tuple[type, ...] = ()  # str, int, float, bool
    values: tuple[Any, ...] = ()  # of enums and literals
    item: Any = None  # annotation of a list's items
    value: Any = None  # annotation of a map's values
    special: frozenset[str] = frozenset()  # keys of assets, archives and references
    name: str = "any"

    @property
    def relaxed(self) -> bool:
        """Whether values beside the listed ones are let through: the list is advice then."""
        return bool(self.values) and bool(self.scalars)


@cache
def shape_of(hint: Any) -> Shape:
    """What a wire value of this annotation may look like."""
    members = _members(hint)
    if members is None:
        return Shape(anything=True)
    return Shape(
        objects=tuple(each for each in members if inspect.isclass(each) and sdk.is_object(each)),
        scalars=tuple(each for each in members if each in (str, int, float, bool)),
        values=tuple(value for each in members for value in _values(each)),
        item=_argument(members, (list, abc.Sequence), 0),
        value=_argument(members, (dict, abc.Mapping), 1),
        special=frozenset(key for each in members for key in _special(each)),
        name=" or ".join(_name(each) for each in members),
    )


def _members(hint: Any) -> list[Any] | None:
    """The alternatives, without None and the SDK's own wrappers. None: anything goes."""
    found: list[Any] = []
    todo = [hint]
    while todo:
        each = todo.pop(0)
        if sdk_types._is_union_type(each):  # noqa: SLF001
            todo = [*typing.get_args(each), *todo]
        elif each is type(None) or sdk_types._is_plumbing_arg(each):  # noqa: SLF001
            continue
        elif each is Any or isinstance(each, (typing.TypeVar, typing.ForwardRef)):
            return None
        elif each not in found:
            found.append(each)
    return found


def _values(kind: Any) -> list[Any]:
    if typing.get_origin(kind) is typing.Literal:
        return list(typing.get_args(kind))
    if inspect.isclass(kind) and issubclass(kind, enum.Enum):
        return [member.value for member in kind]
    return []


def _argument(members: list[Any], origins: tuple[type, ...], position: int) -> Any:
    """The annotation inside the first list (or map) among the members; Any inside a bare one."""
    for each in members:
        if typing.get_origin(each) in origins:
            return typing.get_args(each)[position]
        if each in origins:
            return Any
    return None


def _special(kind: Any) -> frozenset[str]:
    if not inspect.isclass(kind):
        return frozenset()
    if issubclass(kind, pulumi.Asset):
        return ASSETS
    if issubclass(kind, pulumi.Archive):
        return ARCHIVES
    if issubclass(kind, (pulumi.Resource, str)):  # a reference may stand for an id
        return frozenset({REFERENCE})
    return frozenset()


def _name(kind: Any) -> str:
    """How messages call an alternative."""
    origin = typing.get_origin(kind)
    if origin in (list, abc.Sequence):
        return f"list of {shape_of(typing.get_args(kind)[0]).name}"
    if origin in (dict, abc.Mapping):
        return f"map of {shape_of(typing.get_args(kind)[1]).name}"
    if origin is typing.Literal:
        return " or ".join(repr(value) for value in typing.get_args(kind))
    plain = {str: "string", int: "whole number", float: "number", bool: "true or false"}
    return plain.get(kind) or getattr(kind, "__name__", str(kind)).removesuffix("Args")
