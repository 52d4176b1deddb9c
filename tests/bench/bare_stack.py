"""The least that deploys a list of resources for real: constructs them with their SDKs, joined by their outputs.

A program for the lab's engine: beside it lies `resources.json`, which `bare_listing.py` writes.
"""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pulumi

made: dict[str, Any] = {}


def given(value: Any) -> Any:
    """A value of the listing, with what comes from other resources in its place."""
    if isinstance(value, list):
        return [given(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "$parts" not in value:
        return {key: given(each) for key, each in value.items()}
    parts = [part if isinstance(part, str) else reached(part["of"], part["path"]) for part in value["$parts"]]
    return parts[0] if len(parts) == 1 else pulumi.Output.concat(*parts)


def reached(urn: str, path: list[Any]) -> pulumi.Output[Any]:
    first, *rest = path
    found = pulumi.Output.from_input(getattr(made[urn], snake(first)))
    return found.apply(lambda value: within(value, rest)) if rest else found


def within(value: Any, path: list[Any]) -> Any:
    """What lies at a path of an output, whose keys the SDK has translated or not; None where there is nothing."""
    for step in path:
        if value is None:
            return None
        value = value[step] if isinstance(step, int) else value.get(step, value.get(snake(step)))
    return value


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


for each in json.loads(Path("resources.json").read_text()):
    options = pulumi.ResourceOptions(
        depends_on=[made[urn] for urn in each["depends"]],
        provider=made.get(each["provider"]),
        custom_timeouts=pulumi.CustomTimeouts(**each["timeouts"]),
    )
    kind = getattr(importlib.import_module(each["module"]), each["class"])
    made[each["urn"]] = kind(each["name"], **given(each["arguments"]), opts=options)
