"""Processes are ended by what they are, never by a number that somebody else may have by now."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from intertie.lab import identity
from intertie.lab.identity import Identity
from support.programs import wait_until

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_process_that_was_written_down_is_found_again(sleeper: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    identity.of(sleeper.pid).write(tmp_path / "pid")
    found = identity.read(tmp_path / "pid")
    assert found == identity.of(sleeper.pid)
    assert found is not None
    assert found.alive
    assert (tmp_path / "pid").stat().st_mode & 0o777 == 0o600


def test_a_process_ends_when_it_is_asked_to(sleeper: "subprocess.Popen[bytes]") -> None:
    who = identity.of(sleeper.pid)
    who.end(5)
    assert not who.alive
    assert sleeper.wait(5) == -15


def test_a_process_that_has_the_number_of_ours_is_left_alone(sleeper: "subprocess.Popen[bytes]") -> None:
    another = Identity(sleeper.pid, "1")
    assert not another.alive
    another.end(0)
    assert sleeper.poll() is None


def test_a_process_that_has_ended_and_was_not_waited_for_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    who = identity.of(process.pid)
    wait_until(lambda: not who.alive)
    assert process.wait() == 0


def test_a_process_that_does_not_listen_is_killed_with_its_group() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN], start_new_session=True, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    child = identity.of(int(process.stdout.readline()))
    process.stdout.close()
    identity.of(process.pid).end(0.2)
    assert process.wait(5) == -9
    wait_until(lambda: not child.alive)


def test_a_process_that_leads_no_group_takes_nobody_along() -> None:
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = identity.of(int(process.stdout.readline()))
    process.stdout.close()
    identity.of(process.pid).end(0.2)
    assert process.wait(5) == -9
    assert child.alive
    child.end(5)
    assert os.getpid() != process.pid


@pytest.mark.parametrize("text", ["", "{}", "12", "[]", '{"pid": "x", "began": "1"}', "\x00"])
def test_an_unreadable_note_names_no_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "pid").write_text(text)
    assert identity.read(tmp_path / "pid") is None


def test_a_missing_note_names_no_process(tmp_path: Path) -> None:
    assert identity.read(tmp_path / "pid") is None
