"""A lab's folder from start to stop: for its owner only, like no other lab's, and gone without a trace."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from intertie.errors import InputError, OutsideError
from intertie.lab import identity, programs, session
from intertie.lab.home import why_not_of_a_lab
from intertie.lab.identity import Identity
from intertie.lab.session import Lab
from support.command import run

pytestmark = pytest.mark.engine


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(tmp_path / "lab", kubernetes=False)
    yield made
    made.stop()


def test_a_lab_is_up_from_its_start_to_its_stop_and_leaves_nothing(lab: Lab) -> None:
    assert lab.status().state == "down"
    with lab:
        assert lab.status().state == "up"
        assert lab.status().resources == {}
    assert lab.status().state == "down"
    assert list(lab.folder.parent.iterdir()) == []


def test_starting_twice_keeps_what_is_there(lab: Lab) -> None:
    lab.start()
    token = lab.home.token_file.read_text()
    lab.start()
    assert lab.home.token_file.read_text() == token


def test_stopping_a_lab_that_is_not_there_does_nothing(lab: Lab) -> None:
    lab.stop()
    assert not lab.folder.exists()


def test_every_file_of_a_lab_is_its_owners_alone(lab: Lab) -> None:
    lab.start()
    assert lab.folder.stat().st_mode & 0o077 == 0
    secrets = (lab.home.token_file, lab.folder / "passphrase")
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in secrets)


def test_two_labs_share_no_secret_and_no_place(lab: Lab, tmp_path: Path) -> None:
    with Lab(tmp_path / "other", kubernetes=False) as other:
        lab.start()
        mine, theirs = lab.environment(), other.environment()
        for name in ("INTERTIE_LAB", "PULUMI_BACKEND_URL", "PULUMI_HOME", "PULUMI_CONFIG_PASSPHRASE_FILE"):
            assert mine[name] != theirs[name]
        assert lab.home.token_file.read_text() != other.home.token_file.read_text()


def test_a_labs_programs_come_first_on_the_path_and_only_once(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.start()
    monkeypatch.setenv("PATH", lab.environment()["PATH"])
    parts = lab.environment()["PATH"].split(os.pathsep)
    assert parts[0] == str(lab.home.bin)
    assert parts.count(str(lab.home.bin)) == 1


def test_a_stop_that_is_interrupted_can_be_done_again(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.start()
    removed: list[Path] = []

    def interrupted(folder: Path, **_: object) -> None:
        removed.append(folder)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(session.shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            lab.stop()
    assert removed
    assert lab.folder.exists()
    lab.stop()
    assert not lab.folder.exists()


def test_a_folder_with_something_else_in_it_is_neither_used_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    stranger = Lab(tmp_path, kubernetes=False)
    with pytest.raises(InputError, match="not a lab"):
        stranger.start()
    with pytest.raises(InputError, match="not a lab"):
        stranger.stop()
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_start_that_fails_leaves_nothing(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find", lambda program: None)
    with pytest.raises(OutsideError, match="the lab needs the Pulumi CLI"):
        lab.start()
    assert not lab.folder.exists()


def test_a_lab_with_kubernetes_names_the_programs_that_are_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "missing", lambda: ("kwok",))
    with pytest.raises(OutsideError, match=r"programs that are not here \(kwok\)"):
        Lab(tmp_path / "lab").start()
    assert not (tmp_path / "lab").exists()


def test_a_lab_whose_supervisor_has_gone_is_crashed_and_stops_without_hurting_who_has_its_number(lab: Lab) -> None:
    lab.start()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    try:
        Identity(stranger.pid, "1").write(lab.folder / "supervisor.pid")
        assert lab.status().state == "crashed"
        assert lab.supervisor is None
        lab.stop()
        assert stranger.poll() is None
        assert not lab.folder.exists()
    finally:
        stranger.kill()
        stranger.wait()


def test_a_start_waits_for_another_one_and_gives_up_in_time(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.start()
    monkeypatch.setattr(session, "STOP_SECONDS", -6)
    with lab._alone(), pytest.raises(OutsideError, match="another command is starting or stopping this lab"):
        Lab(lab.folder, kubernetes=False).start()
    assert lab.folder.exists()


def test_the_process_of_a_supervisor_is_known_by_number_and_beginning(lab: Lab) -> None:
    lab.start()
    identity.of(os.getpid()).write(lab.folder / "supervisor.pid")
    assert lab.supervisor == identity.of(os.getpid())
    (lab.folder / "supervisor.pid").unlink()


@pytest.mark.parametrize("name", ["a b", "../up", "", "a/b"])
def test_a_labs_name_is_no_path(name: str) -> None:
    with pytest.raises(InputError):
        session.default_folder(name)


def test_a_command_without_a_name_means_the_lab_that_the_shell_is_in(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INTERTIE_LAB", raising=False)
    assert session.default_folder() == session.default_folder("default")
    for key, value in lab.environment().items():
        monkeypatch.setenv(key, value)
    assert session.default_folder() == lab.folder
    assert session.default_folder("other") == programs.root() / ".cache" / "lab" / "other"


def test_kubectl_in_a_lab_reads_and_writes_nothing_of_the_persons(lab: Lab) -> None:
    for name in ("KUBECONFIG", "KUBECACHEDIR"):
        assert Path(lab.environment()[name]).parent == lab.folder


def test_a_scenario_with_a_mistake_starts_nothing(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.yaml").write_text("faults: [{down: awz}]")
    words = ("lab", "up", "--no-kubernetes", "--folder", str(lab.folder), "--scenario", str(tmp_path / "bad.yaml"))
    ran = run(capsys, monkeypatch, *words)
    assert (ran.code, ran.out) == (2, "")
    assert "faults[0].down: found 'awz'; allowed: 'aws', 'azure' or 'gcp'" in ran.err
    assert not lab.folder.exists()


def test_a_scenario_happens_in_a_lab_that_is_up_already(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.start()
    (tmp_path / "scenario.yaml").write_text("name: dark\nfaults: [{down: aws}]")
    words = ("lab", "up", "--no-kubernetes", "--folder", str(lab.folder), "--scenario", str(tmp_path / "scenario.yaml"))
    assert run(capsys, monkeypatch, *words).code == 0
    assert [event[3:] for event in lab.events()] == [("scenario", "apply", "dark", "1 faults")]


def test_the_language_host_of_a_lab_runs_nothing_outside_it(lab: Lab) -> None:
    lab.start()
    inside = {**os.environ, **lab.environment()}
    assert why_not_of_a_lab(inside) == ""
    for change in (
        {"PULUMI_BACKEND_URL": "https://api.pulumi.com"},
        {"PULUMI_BACKEND_URL": ""},
        {"PULUMI_HOME": str(lab.folder.parent)},
    ):
        ended = subprocess.run(
            [lab.home.bin / "pulumi-language-python", "127.0.0.1:1"],
            env={**inside, **change},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert ended.returncode == 3
        assert "belongs to an Intertie lab and runs nothing else" in ended.stderr
