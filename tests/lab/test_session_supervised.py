"""A lab with its supervisor and a control plane: quick to start and to stop, and nothing is left however it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from intertie.lab import identity
from intertie.lab.session import Lab
from intertie.lab.world import Cluster, World
from support.programs import left_behind, wait_until

pytestmark = [pytest.mark.engine, pytest.mark.kubernetes]

CLI = [sys.executable, "-m", "intertie.cli.app", "lab"]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path / "lab")
    yield made
    made.stop()
    assert left_behind(tmp_path) == []


def with_cluster(lab: Lab) -> None:
    """Let a cloud of the lab have a cluster, and wait for its control plane."""
    world = World(lab.home.world)
    world.put_cluster(Cluster("aws-us-east-1-chat", "aws", "us-east-1", "chat", "wanted"))
    world.close()
    wait_until(lambda: lab.status().clusters[0].state == "running", 60)


def listening(endpoint: str) -> bool:
    return subprocess.run([sys.executable, "-c", LISTENS, endpoint], check=False, timeout=30).returncode == 0


LISTENS = "import socket, sys; h, p = sys.argv[1][8:].split(':'); socket.create_connection((h, int(p)), 2)"


def test_a_lab_starts_within_10_seconds_and_stops_within_5_with_all_its_processes(lab: Lab) -> None:
    began = time.monotonic()
    lab.start()
    assert time.monotonic() - began < 10
    with_cluster(lab)
    (cluster,) = lab.status().clusters
    assert cluster.endpoint.startswith("https://127.0.0.1:")
    assert len(left_behind(lab.folder)) >= 5  # supervisor, etcd, API server, scheduler, controllers

    began = time.monotonic()
    lab.stop()
    assert time.monotonic() - began < 5
    assert left_behind(lab.folder) == []
    assert not lab.folder.exists()
    assert not listening(cluster.endpoint)


def test_nothing_outlives_a_supervisor_that_is_killed_and_the_lab_can_go_on(lab: Lab) -> None:
    lab.start()
    with_cluster(lab)
    supervisor = lab.supervisor
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    wait_until(lambda: not left_behind(lab.folder), 5)
    assert lab.status().state == "crashed"

    lab.start()
    assert lab.status().state == "up"
    (cluster,) = lab.status().clusters
    wait_until(lambda: listening(lab.status().clusters[0].endpoint), 60)
    assert cluster.id == "aws-us-east-1-chat"


def test_a_supervisor_ends_when_its_folder_has_gone(lab: Lab) -> None:
    lab.start()
    lab.folder.rename(lab.folder.with_name("elsewhere"))
    wait_until(lambda: not left_behind(lab.folder), 10)


def test_two_labs_do_not_see_each_other(lab: Lab, tmp_path: Path) -> None:
    lab.start()
    with Lab(tmp_path / "other") as other:
        with_cluster(lab)
        assert other.status().clusters == ()
        assert other.supervisor != lab.supervisor
    assert lab.status().state == "up"
    assert listening(lab.status().clusters[0].endpoint)


@pytest.mark.parametrize("moment", [0.0, 0.25, 0.5, 1.0])
def test_ctrl_c_while_a_lab_starts_leaves_a_whole_lab_or_none(tmp_path: Path, moment: float) -> None:
    folder = tmp_path / "lab"
    command = subprocess.Popen(
        [*CLI, "up", "--folder", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    wait_until(lambda: folder.exists() or command.poll() is not None)
    end = time.monotonic() + moment
    wait_until(lambda: time.monotonic() > end)
    command.send_signal(signal.SIGINT)
    _, err = command.communicate(timeout=30)
    assert b"Traceback" not in err
    if folder.exists():  # it was up before the signal came
        assert Lab(folder).status().state == "up"
        assert Lab(folder).supervisor is not None
        Lab(folder).stop()
    assert left_behind(tmp_path) == []


def test_people_start_use_and_stop_a_lab_from_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "lab"

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [*CLI, *words, "--folder", str(folder)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert (run("status").returncode, run("events").returncode) == (3, 3)
    up = run("up", "--format", "json")
    try:
        assert up.returncode == 0, up.stderr
        told = json.loads(up.stdout)
        assert (told["schema"], told["state"], told["environment"]["INTERTIE_LAB"]) == (
            "intertie.lab/v1",
            "up",
            str(folder),
        )
        supervisor = Lab(folder).supervisor
        assert supervisor is not None
        assert supervisor == identity.of(supervisor.pid)
        again = run("up")
        assert Lab(folder).supervisor == supervisor
        assert f"export PULUMI_HOME={folder}/home\n" in again.stdout
        assert json.loads(run("status", "--format", "json").stdout)["state"] == "up"
        assert json.loads(run("events", "--format", "json").stdout)["schema"] == "intertie.lab.events/v1"
    finally:
        down = run("down")
    assert (down.returncode, down.stdout) == (0, "lab 'lab': stopped and removed\n")
    assert run("down").stdout == "lab 'lab': was not up\n"
    assert left_behind(tmp_path) == []
