"""Scripts of the project as modules: those of `tools/` are in no package."""

import importlib.util
import sys
from types import ModuleType

from support.stacks import ROOT


def loaded(path: str, name: str = "") -> ModuleType:
    """A script by its path from the project's folder, loaded anew, under a name of its own or its file's."""
    file = ROOT / path
    spec = importlib.util.spec_from_file_location(name or file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
