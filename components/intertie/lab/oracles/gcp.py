"""Google Cloud: the messages of google-cloud-container and google-cloud-compute."""

import enum
import inspect
from importlib import import_module
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from intertie.lab.oracles.field import Field

_DEEPEST = 8
_MODULES = {"container": "google.cloud.container_v1.types", "compute": "google.cloud.compute_v1.types.compute"}
_INTEGERS = (
    FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_INT64,
    FieldDescriptor.TYPE_UINT32,
    FieldDescriptor.TYPE_UINT64,
)


def message(service: str, name: str) -> Field:
    """A message: `message("container", "NodePool")`. Compute writes its enums as text: they are beside the message."""
    kind = getattr(import_module(_MODULES[service]), name)
    return _message(kind.pb().DESCRIPTOR, kind, 0)


def _message(descriptor: Descriptor, kind: Any, depth: int) -> Field:
    found = Field(kind="object")
    if depth > _DEEPEST:
        return Field(kind="any")
    for each in descriptor.fields:
        found.fields[each.name] = _field(each, kind, depth + 1)
    return found


def _field(raw: FieldDescriptor, kind: Any, depth: int) -> Field:
    message = raw.message_type
    if message is not None and message.GetOptions().map_entry:
        return Field(kind="map", item=_single(message.fields_by_name["value"], kind, depth))
    single = _single(raw, kind, depth)
    return Field(kind="list", item=single) if _label(raw) == FieldDescriptor.LABEL_REPEATED else single


def _label(raw: Any) -> int:
    """Whether a field may be said several times. Its stubs leave it out, for releases to come have another name."""
    return raw.label


def _single(raw: FieldDescriptor, kind: Any, depth: int) -> Field:
    if raw.message_type is not None:
        return _message(raw.message_type, _class_of(raw.message_type, kind), depth + 1)
    if raw.enum_type is not None:
        return Field(kind="string", values=tuple(value.name for value in raw.enum_type.values))
    if raw.type in _INTEGERS:
        return Field(kind="integer")
    if raw.type == FieldDescriptor.TYPE_BOOL:
        return Field(kind="boolean")
    if raw.type in (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT):
        return Field(kind="number")
    return Field(kind="string", values=_beside(raw.name, kind))


def _class_of(descriptor: Descriptor, kind: Any) -> Any:
    """The Python class of a message: inside that of the one around it, or beside it. None when there is none."""
    if kind is None:
        return None
    return getattr(kind, descriptor.name, None) or getattr(import_module(kind.__module__), descriptor.name, None)


def _beside(name: str, kind: Any) -> tuple[str, ...]:
    """Values of the enum that Compute declares inside the message for a text field of nearly the same name."""
    wanted = name.replace("_", "").lower()
    for each, value in inspect.getmembers(kind, inspect.isclass) if kind is not None else ():
        if issubclass(value, enum.Enum) and each.lower() == wanted:
            return tuple(member.name for member in value if not member.name.startswith("UNDEFINED_"))
    return ()
