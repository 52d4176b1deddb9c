"""Pulumi's wire values as plain data: unknowns, secrets, outputs, assets and references to resources.

On the wire every value is a `google.protobuf.Struct`: numbers are doubles, an unknown is one of seven fixed strings,
and secrets, outputs, assets, archives and resource references are objects under a signature key.
Source: pulumi/pulumi `sdk/go/common/resource/properties.go` and `plugin/rpc.go`; `pulumi/runtime/rpc.py` of the SDK.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import struct_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""A value that only the cloud can give. Pulumi's own sentinel, so that recorded data can be sent on the wire again."""

SECRET = "[secret]"  # noqa: S105  (what stands in the place of a secret, as the CLI prints it)
"""A value that is secret. It never leaves the recorder in clear, whether or not it is known."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105
OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE_SIGNATURE = "0def7320c3a5731c473e5ecbe6d01bc7"
REFERENCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e"

# One sentinel per kind of value: bool, number, string, array, asset, archive, object.
_SENTINELS = (
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    UNKNOWN,
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
)
_UNKNOWN_INSIDE = re.compile("|".join(_SENTINELS))
_LARGEST_EXACT = 2**53
_SHORTEST_SECRET = 4

# Assets and archives read like the functions that make them in Pulumi's YAML.
FILE_ASSET, STRING_ASSET, REMOTE_ASSET = "fn::fileAsset", "fn::stringAsset", "fn::remoteAsset"
ASSET_ARCHIVE, FILE_ARCHIVE, REMOTE_ARCHIVE = "fn::assetArchive", "fn::fileArchive", "fn::remoteArchive"
REFERENCE = "fn::resource"
_ASSET_KINDS = {"path": FILE_ASSET, "text": STRING_ASSET, "uri": REMOTE_ASSET}
_ARCHIVE_KINDS = {"path": FILE_ARCHIVE, "assets": ASSET_ARCHIVE, "uri": REMOTE_ARCHIVE}
ASSETS = frozenset(_ASSET_KINDS.values())
ARCHIVES = frozenset(_ARCHIVE_KINDS.values())


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A wire object as plain data: `UNKNOWN` and `SECRET` in place of values, whole numbers as `int`."""
    return _fields(struct)


def decode_json(value: Any) -> Any:
    """The same for a wire value that is already JSON (state files, policy fixtures). Idempotent."""
    if isinstance(value, Mapping):
        if SIGNATURE in value:
            return _envelope(value[SIGNATURE], {key: each for key, each in value.items() if key != SIGNATURE})
        return {str(key): decode_json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [decode_json(each) for each in value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return _number(value)
    return value


def is_known(value: Any) -> bool:
    """False for what stands in the place of an unknown or of a secret."""
    return value not in (UNKNOWN, SECRET) if isinstance(value, str) else True


def hide(text: str, secrets: Iterable[str]) -> str:
    """A message without the secrets that it may quote. Very short ones stay: they are part of any text."""
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET and secret != UNKNOWN:
            text = text.replace(secret, SECRET)
    return text


def _decode(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return _text(value.string_value)
    if kind == "struct_value":
        return _object(value.struct_value)
    if kind == "list_value":
        return [_decode(each) for each in value.list_value.values]
    if kind == "number_value":
        return _number(value.number_value)
    if kind == "bool_value":
        return value.bool_value
    return None


def _object(struct: struct_pb2.Struct) -> Any:
    fields = struct.fields
    if SIGNATURE not in fields:
        return _fields(struct)
    signature = fields[SIGNATURE].string_value
    if signature == SECRET_SIGNATURE:
        return SECRET  # decided before what is inside is even looked at
    body = _fields(struct)
    del body[SIGNATURE]
    return _envelope(signature, body)


def _fields(struct: struct_pb2.Struct) -> dict[str, Any]:
    """In alphabetical order: the message itself keeps its keys in an order that differs from run to run."""
    fields = struct.fields
    return {key: _decode(fields[key]) for key in sorted(fields)}


def _envelope(signature: Any, body: Mapping[str, Any]) -> Any:
    """What an object with a signature stands for. An envelope that is not known is unknown: it may hide anything."""
    if signature == SECRET_SIGNATURE or (signature == OUTPUT_SIGNATURE and body.get("secret")):
        return SECRET
    if signature == OUTPUT_SIGNATURE:
        return decode_json(body["value"]) if "value" in body else UNKNOWN
    if signature == REFERENCE_SIGNATURE:
        return {REFERENCE: body.get("urn", UNKNOWN)}
    kinds = {ASSET_SIGNATURE: _ASSET_KINDS, ARCHIVE_SIGNATURE: _ARCHIVE_KINDS}.get(signature, {})
    for key, name in kinds.items():
        if key in body:
            return {name: decode_json(body[key])}
    return UNKNOWN


def _text(value: str) -> str:
    """The string, or UNKNOWN when a sentinel is all or part of it (text built around an unknown)."""
    return UNKNOWN if len(value) >= len(UNKNOWN) and _UNKNOWN_INSIDE.search(value) else value


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) <= _LARGEST_EXACT else value
