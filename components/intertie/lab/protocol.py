"""Pulumi's wire messages without Pulumi's SDK.

The messages come in the SDK's wheel, and importing any part of a package runs the whole of it: a quarter of a second
that every provider process of every operation would pay. So a provider process puts empty packages in their place,
through which only the messages are found.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def without_sdk() -> None:
    """From now on, in this process, `pulumi.runtime.proto` can be imported, and nothing else of the SDK."""
    if "pulumi" in sys.modules:
        return
    spec = importlib.util.find_spec("pulumi")
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parent
    for name in _PACKAGES:
        module = ModuleType(name)
        module.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
