"""What a provider answers to a new resource in a preview: its inputs, as far as they can be outputs too.

Providers plan with the inputs they are given and leave what they compute unknown. The offline answer does the same, but
not every input has the shape of the output of that name (Azure's user-assigned identities go in as a list of ids and
come out as a map): those stay unknown, as the SDK would refuse the echo.
"""

import typing
from collections import abc
from collections.abc import Iterable
from functools import cache
from typing import Any

from google.protobuf import struct_pb2
from pulumi import _types as sdk_types

from intertie.graph import sdk
from intertie.graph.wire import SECRET_SIGNATURE, SIGNATURE, UNKNOWN


def echo(token: str, inputs: struct_pb2.Struct, secrets: Iterable[str]) -> struct_pb2.Struct:
    """The outputs of a resource that is about to be created. `secrets` names outputs that the program declares so."""
    outputs = struct_pb2.Struct()
    outputs.CopyFrom(inputs)
    types = _output_types(token)
    for key in list(outputs.fields):
        _conform(outputs.fields[key], types.get(key))
    for key in secrets:
        if key not in outputs.fields:
            outputs.fields[key].string_value = UNKNOWN
        _hide(outputs.fields[key])
    return outputs


@cache
def _output_types(token: str) -> dict[str, Any]:
    resource = sdk.resource_class(token)
    return sdk_types.resource_types(resource) if resource else {}


def _conform(value: struct_pb2.Value, declared: Any) -> None:
    """Makes a value unknown where it cannot be what is declared."""
    kind = value.WhichOneof("kind")
    declared = sdk_types.unwrap_optional_type(declared) if declared else None
    if declared in (None, Any) or kind in ("null_value", None) or (kind == "string_value" and _is_unknown(value)):
        return
    if kind == "struct_value" and SIGNATURE in value.struct_value.fields:
        if value.struct_value.fields[SIGNATURE].string_value == SECRET_SIGNATURE:
            _conform(value.struct_value.fields["value"], declared)
    elif sdk_types.is_output_type(declared):
        _fields(value, sdk_types.output_type_types(declared)) if kind == "struct_value" else _forget(value)
    elif typing.get_origin(declared) in (dict, abc.Mapping):
        _fields(value, None, typing.get_args(declared)[1]) if kind == "struct_value" else _forget(value)
    elif typing.get_origin(declared) in (list, abc.Sequence):
        _items(value, typing.get_args(declared)[0]) if kind == "list_value" else _forget(value)
    elif declared in (str, int, float, bool) and kind in ("struct_value", "list_value"):
        _forget(value)


def _fields(value: struct_pb2.Value, types: dict[str, Any] | None, every: Any = None) -> None:
    for key, each in value.struct_value.fields.items():
        _conform(each, types.get(key) if types is not None else every)


def _items(value: struct_pb2.Value, declared: Any) -> None:
    for each in value.list_value.values:
        _conform(each, declared)


def _is_unknown(value: struct_pb2.Value) -> bool:
    return value.string_value == UNKNOWN


def _forget(value: struct_pb2.Value) -> None:
    value.string_value = UNKNOWN


def _hide(value: struct_pb2.Value) -> None:
    """Puts a value into an envelope that marks it secret."""
    inside = struct_pb2.Value()
    inside.CopyFrom(value)
    value.struct_value.Clear()
    value.struct_value.fields[SIGNATURE].string_value = SECRET_SIGNATURE
    value.struct_value.fields["value"].CopyFrom(inside)
