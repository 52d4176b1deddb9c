"""Imports the models of a cloud's package without its client, which takes longer to import than all of its models.

For the process that extracts the models alone: whoever wants the client afterwards finds an empty package.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType


def module(name: str) -> ModuleType:
    """A module; the packages around it are bare folders, so that nothing of theirs runs."""
    folder(name.rpartition(".")[0])
    return import_module(name)


def folder(name: str) -> Path:
    """Where a package lies. Its own `__init__` is not run."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        each = ".".join(parts[:length])
        if each not in sys.modules:
            spec = find_spec(each)
            assert spec is not None, f"{each} is not installed"
            sys.modules[each] = module_from_spec(spec)
    return Path(sys.modules[name].__path__[0])
