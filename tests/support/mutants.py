"""Mutants of a module: Cosmic Ray's operators change one thing in its text.

Left out, for all modules alike, is what no behaviour hangs on, so that no test could notice it:

* annotations (`str | None`): they are for readers and the type checker;
* decorators that only remember (`cache`, `cached_property`, `lru_cache`), and `frozen=`, `slots=`, `eq=` of
  dataclasses: without them the program is slower or more permissive, and does the same;
* comparisons turned into another kind: `==` becomes `!=`, and `<` an order, but `==` does not become `<`.
"""

import ast
import importlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import parso
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

_COMPARISON = "core/ReplaceComparisonOperator_"
_ORDERS = frozenset({"Lt", "LtE", "Gt", "GtE"})
_SAMENESS = ({"Eq", "NotEq"}, {"Is", "IsNot"}, {"In", "NotIn"})
_REMEMBERING = ("cache", "lru_cache", "cached_property", "dataclass")
Position = tuple[int, int]
"""Line, from 1, and column, from 0."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module, on one of its lines."""

    module: str
    operator: str
    occurrence: int
    line: int

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.operator.removeprefix('core/')} #{self.occurrence}"

    def code(self) -> str | None:
        """The text of the module with the change. None: there is nothing to change."""
        return mutate_code(source(self.module), get_operator(self.operator)(), self.occurrence)


def mutants(modules: list[str], most: int, seed: int = 20261122) -> list[Mutant]:
    """At most `most` mutants of the modules, the same ones for the same seed and code."""
    found = [mutant for module in modules for mutant in _of(module)]
    if len(found) > most:
        found = random.Random(seed).sample(found, most)
    return sorted(found, key=lambda mutant: (mutant.module, mutant.line, mutant.operator, mutant.occurrence))


@cache
def source(module: str) -> str:
    """The text of a module."""
    return Path(importlib.import_module(module).__file__ or "").read_text()


def _of(module: str) -> Iterator[Mutant]:
    code = source(module)
    nodes, idle = list(_nodes(parso.parse(code))), idle_spans(code)
    for name in operator_names():
        if not _means_something(name) or get_operator(name).arguments():
            continue
        operator = get_operator(name)()
        positions = [position for node in nodes for position in operator.mutation_positions(node)]
        for index, (start, _) in enumerate(positions):
            if not any(first <= start < last for first, last in idle):
                yield Mutant(module, name, index, start[0])


def _means_something(operator: str) -> bool:
    """Whether a comparison stays one of its kind: order for order, sameness negated. Texts have no order to mistake."""
    if not operator.startswith(_COMPARISON):
        return True
    kinds = set(operator.removeprefix(_COMPARISON).split("_"))
    return kinds <= _ORDERS or kinds in _SAMENESS


def idle_spans(code: str) -> list[tuple[Position, Position]]:
    """From where to where the text is annotations or remembering decorators."""
    found: list[ast.expr] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            found.append(node.annotation)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found += [each for each in node.decorator_list if _name(each) in _REMEMBERING]
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            found.append(node.returns)
    # A decorator begins at its @, one column before its expression.
    return [((each.lineno, each.col_offset - 1), (each.end_lineno or 0, each.end_col_offset or 0)) for each in found]


def _name(decorator: ast.expr) -> str:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return target.id if isinstance(target, ast.Name) else ""


def _nodes(tree: Any) -> Iterator[Any]:
    yield tree
    for child in getattr(tree, "children", ()):
        yield from _nodes(child)
