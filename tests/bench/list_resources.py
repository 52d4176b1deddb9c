"""Writes what the sample stacks register, as classes and arguments that a bare program can construct."""

import json
import sys
from pathlib import Path
from typing import Any

from intertie.graph import Resource, sdk

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.stacks import graph_of


def constructed(resource: Resource) -> dict[str, Any]:
    """Module, class and keyword arguments of one resource. Custom Kubernetes kinds have one class for all."""
    kind, args = sdk.resource_class(resource.type), sdk.args_class(resource.type)
    if kind is None or args is None:
        module, name = "pulumi_kubernetes.apiextensions", "CustomResource"
        keywords = {"api_version": resource.inputs["apiVersion"], "kind": resource.inputs["kind"]}
        return {"module": module, "class": name, "name": resource.name, "arguments": keywords}
    names = {wire: found.python_name for wire, found in sdk.properties(args).items()}
    names = {wire: "resource_name_" if name == "resource_name" else name for wire, name in names.items()}
    arguments = {names[key]: value for key, value in resource.inputs.items() if key in names}
    for fixed in ("kind", "api_version") if resource.type.startswith("kubernetes:") else ():
        arguments.pop(fixed, None)
    return {"module": kind.__module__, "class": kind.__name__, "name": resource.name, "arguments": arguments}


def main() -> None:
    target, *stacks = sys.argv[1:]
    listing = {
        stack: [constructed(resource) for resource in graph_of(stack).resources if resource.custom] for stack in stacks
    }
    Path(target).write_text(json.dumps(listing))


if __name__ == "__main__":
    main()
