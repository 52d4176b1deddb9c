"""What the installed SDKs declare: which types there are, and which properties each one takes.

The generated SDKs are the only schema that comes with the packages. Which class belongs to a type token is read from
the text of the SDK's `__init__.py`, so that nothing is imported but the modules of the types that are asked for.
"""

import inspect
import json
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from pulumi import _types as sdk_types

from intertie.graph.types import PROVIDER_PREFIX


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an input class. `hint` is its resolved annotation."""

    name: str  # on the wire: subnetIds
    python_name: str  # subnet_ids
    hint: Any
    required: bool


@dataclass(frozen=True, slots=True)
class Index:
    """The types of one SDK: token → module and class."""

    package: str
    classes: Mapping[str, tuple[str, str]]


@cache
def packages() -> Mapping[str, Path]:
    """Pulumi package → folder of its SDK, for all that are installed."""
    found: dict[str, Path] = {}
    for place in sys.path:
        for manifest in sorted(Path(place or ".").glob("*/pulumi-plugin.json")):
            data = json.loads(manifest.read_text(encoding="utf-8"))
            if data.get("resource"):
                found.setdefault(data["name"], manifest.parent)
    return found


def package_of(token: str) -> str:
    """`aws` of `aws:eks/cluster:Cluster`, and of `pulumi:providers:aws`."""
    return token.removeprefix(PROVIDER_PREFIX).partition(":")[0]


@cache
def index(package: str) -> Index | None:
    """The types of an SDK. None when none of that name is installed."""
    folder = packages().get(package)
    if folder is None:
        return None
    text = (folder / "__init__.py").read_text(encoding="utf-8")
    classes: dict[str, tuple[str, str]] = {}
    for module in _embedded(text, "resource_modules"):
        for token, name in module["classes"].items():
            classes[token] = (module["fqn"], name)
    for provider in _embedded(text, "resource_packages"):
        classes[provider["token"]] = (provider["fqn"], provider["class"])
    return Index(package, classes)


def _embedded(text: str, name: str) -> list[dict[str, Any]]:
    """The JSON that the generated `_utilities.register(name=\"\"\"…\"\"\")` carries."""
    _, found, rest = text.partition(f'{name}="""')
    return json.loads(rest.partition('"""')[0]) if found else []


@cache
def resource_class(token: str) -> type | None:
    """The class of a resource type; None when the SDK has no such type. Imports the SDK's module of that type."""
    known = index(package_of(token))
    if known is None or token not in known.classes:
        return None
    module, name = known.classes[token]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations of the SDK's own modules
        return getattr(import_module(module), name)


@cache
def args_class(token: str) -> type | None:
    """The class that declares the inputs of a resource type.

    The generated constructor always makes one of it; its name is taken from the constructor's code, because it is not
    always that of the resource with `Args` behind it.
    """
    resource = resource_class(token)
    if resource is None:
        return None
    constructor = vars(resource).get("_internal_init") or resource.__init__
    module = sys.modules[resource.__module__]
    for name in constructor.__code__.co_names:
        candidate = getattr(module, name, None)
        if inspect.isclass(candidate) and is_object(candidate):
            return candidate
    return None


def is_object(kind: Any) -> bool:
    """Whether a class stands for a nested object of inputs."""
    return sdk_types.is_input_type(kind)


@cache
def properties(kind: type) -> Mapping[str, Property]:
    """Wire name → property, of an input class."""
    hints = sdk_types._raw_return_hints(kind)  # noqa: SLF001
    parameters = inspect.signature(kind.__init__).parameters
    found: dict[str, Property] = {}
    for python_name, name, _ in sdk_types._py_properties(kind):  # noqa: SLF001
        parameter = parameters.get(python_name)
        required = parameter is not None and parameter.default is inspect.Parameter.empty
        found[name] = Property(name, python_name, hints.get(name, Any), required)
    return found


@cache
def output_names(token: str) -> frozenset[str]:
    """Names of what a resource type gives back."""
    resource = resource_class(token)
    return frozenset(sdk_types.resource_types(resource)) if resource else frozenset()
