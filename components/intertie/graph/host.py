"""Runs an unmodified program folder as a Python language host would, and leaves the process as it was.

The real host starts a process per program. Here several programs share one, so everything that a script sees of its
process is put in place before and back after: `__main__`, `sys.path`, `sys.argv`, modules of the program's own folder,
and what `process` keeps. The working directory is not set to the program's: it belongs to the whole process.
"""

import contextlib
import importlib
import os
import runpy
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from intertie.errors import InputError
from intertie.graph import process

_ONE_AT_A_TIME = threading.RLock()
"""What is put in place is the process's own, so only one program folder runs at a time."""


def entry_of(program: Path) -> Path:
    """The script of a program: the file itself, or `__main__.py` of a folder. InputError when there is none."""
    entry = program.resolve()
    if entry.is_dir():
        entry = entry / "__main__.py"
    if not entry.is_file():
        raise InputError(f"{program}: there is no program here\n  → a Pulumi program in Python has a __main__.py")
    return entry


def run_script(entry: Path) -> None:
    """Executes the script as `__main__`."""
    runpy.run_path(str(entry), run_name="__main__")


@contextlib.contextmanager
def isolated(folder: Path, entry: Path) -> Iterator[None]:
    """What a script may expect of its process, for as long as the block lasts."""
    with _ONE_AT_A_TIME:
        path, argv, main = list(sys.path), list(sys.argv), sys.modules.get("__main__")
        hidden = _hide_namesakes(folder)
        before = set(sys.modules)
        sys.path.insert(0, str(folder))
        sys.argv[:] = [str(entry)]
        importlib.invalidate_caches()
        try:
            with process.kept():
                yield
        finally:
            _forget(folder, before)
            sys.modules.update(hidden)
            if main is not None:
                sys.modules["__main__"] = main
            sys.path[:] = path
            sys.argv[:] = argv
            sys.path_importer_cache.pop(str(folder), None)


def _hide_namesakes(folder: Path) -> dict[str, ModuleType]:
    """Takes modules out of `sys.modules` that the program's own ones are called like, so that it gets its own."""
    names = {item.stem for item in folder.glob("*.py")} | {item.parent.name for item in folder.glob("*/__init__.py")}
    names -= {"__main__", "__init__", *sys.stdlib_module_names}
    hidden = {
        name: module
        for name, module in sys.modules.items()
        if name.partition(".")[0] in names and not _lies_in(folder, module)
    }
    for name in hidden:
        del sys.modules[name]
    return hidden


def _lies_in(folder: Path, module: ModuleType) -> bool:
    return (getattr(module, "__file__", None) or "").startswith(f"{folder}{os.sep}")


def _forget(folder: Path, before: set[str]) -> None:
    """Drops the modules that came from the program's folder, and only those: libraries stay loaded."""
    inside = f"{folder}{os.sep}"
    libraries = tuple(f"{place}{os.sep}" for place in sys.path if place.startswith(inside))
    for name in set(sys.modules) - before:
        module = sys.modules[name]
        if _lies_in(folder, module) and not str(module.__file__).startswith(libraries):
            del sys.modules[name]
