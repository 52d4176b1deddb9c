"""Checks recorded resources against what the installed SDKs declare.

An SDK's constructor only looks for required properties at the top; a misspelt key in a dict passes silently and fails
at apply. What cannot be seen here: ranges, patterns and rules between properties.
"""

import csv
import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from intertie.graph import sdk
from intertie.graph.shape import Shape, shape_of
from intertie.graph.types import PROVIDER_PREFIX, Finding, Resource
from intertie.graph.wire import ARCHIVES, ASSETS, REFERENCE, is_known

_NOT_CHECKED = frozenset({"pulumi", "pulumi-python", "pulumi-nodejs"})  # the engine's own types, dynamic providers
_BOOKKEEPING = frozenset({"__defaults", "__self__", "__internal", "__provider"})  # what SDKs add for themselves
_SPECIAL = ASSETS | ARCHIVES | {REFERENCE}
_SHOWN = 8
_METADATA = "kubernetes:core/v1:Namespace"  # any type with `metadata`, to take its class from


class _Issue(NamedTuple):
    path: str
    kind: str
    message: str
    severity: str = "error"


def check(resources: Iterable[Resource]) -> tuple[Finding, ...]:
    """Everything that is wrong, missing or misspelt in the resources (a Graph will do), in their order.

    Values that are unknown or secret count as present and as right. Components and resources that are only read are
    not looked at, nor are the engine's own types.
    """
    return tuple(
        Finding(resource.urn, resource.type, resource.name, issue.path, issue.kind, issue.message, issue.severity)
        for resource in resources
        if not resource.external
        for issue in _check(resource)
    )


def _check(resource: Resource) -> Iterator[_Issue]:
    token = resource.type
    package = sdk.package_of(token)
    if package in _NOT_CHECKED:
        return
    args = sdk.args_class(token)
    if args is not None:
        inputs = _configuration(args, resource.inputs) if token.startswith(PROVIDER_PREFIX) else resource.inputs
        for issue in _object(args, inputs, ""):
            if not _accepted(token, issue):
                yield _as_output(token, issue)
    elif resource.custom and sdk.resource_class(token) is None:
        yield from _custom_kubernetes(resource) if _is_custom_kubernetes(token) else _unknown_type(token, package)


# ---------------------------------------------------------------------- types that no SDK declares


def _unknown_type(token: str, package: str) -> Iterator[_Issue]:
    known = sdk.index(package)
    if known is None:
        meant = _closest(package, sdk.packages(), cutoff=0.6)  # these are short
        yield _Issue("", "unknown-type", f"no installed SDK provides the package {package!r}{meant}")
    else:
        yield _Issue("", "unknown-type", f"the SDK of {package} has no type {token!r}{_closest(token, known.classes)}")


def _is_custom_kubernetes(token: str) -> bool:
    """Whether a token is of an API group that is not Kubernetes' own: a custom resource, which no SDK declares."""
    package, _, rest = token.partition(":")
    group, slash, _ = rest.partition(":")[0].rpartition("/")
    known = sdk.index(package)
    if package != "kubernetes" or known is None or not slash or "." not in group:
        return False
    return not any(each.startswith(f"kubernetes:{group}/") for each in known.classes)


def _custom_kubernetes(resource: Resource) -> Iterator[_Issue]:
    """A custom resource: its metadata is Kubernetes' own, the rest is what its definition says."""
    for name in ("apiVersion", "kind"):
        if name not in resource.inputs:
            yield _Issue(name, "missing-property", f"{name} is required")
    namespace = sdk.args_class(_METADATA)
    if namespace is not None and "metadata" in resource.inputs:
        yield from _value(sdk.properties(namespace)["metadata"].hint, resource.inputs["metadata"], "metadata")


# ---------------------------------------------------------------------- values


def _object(kind: type, value: Mapping[str, Any], path: str) -> Iterator[_Issue]:
    declared = sdk.properties(kind)
    title = kind.__name__.removesuffix("Args")
    for key, each in value.items():
        here = f"{path}.{key}" if path else key
        if each is None or (not path and key in _BOOKKEEPING):
            continue
        if key in declared:
            yield from _value(declared[key].hint, each, here)
        else:
            yield _Issue(here, "unknown-property", f"{title} has no property {key!r}{_meant(key, declared)}")
    for name, each in declared.items():
        if each.required and value.get(name) is None:
            here = f"{path}.{name}" if path else name
            yield _Issue(here, "missing-property", f"{title} requires {name!r}")


def _value(hint: Any, value: Any, path: str) -> Iterator[_Issue]:
    if value is None or not is_known(value):
        return
    shape = shape_of(hint)
    if shape.anything:
        return
    if isinstance(value, Mapping):
        yield from _mapping(shape, value, path)
    elif isinstance(value, (list, tuple)):
        if shape.item is None:
            yield _wrong(shape, "a list", path)
        else:
            for position, each in enumerate(value):
                yield from _value(shape.item, each, f"{path}[{position}]")
    else:
        yield from _scalar(shape, value, path)


def _mapping(shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[_Issue]:
    special = _SPECIAL.intersection(value)
    if special:
        if not special & shape.special:
            yield _wrong(shape, next(iter(special)).removeprefix("fn::"), path)
    elif shape.objects:
        # Of several classes the value is meant to be the one that it fits best.
        yield from min((list(_object(kind, value, path)) for kind in shape.objects), key=len)
    elif shape.value is not None:
        for key, each in value.items():
            yield from _value(shape.value, each, f"{path}[{key!r}]")
    else:
        yield _wrong(shape, "an object", path)


def _scalar(shape: Shape, value: Any, path: str) -> Iterator[_Issue]:
    if any(value == each and isinstance(value, bool) is isinstance(each, bool) for each in shape.values):
        return
    fits = any(_fits(kind, value) for kind in shape.scalars)
    if shape.values and (fits or not shape.scalars):
        severity = "warning" if shape.relaxed else "error"
        meant = _closest(str(value), [str(each) for each in shape.values])
        yield _Issue(path, "not-allowed", f"{_shown(value)} is not one of {_listed(shape.values)}{meant}", severity)
    elif not fits:
        yield _wrong(shape, _shown(value), path)


def _fits(kind: type, value: Any) -> bool:
    """Whether a wire scalar is of a type. All numbers are doubles on the wire, so 3.0 is a whole number too."""
    if kind in (bool, str):
        return isinstance(value, kind)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return kind is float or float(value).is_integer()


def _configuration(args: type, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A provider's configuration: everything but text travels as JSON in a string."""
    declared = sdk.properties(args)
    return {key: _opened(declared[key].hint, value) if key in declared else value for key, value in inputs.items()}


def _opened(hint: Any, value: Any) -> Any:
    if not isinstance(value, str) or not is_known(value) or str in shape_of(hint).scalars:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


# ---------------------------------------------------------------------- messages


def _accepted(token: str, issue: _Issue) -> bool:
    """Whether the cloud is documented to take a value that the SDK's list of known ones lacks."""
    place = (token, re.sub(r"\[\d+\]", "", issue.path))
    return issue.severity == "warning" and any(
        issue.message.startswith(f"{value!r} is not one of") for value in _accepted_values().get(place, ())
    )


@cache
def _accepted_values() -> Mapping[tuple[str, str], tuple[str, ...]]:
    text = files("intertie.graph").joinpath("data", "accepted.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    places = {(row["type"], row["path"]) for row in rows}
    return {place: tuple(row["value"] for row in rows if (row["type"], row["path"]) == place) for place in places}


def _as_output(token: str, issue: _Issue) -> _Issue:
    if issue.kind == "unknown-property" and issue.path in sdk.output_names(token):
        return _Issue(issue.path, "output-only", f"{issue.path!r} is an output of this type, not an input")
    return issue


def _wrong(shape: Shape, found: str, path: str) -> _Issue:
    return _Issue(path, "wrong-type", f"{found} where {shape.name} is expected")


def _meant(key: str, declared: Mapping[str, sdk.Property]) -> str:
    """`; did you mean …?` for a property: its Python spelling counts as the nearest."""
    for each in declared.values():
        if each.python_name == key:
            return f"; did you mean {each.name!r}?"
    return _closest(key, declared)


def _closest(word: str, words: Iterable[str], cutoff: float = 0.7) -> str:
    """`; did you mean …?` when something is near, else nothing. Upper and lower case count as the same."""
    by_lower = {each.lower(): each for each in words}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=cutoff)
    return f"; did you mean {by_lower[near[0]]!r}?" if near else ""


def _listed(values: tuple[Any, ...]) -> str:
    shown = ", ".join(repr(value) for value in values[:_SHOWN])
    return f"{shown}, … ({len(values)} in all)" if len(values) > _SHOWN else shown


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{text[:60]}…" if len(text) > 60 else text
