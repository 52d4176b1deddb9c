"""The tables of what a deployer must be allowed are what their tool writes today."""

import csv
import sys

import pytest

from support.scripts import loaded
from support.stacks import ROOT


@pytest.mark.parametrize("platform", ["eks", "aks", "gke"])
def test_the_actions_of_a_platform_are_what_the_tool_writes(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT / "tools"), *sys.path])
    tool = loaded("tools/build_deploy_actions.py")
    written = {"eks": tool.aws_rows, "aks": tool.azure_rows, "gke": tool.gcp_rows}[platform]()
    with (tool.PLATFORMS / platform / "data" / "actions.csv").open(encoding="utf-8") as file:
        kept = [tuple(row) for row in csv.reader(file)]
    assert kept == [("type", "action", "source"), *written], "run `python tools/build_deploy_actions.py`"
