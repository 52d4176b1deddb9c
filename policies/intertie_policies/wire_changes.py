"""Makes the changes of a remediation in a protobuf struct: what is unknown or secret beside them stays as it is."""

from typing import Any

from google.protobuf import json_format, struct_pb2

from intertie_policies.rule import Change


def apply(properties: struct_pb2.Struct, change: Change) -> None:
    """Sets one property. Objects on the way are made; where something else stands in the way, nothing is done."""
    at = properties
    for step in change.path[:-1]:
        field = _field(at, step)
        if field is None:
            return
        kind = field.WhichOneof("kind")
        if kind in (None, "null_value"):
            field.struct_value.Clear()
            field.struct_value.SetInParent()
            kind = "struct_value"
        if kind not in ("struct_value", "list_value"):
            return
        at = getattr(field, kind)
    last = _field(at, change.path[-1])
    if last is not None:
        last.CopyFrom(json_format.ParseDict(change.value, struct_pb2.Value()))


def _field(at: Any, step: Any) -> Any:
    if isinstance(at, struct_pb2.Struct) and isinstance(step, str):
        return at.fields[step]
    if isinstance(at, struct_pb2.ListValue) and isinstance(step, int) and step < len(at.values):
        return at.values[step]
    return None
