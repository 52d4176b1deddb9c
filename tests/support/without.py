"""What the tests of a checklist's lines say of a cloud that lacks what the line names.

A program of its own (`python -m support.without`, in tests/), which is told the lines as JSON: type, path and test of
each. For each it records every graph without the line's property, runs the test that the line names, and prints as
JSON the lines whose tests did not mind.
"""

import contextlib
import io
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from intertie import workload
from intertie.graph import Graph, Resource, monitor
from intertie.graph.wire import is_known
from intertie.workload.manifest import Manifest

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
    if not path:
        return replace(graph, resources=tuple(each for each in graph if each.type != token))
    return replace(graph, resources=tuple(_lacks(each, path) if each.type == token else each for each in graph))


def _lacks(resource: Resource, path: str) -> Resource:
    """What is no longer made of anything unknown depends on nothing any more."""
    top = path.partition(".")[0]
    inputs = removed(resource.inputs, path.split("."))
    known = dict(resource.property_dependencies)
    if top not in inputs or not _waits(inputs[top]):
        known.pop(top, None)
    return replace(resource, inputs=inputs, property_dependencies=known)


def _waits(value: Any) -> bool:
    """Whether anything in the value is unknown yet."""
    if isinstance(value, Mapping):
        return any(_waits(each) for each in value.values())
    return any(_waits(each) for each in value) if isinstance(value, list) else not is_known(value)


@contextlib.contextmanager
def without(token: str, path: str) -> Iterator[None]:
    """Every graph that is recorded inside lacks the property; what was recorded before is forgotten."""
    graph, rendered = monitor.Graph, workload.render

    def lacking_objects(*args: Any) -> tuple[Manifest, ...]:
        return tuple(_unsaid(made, token, path) for made in rendered(*args))

    forget()
    _rebind(graph, lambda **fields: lacking(graph(**fields), token, path), [monitor])
    _rebind(rendered, lacking_objects, list(sys.modules.values()))
    try:
        yield
    finally:
        _rebind(monitor.Graph, graph, [monitor])
        _rebind(lacking_objects, rendered, list(sys.modules.values()))
        forget()


def _rebind(old: Any, new: Any, modules: list[ModuleType]) -> None:
    """Whatever a module calls by a name of its own is another from now on."""
    for module in modules:
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is old:
                setattr(module, name, new)


def _unsaid(made: Manifest, token: str, path: str) -> Manifest:
    """The object without the field, if it is of the type."""
    if f"kubernetes:{made.api_version}:{made.kind}" != token:
        return made
    return Manifest(made.role, removed(made.body, path.split(".")), made.needs)


def forget() -> None:
    """Empties the caches of all modules of the tests."""
    for module in list(sys.modules.values()):
        if str(getattr(module, "__file__", None) or "").startswith(str(TESTS)):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


@cache
def found(test: str) -> tuple[str, ...]:
    """Where the tests of this name are: two clouds may call theirs alike."""
    files = sorted(file for file in TESTS.rglob("test_*.py") if f"\ndef {test}(" in file.read_text(encoding="utf-8"))
    return tuple(f"{file}::{test}" for file in files)


def hold(*tests: str) -> bool:
    """Whether the tests pass, with all of their parameters."""
    named = [each for test in tests for each in found(test)]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        ended = pytest.main(["-q", "-x", "-n", "0", "-p", "no:cacheprovider", *named])
    return ended == pytest.ExitCode.OK


def survivors(lines: list[tuple[str, str, str]]) -> list[str]:
    """Lines (type, path, test) that can be taken away without their test minding."""
    tests = sorted({test for _, _, test in lines})
    assert hold(*tests), "every test passes as long as nothing is taken away"
    kept: list[str] = []
    for token, path, test in lines:
        with without(token, path):
            if hold(test):
                kept.append(f"{token} {path}: {test}")
    return kept


def main() -> None:
    print(json.dumps(survivors([tuple(line) for line in json.load(sys.stdin)])))


if __name__ == "__main__":
    main()
