"""Values on Pulumi's wire, as a provider that was promised plain ones gets and gives them.

Handshake says that secrets, outputs and resource references are not understood, so the engine sends what is inside
them; what is left are plain values and the sentinels that stand for unknown ones in a preview.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_SENTINELS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        UNKNOWN,  # string, and what the SDKs send for everything
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # list
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
_LARGEST_EXACT = 2**53

_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A wire object as plain data. All numbers are doubles there; whole ones become `int`."""
    return {key: _decoded(value) for key, value in struct.fields.items()}


def encode(data: Mapping[str, Any]) -> struct_pb2.Struct:
    """Plain data as a wire object."""
    return json_format.ParseDict(dict(data), struct_pb2.Struct())


def revealed(value: Any) -> Any:
    """A value with every secret in clear: the engine wraps them in the settings of providers, and nowhere else."""
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == _SECRET:
            return revealed(value.get("value"))
        return {key: revealed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [revealed(each) for each in value]
    return value


def is_unknown(value: Any) -> bool:
    """Whether a value is one that only the cloud can give."""
    return isinstance(value, str) and value in _SENTINELS


def has_unknown(value: Any) -> bool:
    """Whether a value is unknown or has an unknown part."""
    return any(is_unknown(each) for _, each in leaves(value))


def known(value: Any) -> Any:
    """A value without the parts of it that are unknown."""
    if isinstance(value, Mapping):
        return {key: known(each) for key, each in value.items() if not is_unknown(each)}
    if isinstance(value, list):
        return [known(each) for each in value if not is_unknown(each)]
    return value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, scalar) of everything inside a value: `vpcConfig.subnetIds[0]`."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for position, each in enumerate(value):
            yield from leaves(each, f"{path}[{position}]")
    else:
        yield path, value


def at(value: Any, path: str) -> list[Any]:
    """What lies at a path; `[]` goes through all items of a list: `networkInterfaces[].securityGroups[]`.

    Nothing, when a part of the path is absent or unknown.
    """
    found = [value]
    for part in path.replace("[]", ".[]").split("."):
        if part == "[]":
            found = [item for each in found if isinstance(each, list) for item in each]
        else:
            found = [each[part] for each in found if isinstance(each, Mapping) and each.get(part) is not None]
    return [each for each in found if not is_unknown(each)]


def one(value: Any, path: str, default: Any = None) -> Any:
    """The first of what lies at a path."""
    return next(iter(at(value, path)), default)


def merge(under: Any, over: Any) -> Any:
    """Both together; where they meet, `over` wins. Lists of equal length are merged item by item."""
    if isinstance(under, Mapping) and isinstance(over, Mapping):
        return {**under, **{key: merge(under.get(key), each) for key, each in over.items()}}
    if isinstance(under, list) and isinstance(over, list) and len(under) == len(over):
        return [merge(*pair) for pair in zip(under, over, strict=True)]
    return under if over is None else over


def _decoded(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return decode(value.struct_value)
    if kind == "list_value":
        return [_decoded(each) for each in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) <= _LARGEST_EXACT else number
    return getattr(value, kind) if kind in ("string_value", "bool_value") else None
