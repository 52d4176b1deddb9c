"""Every part of a lab is killed, or gets a Ctrl-C: what broke is told, what is left can be ended, and nothing stays.

A terminal's Ctrl-C never reaches the parts of a control plane, which are in a session of their own. So they are killed:
asked to end they take what time they like (an API server ten seconds, a scheduler that just starts sometimes for ever).
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from intertie.lab import home
from intertie.lab.session import Lab
from intertie.lab.world import Cluster, World
from support.programs import engine, left_behind, project, serve_dynamic, wait_until

pytestmark = pytest.mark.engine

CLUSTER = Cluster("aws-us-east-1-chat", "aws", "us-east-1", "chat", "wanted")
WAITS = """
    import pathlib
    import time

    from pulumi.dynamic import CreateResult, Resource, ResourceProvider

    class Waits(ResourceProvider):
        def create(self, props):
            pathlib.Path("HERE").touch()
            time.sleep(3)
            return CreateResult("made", {})

    class Thing(Resource):
        def __init__(self, name):
            super().__init__(Waits(), name, {})

    Thing("thing")
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path / "lab")
    yield made
    made.stop()
    assert left_behind(tmp_path) == []


def pid_of(folder: Path, program: str) -> int:
    """The number of the one process of a lab whose command line holds these words; 0: none, or not alone."""
    found = [line for line in left_behind(folder) if re.search(program, line)]
    return int(found[0].split()[0]) if len(found) == 1 else 0


def cluster(lab: Lab) -> Cluster:
    (found,) = lab.status().clusters
    return found


@pytest.mark.kubernetes
def test_parts_of_a_control_plane_that_are_killed_are_started_again_until_it_is_told_that_they_break(lab: Lab) -> None:
    lab.start()
    world = World(lab.home.world)
    world.put_cluster(CLUSTER)
    world.close()
    for times, program in enumerate((r"/etcd ", "/kube-apiserver ", "/kube-scheduler ", "/kwok "), start=1):
        wait_until(lambda times=times: started(lab) >= times, 60)
        killed = pid_of(lab.folder, program)
        assert killed, left_behind(lab.folder)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda program=program, killed=killed: pid_of(lab.folder, program) != killed, 20)
    wait_until(lambda: cluster(lab).error != "", 60)
    assert cluster(lab).error.startswith("the control plane of chat broke 4 times:\nkwok has ended:")
    assert [line for line in left_behind(lab.folder) if "intertie.lab.supervisor" not in line] == []


def started(lab: Lab) -> int:
    return sum((event[3], event[4]) == ("supervisor", "running") for event in lab.events())


@pytest.mark.kubernetes
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_supervisor_that_is_told_to_end_ends_all_that_it_started(lab: Lab, number: signal.Signals) -> None:
    lab.start()
    world = World(lab.home.world)
    world.put_cluster(CLUSTER)
    world.close()
    wait_until(lambda: cluster(lab).state == "running", 60)
    supervisor = lab.supervisor
    assert supervisor is not None
    os.kill(supervisor.pid, number)
    # A process that is ending has no command line any more a moment before the system says that it has ended.
    wait_until(lambda: not left_behind(lab.folder) and lab.supervisor is None, 10)
    assert lab.status().state == "crashed"


OWNER = """
import sys, time
from pathlib import Path
from intertie.lab.session import Lab
with Lab(Path(sys.argv[1])) as lab:
    print("up", flush=True)
    time.sleep(60)
"""


@pytest.mark.kubernetes
def test_a_lab_goes_with_the_process_that_it_was_started_for(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path / "lab")], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    assert Lab(tmp_path / "lab").status().state == "up"
    owner.kill()
    owner.communicate()
    wait_until(lambda: not left_behind(tmp_path) and not (tmp_path / "lab").exists(), 10)


@pytest.mark.kubernetes
def test_a_persons_lab_goes_with_the_process_that_they_name(tmp_path: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    words = ["-m", "intertie", "lab", "up", "--owner", str(owner.pid), "--folder", str(tmp_path / "lab")]
    try:
        subprocess.run([sys.executable, *words], capture_output=True, timeout=60, check=True)
        assert Lab(tmp_path / "lab").status().state == "up"
    finally:
        owner.kill()
        owner.wait()
    wait_until(lambda: not left_behind(tmp_path) and not (tmp_path / "lab").exists(), 10)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("part", ["intertie.lab.language_host", "intertie.lab.run_program", "pulumi.dynamic"])
def test_an_update_of_which_a_part_is_killed_ends_and_leaves_no_process(
    tmp_path: Path, part: str, number: signal.Signals
) -> None:
    there = home.create(tmp_path / "lab")
    serve_dynamic(there)
    begun = tmp_path / "begun"
    stack = engine(there, project(tmp_path / "small", WAITS.replace("HERE", str(begun))), "killed")
    command = stack.start("up", "--yes", "--skip-preview")
    wait_until(lambda: begun.exists() or command.process.poll() is not None)
    killed = pid_of(tmp_path, rf" (-m|intertie.lab.launch) {part}\b")
    assert killed, left_behind(tmp_path)
    os.kill(killed, number)
    outcome = command.wait(60)

    assert outcome.code != 0
    assert "Traceback" not in "".join(outcome.messages("error")), outcome.text
    wait_until(lambda: not left_behind(tmp_path), 5)
