"""The first failover drill as `make drill` runs it: the real engine, real API servers, and nothing left afterwards."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from intertie.drills.failover import Drill, Phase, Report
from intertie.drills.told import told
from support.programs import left_behind, wait_until
from support.stacks import ROOT

TOOL = [sys.executable, str(ROOT / "tools" / "drill.py"), "--format", "json"]


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "TMPDIR": str(folder)}


@pytest.mark.engine
@pytest.mark.kubernetes
def test_a_warm_placement_takes_over_when_the_other_cloud_stops(tmp_path: Path) -> None:
    ended = subprocess.run(TOOL, env=environment(tmp_path), capture_output=True, text=True, timeout=280, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads(ended.stdout)
    assert (report["verdict"], report["failure"]) == ("pass", "")
    names = [phase["name"] for phase in report["phases"] if phase["clock"] == "real"]
    assert names == ["deploy source", "deploy target", "fault", "notice", "preview", "deploy", "ready", "heal"]
    notes = {phase["name"]: phase["note"] for phase in report["phases"]}
    assert "ServiceUnavailable" in notes["notice"]
    assert "generate 1/1" in notes["deploy target"]
    assert "generate 2/2" in notes["ready"]
    assert report["recovery"]["real_s"] > 0
    assert report["recovery"]["modelled_s"] > 60  # image and weights of one more replica take minutes, and milliseconds
    assert report["packs"] == ["baseline"]
    assert left_behind(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.engine
@pytest.mark.kubernetes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_drill_that_is_ended_in_the_middle_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    drill = subprocess.Popen(
        TOOL, env=environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: any("pulumi up" in each for each in left_behind(tmp_path)) or drill.poll() is not None, 60)
    drill.send_signal(number)
    _, said = drill.communicate(timeout=30)

    assert drill.returncode == (-9 if number == signal.SIGKILL else 130), said
    assert "Traceback" not in said
    wait_until(lambda: not left_behind(tmp_path) and not list(tmp_path.iterdir()), 10)


def test_the_report_for_people_keeps_the_clocks_apart_and_says_what_it_does_not_show() -> None:
    report = Report(
        Drill("aws-use1", "aws", "gcp-euw4"), [Phase("deploy", 9.6, 0, "3 update"), Phase("ready", 0.7, 251.2)], "late"
    )
    shown = told(report)
    assert "deploy             9.6 s         –  3 update\n" in shown
    assert "ready              0.7 s     251 s\n" in shown
    assert "from the fault to full size: 10.3 s on the wall; 251 s more are modelled, not measured" in shown
    assert "policy packs: none was there to judge the preview" in shown
    assert "traffic is not moved" in shown
    assert shown.endswith("verdict: fail: late")
