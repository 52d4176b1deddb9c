"""Google Cloud: the messages of its libraries, and of what is required or fixed, the sentences that describe them.

The libraries' messages carry no marks for that; their descriptions begin with it ("Required. Immutable. …").
"""

import enum
import inspect
import re
import sys
from dataclasses import replace
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from intertie.lab.oracles import packages
from intertie.lab.oracles.field import Field

_MODULES = {
    "artifact-registry": "google.cloud.artifactregistry_v1.types",
    "billing-budgets": "google.cloud.billing.budgets_v1.types",
    "compute": "google.cloud.compute_v1.types.compute",
    "container": "google.cloud.container_v1.types",
    "iam": "google.cloud.iam_admin_v1.types",
    "iam-v1": "google.iam.v1.iam_policy_pb2",
    "kms": "google.cloud.kms_v1.types",
    "logging": "google.cloud.logging_v2.types",
    "monitoring": "google.cloud.monitoring_v3.types",
    "secret-manager": "google.cloud.secretmanager_v1.types",
    "service-usage": "google.cloud.service_usage_v1.types",
    "storage": "google.cloud._storage_v2.types",
}
_INTEGERS = (
    FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_INT64,
    FieldDescriptor.TYPE_UINT32,
    FieldDescriptor.TYPE_UINT64,
)
_SAYS = re.compile(r"^ +(\w+) \(.*\):\n +((?:(?:Required|Optional|Immutable|Output only)\. ?)+)", re.MULTILINE)
_Made = dict[str, Field]


def message(service: str, name: str) -> Field:
    """A message: `message("container", "NodePool")`. Compute writes its enums as text: they are beside the message."""
    kind = getattr(packages.module(_MODULES[service]), name)
    return _message(kind.pb().DESCRIPTOR if hasattr(kind, "pb") else kind.DESCRIPTOR, kind, {})


def _message(descriptor: Descriptor, kind: Any, made: _Made) -> Field:
    """A message. Each is read once, for some hold themselves."""
    if descriptor.full_name not in made:
        made[descriptor.full_name] = Field(kind="object")
        said = dict(_SAYS.findall(getattr(kind, "__doc__", None) or ""))
        for each in descriptor.fields:
            field = _field(each, kind, made)
            words = said.get(each.name, "")
            field.required, field.fixed = "Required." in words, "Immutable." in words
            field.read_only = "Output only." in words
            made[descriptor.full_name].fields[each.name] = field
    return replace(made[descriptor.full_name])


def _field(raw: FieldDescriptor, kind: Any, made: _Made) -> Field:
    message = raw.message_type
    if message is not None and message.GetOptions().map_entry:
        return Field(kind="map", item=_single(message.fields_by_name["value"], kind, made))
    single = _single(raw, kind, made)
    return Field(kind="list", item=single) if _label(raw) == FieldDescriptor.LABEL_REPEATED else single


def _label(raw: Any) -> int:
    """Whether a field may be said several times. Its stubs leave it out, for releases to come have another name."""
    return raw.label


def _single(raw: FieldDescriptor, kind: Any, made: _Made) -> Field:
    if raw.message_type is not None:
        return _message(raw.message_type, _class_of(raw.message_type, kind), made)
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
    return getattr(kind, descriptor.name, None) or getattr(sys.modules[kind.__module__], descriptor.name, None)


def _beside(name: str, kind: Any) -> tuple[str, ...]:
    """Values of the enum that Compute declares inside the message for a text field of nearly the same name."""
    wanted = name.replace("_", "").lower()
    for each, value in inspect.getmembers(kind, inspect.isclass) if kind is not None else ():
        if issubclass(value, enum.Enum) and each.lower() == wanted:
            return tuple(member.name for member in value if not member.name.startswith("UNDEFINED_"))
    return ()
