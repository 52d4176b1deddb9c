"""Azure: the models of the azure-mgmt packages, as their APIs declare them.

Two generators wrote them. The newer one declares attributes with their names on the wire; the older one keeps tables
beside the constructor (`_attribute_map`, `_validation`), which also say patterns and lengths.
"""

import datetime as dt
import decimal
import enum
import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

from intertie.lab.oracles import packages
from intertie.lab.oracles.field import Field

_SCALARS = {
    str: "string",
    int: "integer",
    float: "number",
    decimal.Decimal: "number",
    bool: "boolean",
    dt.datetime: "string",
    dt.timedelta: "string",
}
_OPEN = "Known"  # so Azure calls an enum that lists what it knows of, not all that is allowed: streams of logs
_DOT = re.compile(r"(?<!\\)\.")  # `properties.dataFlows` is a path, `odata\.type` a name


def model(package: str, name: str) -> Field:
    """A resource: `model("containerservice", "AgentPool")`. What lies under `properties` is also brought to the top."""
    module = packages.module(f"azure.mgmt.{package}.models")
    made: dict[type, Field] = {}
    found = _object(module, getattr(module, name), made)
    for each in made.values():
        inner = each.fields.get("properties")
        if inner is not None and inner.kind == "object":
            inner.required = False  # what it holds is required where it is: on the top, or in it
            each.fields.update(inner.fields)  # where both have `type`, the inner one is the setting
    return found


def _object(module: types.ModuleType, kind: type, made: dict[type, Field]) -> Field:
    """A class. Each is read once: networks name subnets, which name interfaces, which name subnets."""
    if kind not in made:
        made[kind] = Field(kind="object")
        read = _tabled if hasattr(kind, "_attribute_map") else _declared
        for name, field in read(module, kind, made):
            made[kind].fields[name] = field
    return replace(made[kind])


def _declared(module: types.ModuleType, kind: type, made: dict[type, Field]) -> Iterator[tuple[str, Field]]:
    """Attributes as the newer generator writes them."""
    for base in reversed(kind.__mro__):
        for attribute, hint in vars(base).get("__annotations__", {}).items():
            declared = vars(base).get(attribute)
            if declared is None or not hasattr(declared, "_rest_name_input"):
                continue
            resolved = _resolve(module, kind, hint)
            field = _field(module, kind, resolved, made)
            field.read_only = getattr(declared, "_visibility", None) == ["read"]
            field.required = not field.read_only and not _is_optional(resolved)
            yield declared._rest_name_input or attribute, field  # noqa: SLF001  (before first use it is nowhere else)


def _tabled(module: types.ModuleType, kind: Any, made: dict[type, Field]) -> Iterator[tuple[str, Field]]:
    """Attributes as the older generator writes them. What only the cloud sets is no parameter of the constructor."""
    hints = kind.__init__.__annotations__
    for attribute, where in kind._attribute_map.items():  # noqa: SLF001  (the generator's own table)
        says: Mapping[str, Any] = kind._validation.get(attribute, {})  # noqa: SLF001
        field = _field(module, kind, hints.get(attribute, Any), made)
        field.read_only = bool(says.get("readonly"))
        field.required = bool(says.get("required")) and not field.read_only
        field.pattern = says.get("pattern", "")
        field.least = next((says[each] for each in ("min_length", "min_items", "minimum") if each in says), None)
        field.most = next((says[each] for each in ("max_length", "max_items", "maximum") if each in says), None)
        yield _DOT.split(where["key"])[-1].replace("\\.", "."), field


def _resolve(module: types.ModuleType, kind: type, hint: Any) -> Any:
    """An annotation, in which classes are named by text."""
    if isinstance(hint, typing.ForwardRef):
        hint = hint.__forward_arg__
    names = {**vars(typing), **vars(sys.modules[kind.__module__]), "_models": module, "datetime": dt}
    return eval(hint, names) if isinstance(hint, str) else hint  # noqa: S307  (text of an installed package)


def _members(module: types.ModuleType, kind: type, hint: Any) -> list[Any]:
    hint = _resolve(module, kind, hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [member for each in typing.get_args(hint) for member in _members(module, kind, each)]
    return [hint]


def _is_optional(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType) and type(None) in typing.get_args(hint)


def _field(module: types.ModuleType, kind: type, hint: Any, made: dict[type, Field]) -> Field:
    members = [each for each in _members(module, kind, hint) if each is not type(None)]
    for each in members:
        if isinstance(each, type) and issubclass(each, enum.Enum):
            listed = () if each.__name__.startswith(_OPEN) else tuple(str(member.value) for member in each)
            return Field(kind="string", values=listed)
    for each in members:
        origin = typing.get_origin(each)
        if origin is list:
            return Field(kind="list", item=_field(module, kind, typing.get_args(each)[0], made))
        if origin is dict:
            return Field(kind="map", item=_field(module, kind, typing.get_args(each)[1], made))
        if each in _SCALARS:
            return Field(kind=_SCALARS[each])
        if isinstance(each, type) and (issubclass(each, MutableMapping) or hasattr(each, "_attribute_map")):
            return _object(module, each, made)
    return Field(kind="any")
