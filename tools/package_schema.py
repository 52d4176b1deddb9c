"""Prints the Pulumi package schema of the components: as the CLI would, without it."""

import json
import runpy
import sys
from pathlib import Path
from typing import Any

from pulumi.provider.experimental.component import ComponentProvider


def package_schema() -> str:
    """The schema as JSON text, indented and with sorted keys, so that a difference can be read."""
    package = runpy.run_path(str(Path(__file__).parents[1] / "components" / "__main__.py"), run_name="components")
    provider = ComponentProvider(package["COMPONENTS"], "intertie", version=package["package_version"]())
    schema = {"config": {}, **kept(json.loads(provider.schema or "{}"))}
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def kept(value: Any) -> Any:
    """What `pulumi package get-schema` keeps: nothing that is empty, and no description of what a list or map holds."""
    if not isinstance(value, dict):
        return value
    fields = {key: kept(each) for key, each in value.items()}
    for held in (fields.get("items"), fields.get("additionalProperties")):
        if isinstance(held, dict):
            held.pop("description", None)
    return {key: each for key, each in fields.items() if each not in ({}, [])}


if __name__ == "__main__":
    sys.stdout.write(package_schema())
