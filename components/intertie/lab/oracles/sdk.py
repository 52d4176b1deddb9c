"""What the Pulumi SDK declares of a type: names and kinds of inputs, names of outputs. Its enums are not used here.

This is knowledge that Intertie's own check shares, so it settles names and types only; what a value may be is for the
clouds' published models to say.
"""

from typing import Any

from intertie.graph import sdk
from intertie.graph.shape import shape_of
from intertie.lab.oracles.field import Field

_DEEPEST = 9
_KINDS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def inputs(token: str) -> Field | None:
    """The inputs of a type; None when the SDK does not have it."""
    args = sdk.args_class(token)
    return _object(args, ()) if args is not None else None


def outputs(token: str) -> tuple[str, ...]:
    """Names of what a type gives back."""
    return tuple(sorted(sdk.output_names(token)))


def _object(kind: type, above: tuple[type, ...]) -> Field:
    """`above`: the classes around this one. Azure's addresses hold addresses: no further than that."""
    if len(above) > _DEEPEST or above.count(kind) > 1:
        return Field(kind="any")
    found = Field(kind="object")
    for name, each in sdk.properties(kind).items():
        found.fields[name] = _field(each.hint, (*above, kind))
        found.fields[name].required = each.required
    return found


def _field(hint: Any, above: tuple[type, ...]) -> Field:
    shape = shape_of(hint)
    ways = (shape.objects, shape.item is not None, shape.value is not None, shape.scalars or shape.values)
    if shape.anything or sum(map(bool, ways)) > 1:  # a policy may be text or an object
        return Field(kind="any")
    if shape.objects:
        return _object(shape.objects[0], above)
    if shape.item is not None:
        return Field(kind="list", item=_field(shape.item, above))
    if shape.value is not None:
        return Field(kind="map", item=_field(shape.value, above))
    if shape.special and not shape.scalars:
        return Field(kind="any")
    kinds = {_KINDS[each] for each in shape.scalars} or ({"string"} if shape.values else {"any"})
    return Field(kind=kinds.pop() if len(kinds) == 1 else "any")
