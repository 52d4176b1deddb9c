"""AWS: botocore's service models (enums, lengths, patterns), cfn-lint's resource schemas (also what is create-only)."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from botocore.loaders import Loader

from intertie.lab.oracles.field import Field

_DEEPEST = 12
_KINDS = {
    "structure": "object",
    "integer": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
    "list": "list",
    "map": "map",
}
_LOADER = Loader()


def operation(service: str, name: str) -> Field:
    """Input of an API operation: `operation("eks", "CreateNodegroup")`."""
    model = _LOADER.load_service_model(service, "service-2")
    shapes = model["shapes"]
    return _shape(shapes, model["operations"][name]["input"]["shape"], 0)


def shape(service: str, name: str) -> Field:
    """Any shape of a service by its name."""
    return _shape(_LOADER.load_service_model(service, "service-2")["shapes"], name, 0)


def _shape(shapes: Mapping[str, Any], name: str, depth: int) -> Field:
    raw = shapes[name]
    found = Field(
        kind=_KINDS.get(raw["type"], "string"),
        values=tuple(raw.get("enum", ())),
        pattern=raw.get("pattern", ""),
        least=raw.get("min"),
        most=raw.get("max"),
    )
    if depth > _DEEPEST:
        return found
    if raw["type"] == "structure":
        required = set(raw.get("required", ()))
        for member, ref in raw["members"].items():
            found.fields[member] = _shape(shapes, ref["shape"], depth + 1)
            found.fields[member].required = member in required
    elif raw["type"] == "list":
        found.item = _shape(shapes, raw["member"]["shape"], depth + 1)
    elif raw["type"] == "map":
        found.key = _shape(shapes, raw["key"]["shape"], depth + 1)
        found.item = _shape(shapes, raw["value"]["shape"], depth + 1)
    return found


def resource(name: str) -> Field:
    """A resource as CloudFormation declares it: `AWS::EKS::Nodegroup`."""
    schemas = files("cfnlint").joinpath("data/schemas")
    index = json.loads(schemas.joinpath("providers/us-east-1.json").read_text(encoding="utf-8"))
    schema = json.loads(schemas.joinpath("resources", f"{index[name]}.json").read_text(encoding="utf-8"))
    found = _object(schema, schema, 0)
    for pointer in schema.get("createOnlyProperties", ()):
        fixed = found.at(".".join(part for part in pointer.split("/")[2:] if part != "*"))
        if fixed is not None:
            fixed.fixed = True
    for pointer in schema.get("readOnlyProperties", ()):
        read_only = found.at(".".join(part for part in pointer.split("/")[2:] if part != "*"))
        if read_only is not None:
            read_only.read_only = True
    return found


def _object(root: Mapping[str, Any], raw: Mapping[str, Any], depth: int) -> Field:
    found = Field(kind="object")
    required = set(raw.get("required", ()))
    for name, each in raw.get("properties", {}).items():
        found.fields[name] = _schema(root, each, depth + 1)
        found.fields[name].required = name in required
    return found


def _schema(root: Mapping[str, Any], raw: Mapping[str, Any], depth: int) -> Field:
    if "$ref" in raw:
        raw = root["definitions"][raw["$ref"].rpartition("/")[2]]
    kinds = raw.get("type", "any")
    kind = kinds if isinstance(kinds, str) else "any"
    if depth > _DEEPEST:
        return Field(kind="any")
    if kind == "object" and "properties" in raw:
        return _object(root, raw, depth)
    found = Field(
        kind={"array": "list", "object": "map"}.get(kind, kind),
        values=tuple(str(each) for each in raw.get("enum", ())),
        pattern=raw.get("pattern", ""),
        least=_first(raw, "minLength", "minItems", "minimum"),
        most=_first(raw, "maxLength", "maxItems", "maximum"),
    )
    if kind == "array" and "items" in raw:
        found.item = _schema(root, raw["items"], depth + 1)
    return found


def _first(raw: Mapping[str, Any], *names: str) -> float | None:
    return next((raw[name] for name in names if name in raw), None)
