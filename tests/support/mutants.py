"""Mutants of the policies, run in-process: Cosmic Ray's operators change one thing, the fixtures must notice.

A mutant runs in a forked child: the changed module is executed in place of the real one, whoever imported something
from it gets the new thing, and cases are judged until one disagrees. So a mutant costs milliseconds, not a test run.
"""

import importlib
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import parso
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

PACKAGE = "intertie_policies"
LONGEST = 20  # seconds that one mutant may take: an endless loop is noticed
_KILLED, _SURVIVED, _INCOMPETENT = 0, 1, 2
_LEFT_OUT = ("core/AddNot",)  # the same as ReplaceComparisonOperator and ReplaceUnaryOperator on most lines
_COMPARISON = "core/ReplaceComparisonOperator_"
_ORDERS = frozenset({"Lt", "LtE", "Gt", "GtE"})
_SAMENESS = ({"Eq", "NotEq"}, {"Is", "IsNot"}, {"In", "NotIn"})
Check = Callable[[str], bool]
"""Whether everything still holds, given the name of the module that was changed."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module."""

    module: str
    operator: str
    occurrence: int

    def __str__(self) -> str:
        return f"{self.module} {self.operator} #{self.occurrence}"


def mutants(modules: list[str], most: int, seed: int = 20261122) -> list[Mutant]:
    """At most `most` mutants of the modules, the same ones for the same seed and code."""
    found = [mutant for module in modules for mutant in _of(module)]
    if len(found) > most:
        found = random.Random(seed).sample(found, most)
    return sorted(found, key=str)


def _of(module: str) -> Iterator[Mutant]:
    code = _source(module)
    tree = parso.parse(code)
    for name in operator_names():
        if name.startswith(_LEFT_OUT) or not _means_something(name):
            continue
        for operator in _instances(name):
            count = sum(len(list(operator.mutation_positions(node))) for node in _nodes(tree))
            yield from (Mutant(module, name, index) for index in range(count))


def _means_something(operator: str) -> bool:
    """Whether a comparison stays one of its kind: order for order, sameness negated. Texts have no order to mistake."""
    if not operator.startswith(_COMPARISON):
        return True
    kinds = set(operator.removeprefix(_COMPARISON).split("_"))
    return kinds <= _ORDERS or kinds in _SAMENESS


def _instances(name: str) -> Iterator:
    kind = get_operator(name)
    if not kind.arguments():
        yield kind()


def _nodes(node) -> Iterator:
    yield node
    for child in getattr(node, "children", ()):
        yield from _nodes(child)


def _source(module: str) -> str:
    return Path(importlib.import_module(module).__file__ or "").read_text()


def survives(mutant: Mutant, holds: Check) -> bool | None:
    """Whether nobody notices the mutant. None: it is no program that can be loaded."""
    code = mutate_code(_source(mutant.module), get_operator(mutant.operator)(), mutant.occurrence)
    if code is None:
        return None
    child = os.fork()
    if child == 0:
        os._exit(_in_child(mutant.module, code, holds))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False
    return {_KILLED: False, _SURVIVED: True}.get(os.WEXITSTATUS(status))


def _in_child(module: str, code: str, holds: Check) -> int:
    signal.alarm(LONGEST)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    try:
        _replace(sys.modules[module], code)
    except BaseException:  # noqa: BLE001
        return _INCOMPETENT
    try:
        return _SURVIVED if holds(module) else _KILLED
    except BaseException:  # noqa: BLE001
        return _KILLED


def _replace(module: ModuleType, code: str) -> None:
    """Executes other code as this module, and gives what changed to all who imported it."""
    before = dict(vars(module))
    exec(compile(code, module.__file__ or "", "exec"), vars(module))
    changed = {id(old): vars(module)[name] for name, old in before.items() if vars(module).get(name) is not old}
    for name, other in list(sys.modules.items()):
        if name.startswith(PACKAGE) and other is not module:
            for key, value in list(vars(other).items()):
                if not key.startswith("__") and id(value) in changed:
                    setattr(other, key, changed[id(value)])
    for name, other in list(sys.modules.items()):
        if name.startswith(f"{PACKAGE}.rules.") and hasattr(other, "RULES") and name.count(".") == 2:
            vars(other)["RULES"] = tuple(changed.get(id(rule), rule) for rule in vars(other)["RULES"])
