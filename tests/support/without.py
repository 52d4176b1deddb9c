"""What the tests of a checklist's lines say of a cloud that lacks what the line names.

A program of its own (`python -m support.without PAGE`, in tests/): for each line it records every graph without the
line's property, runs the test that the line names, and prints as JSON the lines whose tests did not mind.
"""

import contextlib
import io
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from intertie.graph import Graph, Resource, monitor

TESTS = Path(__file__).parents[1]


def removed(value: Any, path: list[str]) -> Any:
    """The value without what lies at a path; lists are passed through."""
    if isinstance(value, list):
        return [removed(each, path) for each in value]
    if not isinstance(value, Mapping) or path[0] not in value:
        return value
    if len(path) == 1:
        return {key: each for key, each in value.items() if key != path[0]}
    return {**value, path[0]: removed(value[path[0]], path[1:])}


def lacking(graph: Graph, token: str, path: str) -> Graph:
    """The graph as if no resource of the type had been given the property; without a path: as if there were none."""

    def changed(resource: Resource) -> Resource:
        if resource.type != token:
            return resource
        # A whole property takes what it depends on with it.
        known = {key: urns for key, urns in resource.property_dependencies.items() if key != path}
        return replace(resource, inputs=removed(resource.inputs, path.split(".")), property_dependencies=known)

    if not path:
        return replace(graph, resources=tuple(each for each in graph if each.type != token))
    return replace(graph, resources=tuple(changed(each) for each in graph))


@contextlib.contextmanager
def without(token: str, path: str) -> Iterator[None]:
    """Every graph that is recorded inside lacks the property; what was recorded before is forgotten."""
    made = monitor.Graph
    forget()
    monitor.Graph = lambda **fields: lacking(made(**fields), token, path)  # pyright: ignore[reportAttributeAccessIssue]
    try:
        yield
    finally:
        monitor.Graph = made
        forget()


def forget() -> None:
    """Empties the caches of all modules of the tests."""
    for module in list(sys.modules.values()):
        if str(getattr(module, "__file__", None) or "").startswith(str(TESTS)):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


@cache
def file_of(test: str) -> str:
    """The file that a test is in."""
    return next(str(file) for file in sorted(TESTS.rglob("test_*.py")) if f"\ndef {test}(" in file.read_text())


def hold(*tests: str) -> bool:
    """Whether the tests pass, with all of their parameters."""
    named = [f"{file_of(test)}::{test}" for test in tests]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        ended = pytest.main(["-q", "-x", "-n", "0", "-p", "no:cacheprovider", *named])
    return ended == pytest.ExitCode.OK


def survivors(lines: list[tuple[str, str, str]]) -> list[str]:
    """Lines (type, path, test) that can be taken away without their test minding."""
    tests = sorted({test for _, _, test in lines})
    assert hold(*tests), "every test passes as long as nothing is taken away"
    found: list[str] = []
    for token, path, test in lines:
        with without(token, path):
            if hold(test):
                found.append(f"{token} {path}: {test}")
    return found


def main() -> None:
    print(json.dumps(survivors([tuple(line) for line in json.load(sys.stdin)])))


if __name__ == "__main__":
    main()
