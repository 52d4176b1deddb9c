"""One mutant on trial: a process of its own runs the cases against the changed module, and ends.

A module of rules holds functions only, so the changed text is executed in its place, and whoever imported something
from it gets the new thing: that takes milliseconds. A module of the framework may hold classes, settings and tables
that others were made of; what survives there in place is tried again with everything imported anew around it.
"""

import importlib
import importlib.util
import os
import signal
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

PACKAGE = "intertie_policies"
OWN = (PACKAGE, "support.policy_cases")
LONGEST = 20  # seconds of processor time that one mutant may take: an endless loop is noticed
_KILLED, _SURVIVED, _INCOMPETENT = 0, 1, 2


def survives(module: str, code: str, check: str, *, anew: bool = False) -> bool | None:
    """Whether nothing notices that the module has this text. None: it is no module that can be loaded.

    `check` is a function of `support.policy_cases`: whether all is well, given the name of the changed module.
    """
    child = os.fork()
    if child == 0:
        os._exit(_in_child(module, code, check, anew))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return False  # it took too long, or too much
    return {_KILLED: False, _SURVIVED: True}.get(os.WEXITSTATUS(status))


def _in_child(module: str, code: str, check: str, anew: bool) -> int:
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    try:
        _load(module, compile(code, module, "exec"), anew)
    except BaseException:  # noqa: BLE001
        return _INCOMPETENT
    try:
        holds = getattr(importlib.import_module("support.policy_cases"), check)
        return _SURVIVED if holds(module) else _KILLED
    except BaseException:  # noqa: BLE001
        return _KILLED


def _load(module: str, code: Any, anew: bool) -> None:
    if anew:
        _import_anew(module, code)
    else:
        _replace(sys.modules[module], code)


def _replace(module: ModuleType, code: Any) -> None:
    """Executes other code as this module, and gives what changed to all who imported it."""
    before = dict(vars(module))
    exec(code, vars(module))
    changed = {id(old): vars(module)[name] for name, old in before.items() if vars(module).get(name) is not old}
    for name, other in list(sys.modules.items()):
        if name.startswith(OWN) and other is not module:
            for key, value in list(vars(other).items()):
                if not key.startswith("__") and id(value) in changed:
                    setattr(other, key, changed[id(value)])
    for name, other in list(sys.modules.items()):
        if name.startswith(f"{PACKAGE}.rules.") and hasattr(other, "RULES") and name.count(".") == 2:
            vars(other)["RULES"] = tuple(changed.get(id(rule), rule) for rule in vars(other)["RULES"])


def _import_anew(module: str, code: Any) -> None:
    """Forgets the package, so that it is imported again, with other code for one of its modules."""
    for name in [name for name in sys.modules if name.startswith(OWN)]:
        del sys.modules[name]
    sys.meta_path.insert(0, _Instead(module, code))
    importlib.import_module(module)


class _Instead(MetaPathFinder, Loader):
    """Loads other code for one module."""

    def __init__(self, module: str, code: Any) -> None:
        self._module, self._code = module, code

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        sys.meta_path.remove(self)
        found = importlib.util.find_spec(fullname)
        if found is not None:
            found.loader = self
        return found

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, vars(module))
