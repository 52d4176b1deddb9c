"""The sample stacks, recorded once per test process: recording is what costs time."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from intertie.graph import Graph, record

ROOT = Path(__file__).parents[2]
STACKS = sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in ROOT.glob("stacks/Pulumi.*.yaml"))
SAMPLE = ("aws-use1", "azure-swc", "gcp-euw4")


def config_of(stack: str) -> dict[str, str]:
    """A stack's configuration as the engine hands it to the program: every value as text."""
    data: dict[str, Any] = yaml.safe_load((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in data.items()}


@cache
def graph_of(stack: str) -> Graph:
    return record(ROOT / "stacks" / "__main__.py", project="inference", stack=stack, config=config_of(stack))


def grouped(stack: str, *marks: pytest.MarkDecorator) -> Any:
    """A stack as a parameter of a test that looks at its recording: all such tests run in one process."""
    return pytest.param(stack, marks=[pytest.mark.xdist_group(f"stack-{stack}"), *marks], id=stack)


each_stack = pytest.mark.parametrize("stack", [grouped(stack) for stack in STACKS])
"""Over all sample stacks, with the tests of one stack in one process, where its recording is shared."""
