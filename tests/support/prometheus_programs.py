"""Prometheus' own programs, for tests: in CI they must be there, elsewhere their tests are left out, and say so."""

import functools
import os
from pathlib import Path
from types import ModuleType

import pytest

from support import scripts


@functools.cache
def tool() -> ModuleType:
    """`tools/prometheus.py`, which is a script and in no package."""
    return scripts.loaded("tools/prometheus.py", "prometheus_tool")


def programs() -> dict[str, Path]:
    """Program → path. Fetched where that is missing in CI, which fails when it cannot be had."""
    in_ci = os.environ.get("CI", "").lower() in ("1", "true")
    there = tool().fetched() if in_ci else tool().found()
    if there is None:
        pytest.skip("promtool and prometheus are not here: python tools/prometheus.py fetches them")
    return there
