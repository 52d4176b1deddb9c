"""Prints the Pulumi package schema of the components: as the CLI would, without it."""

import json
import runpy
import sys
from pathlib import Path

from pulumi.provider.experimental.component import ComponentProvider


def package_schema() -> str:
    """The schema as JSON text, indented and with sorted keys, so that a difference can be read."""
    package = runpy.run_path(str(Path(__file__).parents[1] / "components" / "__main__.py"), run_name="components")
    provider = ComponentProvider(package["COMPONENTS"], "intertie", version=package["package_version"]())
    return json.dumps(json.loads(provider.schema or "{}"), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(package_schema())
