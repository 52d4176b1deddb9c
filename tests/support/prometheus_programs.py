"""Prometheus' own programs, for tests: in CI they must be there, elsewhere their tests are left out, and say so."""

import functools
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

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


def promtool(*words: str, cwd: Path) -> str:
    """What promtool says; a failed assertion with its words when it refuses."""
    done = subprocess.run(
        [str(programs()["promtool"]), *words], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def unit_test(
    groups: Sequence[Mapping[str, Any]],
    series: Mapping[str, str],
    cases: Sequence[tuple[str, str, Sequence[Mapping[str, Any]]]],
    folder: Path,
) -> None:
    """Rule groups on series of one value a minute. `cases`: (moment, alert, what fires then), as promtool takes it."""
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": list(groups)}))
    given = [{"series": name, "values": values} for name, values in series.items()]
    tests = [{"eval_time": at, "alertname": name, "exp_alerts": list(found)} for at, name, found in cases]
    whole = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": given, "alert_rule_test": tests}],
    }
    (folder / "test.yml").write_text(yaml.safe_dump(whole))
    promtool("test", "rules", "test.yml", cwd=folder)
