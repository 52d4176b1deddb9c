"""The page about the lab, run as a person runs it: every command in one shell, and nothing of it left afterwards."""

import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pytest

from intertie.cli.commands import lab
from intertie.lab import faults, scenario
from intertie.lab.engine import copy_project
from intertie.lab.session import Lab
from support.programs import left_behind
from support.stacks import ROOT

PAGE = (ROOT / "docs" / "lab.md").read_text()
KEEP = """(cd "$INTERTIE_LAB" && tar -cf "$HOME/../kept.tar" --exclude=./bin --exclude='./clusters/*/etcd' .)"""
COMMANDS = [line for block in re.findall(r"```sh\n(.+?)```", PAGE, re.S) for line in block.splitlines()]


@dataclass(frozen=True)
class Walk:
    """Every command of the page with what it printed; where the person stood; what is left of processes."""

    shown: list[tuple[str, str]]
    stderr: str
    code: int
    folder: Path
    left: list[str]

    def after(self, beginning: str) -> str:
        """What the only command that begins so has printed."""
        (found,) = (text for command, text in self.shown if command.startswith(beginning))
        return found


def walked(test: Callable[..., None]) -> Callable[..., None]:
    """The page is walked once, by one worker, for all tests that look at it."""
    for mark in (pytest.mark.engine, pytest.mark.kubernetes, pytest.mark.xdist_group("lab-page")):
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """The page's commands, typed into a shell that stops at the first failure, far from the person's own files."""
    folder = tmp_path_factory.mktemp("walk")
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    copy_project(ROOT, folder / "checkout")
    modules = subprocess.run(["go", "env", "GOMODCACHE"], capture_output=True, text=True, check=True).stdout.strip()
    environment = {
        "GOMODCACHE": modules,  # what the checkout has downloaded before
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "INTERTIE_LAB": str(folder / "lab"),
        "INTERTIE_LAB_OWNER": str(os.getpid()),  # should this process be killed
    }
    lines = [f"echo '@@{index}'\n{command}" for index, command in enumerate(COMMANDS)]
    end = next(index for index, command in enumerate(COMMANDS) if command.startswith("pulumi destroy"))
    script = "\n".join([*lines[:end], KEEP, *lines[end:]])
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder / "checkout", env=environment, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    parts = re.split(r"^@@(\d+)\n", ended.stdout, flags=re.M)[1:]
    shown = [(COMMANDS[int(index)], text) for index, text in zip(parts[::2], parts[1::2], strict=True)]
    yield Walk(shown, ended.stderr, ended.returncode, folder, left_behind(folder))
    Lab(folder / "lab").stop()  # should the page have stopped before its end


@walked
def test_every_command_of_the_page_works_in_its_order(walk: Walk) -> None:
    assert (walk.code, [command for command, _ in walk.shown]) == (0, COMMANDS), walk.stderr + walk.shown[-1][1]
    assert "Traceback" not in walk.stderr


@walked
def test_the_page_ends_with_nothing_left(walk: Walk) -> None:
    assert walk.after("intertie lab down") == "lab 'lab': stopped and removed\n"
    assert walk.left == []
    assert not (walk.folder / "lab").exists()
    assert list((walk.folder / "tmp").iterdir()) == []
    assert {each.name for each in (walk.folder / "home").iterdir()} <= {".cache", ".config"}  # Go's own notes


@walked
def test_a_person_sees_nodes_pods_clouds_and_events_as_the_page_says(walk: Walk) -> None:
    nodes = walk.after("kubectl get nodes").splitlines()
    assert {line.split()[-1] for line in nodes[1:]} == {"general", "generate0", "moderate0", "system"}
    pods = [line.split() for line in walk.after("kubectl get pods").splitlines()[1:]]
    assert {(pod[1], pod[2]) for pod in pods} == {("1/1", "Running")}
    assert {pod[0].split("-")[0] for pod in pods} == {"prepare", "moderate", "generate"}
    statuses = [text for command, text in walk.shown if command == "intertie lab status"]
    assert [len(re.findall(r"^aws: \d+ resources$", text, re.M)) for text in statuses] == [0, 1], statuses
    assert "aws:eks/cluster:Cluster" in walk.after("intertie lab events")


@walked
def test_secrets_of_a_lab_are_in_their_own_files_and_nowhere_else(walk: Walk) -> None:
    with tarfile.open(walk.folder / "kept.tar") as kept:
        files = {each.name: kept.extractfile(each) for each in kept.getmembers() if each.isfile()}
        contents = {name: file.read() for name, file in files.items() if file is not None}
        open_to_others = [each.name for each in kept.getmembers() if each.isfile() and each.mode & 0o077]
    token, passphrase = contents["./token"], contents["./passphrase"]
    assert {name for name, text in contents.items() if passphrase in text} == {"./passphrase"}
    holders = {re.sub(r"clusters/\w+", "clusters/ID", name) for name, text in contents.items() if token in text}
    assert holders == {"./token", "./clusters/ID/tokens.csv", "./clusters/ID/kubeconfig"}
    assert token.decode() not in walk.stderr + "".join(text for _, text in walk.shown)
    assert (
        b"certificate-authority-data" in contents["./kubeconfig"]
    )  # what the stack exports, which holds no credential
    own = ("./clusters/", "./passphrase", "./supervisor", "./token", "./world")  # the others Pulumi and kubectl write
    assert [name for name in open_to_others if name.startswith(own)] == []


def test_the_page_names_only_commands_that_exist() -> None:
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"\bmake ([a-z]+)", PAGE)) <= verbs
    known = {each.callback.__name__ for each in lab.app.registered_commands if each.callback is not None}
    assert set(re.findall(r"\bintertie lab ([a-z]+)", PAGE)) == known


def test_the_scenario_on_the_page_is_one(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```yaml\n(.+?)```", PAGE, re.S)
    (tmp_path / "scenario.yaml").write_text(shown)
    found = scenario.read(tmp_path / "scenario.yaml")
    assert (len(found.limits), len(found.faults)) == (1, 2)


def test_the_page_says_what_every_effect_of_a_fault_is() -> None:
    shown = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.M))
    effects = set(get_args(scenario.What.model_fields["effect"].annotation))
    assert {name: text for name, text in shown.items() if name in effects} == faults.EFFECTS
    assert effects == set(faults.EFFECTS)
