"""Azure: the models of azure-mgmt-containerservice and azure-mgmt-compute, as their API declares them."""

import datetime as dt
import enum
import types
import typing
from collections.abc import MutableMapping
from importlib import import_module
from typing import Any

from intertie.lab.oracles.field import Field

_DEEPEST = 8
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean", dt.datetime: "string"}


def model(package: str, name: str) -> Field:
    """A resource: `model("containerservice", "AgentPool")`. What lies under `properties` is brought to the top."""
    module = import_module(f"azure.mgmt.{package}.models")
    found = _object(module, getattr(module, name), 0)
    inner = found.fields.pop("properties", None)
    if inner is not None:
        found.fields = {**found.fields, **inner.fields}  # where both have `type`, the inner one is the setting
    return found


def _object(module: types.ModuleType, kind: Any, depth: int) -> Field:
    found = Field(kind="object")
    if depth > _DEEPEST:
        return Field(kind="any")
    for base in reversed(kind.__mro__):
        for attribute, hint in vars(base).get("__annotations__", {}).items():
            declared = vars(base).get(attribute)
            if not hasattr(declared, "_rest_name_input"):
                continue
            name = declared._rest_name_input or attribute  # noqa: SLF001  (before first use it is nowhere else)
            resolved = _resolve(module, hint)
            field = _field(module, resolved, depth + 1)
            visibility = getattr(declared, "_visibility", None)
            field.read_only = visibility == ["read"]
            field.required = not field.read_only and not _is_optional(resolved)
            found.fields[name] = field
    return found


def _resolve(module: types.ModuleType, hint: Any) -> Any:
    """An annotation, in which classes are named by text."""
    names = {"_models": module, "datetime": dt, **vars(typing)}
    return eval(hint, dict(vars(typing)), names) if isinstance(hint, str) else hint  # noqa: S307  (text of an installed package)


def _members(module: types.ModuleType, hint: Any) -> list[Any]:
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    if isinstance(hint, str):
        hint = _resolve(module, hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [member for each in typing.get_args(hint) for member in _members(module, each)]
    return [hint]


def _is_optional(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType) and type(None) in typing.get_args(hint)


def _field(module: types.ModuleType, hint: Any, depth: int) -> Field:
    members = [each for each in _members(module, hint) if each is not type(None)]
    for each in members:
        if isinstance(each, type) and issubclass(each, enum.Enum):
            return Field(kind="string", values=tuple(str(member.value) for member in each))
    for each in members:
        origin = typing.get_origin(each)
        if origin is list:
            return Field(kind="list", item=_field(module, typing.get_args(each)[0], depth + 1))
        if origin is dict:
            return Field(kind="map", item=_field(module, typing.get_args(each)[1], depth + 1))
        if each in _SCALARS:
            return Field(kind=_SCALARS[each])
        if isinstance(each, type) and issubclass(each, MutableMapping):
            return _object(module, each, depth + 1)
    return Field(kind="any")
