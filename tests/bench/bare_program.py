"""The least that a Pulumi program can do: construct a list of resources under mocks. `bare_program.py LISTING`."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks


class Echo(mocks.Mocks):
    """Gives every resource back as it was registered, but for what Azure answers in another shape than it is asked."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return "", {key: value for key, value in args.inputs.items() if key != "identity"}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], None]:
        return {}, None


def main() -> None:
    for stack, resources in json.loads(Path(sys.argv[1]).read_text()).items():
        mocks.set_mocks(Echo(), project="inference", stack=stack, preview=True)

        @pulumi.runtime.test
        def program(resources: list[dict[str, Any]] = resources) -> None:
            for one in resources:
                kind = getattr(importlib.import_module(one["module"]), one["class"])
                kind(one["name"], **one["arguments"])

        program()


if __name__ == "__main__":
    main()
