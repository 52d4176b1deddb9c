"""`intertie replicate`: a plan without `--run`; with it, copies by tools on PATH, a lock and evidence."""

import json
import os
import stat
from pathlib import Path

import pytest

from support.command import run
from support.descriptions import SMALL

CANARY = "hf_canaryvalue1234567890"
DIGEST = "sha256:" + "e" * 64
TOOL = """#!/bin/sh
echo "$0 $*" >> "{log}"
case "$1" in
  digest) case "$2" in *@*) echo "${{2#*@}}" ;; *) echo {digest} ;; esac ;;  # of a digest, crane says it again
  secretsmanager) cat > "{log}.stdin" ;;
esac
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("parameters: 8e9", "parameters: 8e9, token_secret: hub-token"))
    return path


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs that stand for the real ones: they write down how they were called."""
    folder, log = tmp_path / "bin", tmp_path / "called"
    folder.mkdir()
    for name in ("crane", "hf", "aws"):
        program = folder / name
        program.write_text(TOOL.format(log=log, digest=DIGEST))
        program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return log


def secrets(tmp_path: Path, mode: int = 0o600) -> Path:
    path = tmp_path / "secrets.json"
    path.write_text(json.dumps({"hub-token": {"token": CANARY}}))
    path.chmod(mode)
    return path


def test_without_run_nothing_is_called_and_every_copy_is_explained(
    spec: Path, tools: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(capsys, monkeypatch, "replicate", str(spec))
    assert done.code == 0
    assert "here: image ghcr.io/acme/prepare:1.0" in done.out
    assert "here: secret hub-token → small-here-hub-token" in done.out
    assert "open: here: where the weights of acme/model go is not known" in done.out
    assert not tools.exists()
    assert not spec.with_name("small.lock.json").exists()


def test_the_plan_is_json_for_programs(
    spec: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = json.loads(run(capsys, monkeypatch, "replicate", str(spec), "--format", "json").out)
    assert told["schema"] == "intertie.replicate-plan/v1"
    assert {copy["kind"] for copy in told["copies"]} == {"image", "weights", "secret"}


def test_run_copies_and_leaves_a_lock_and_evidence(
    spec: Path, tools: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = tmp_path / "evidence.json"
    done = run(
        capsys, monkeypatch, "replicate", str(spec), "--run", "--bucket", "here=s3://w", "--scratch",
        str(tmp_path / "scratch"), "--secrets", str(secrets(tmp_path)), "--evidence", str(evidence),
    )  # fmt: skip
    assert done.code == 0, done.err
    lock = json.loads(spec.with_name("small.lock.json").read_text())
    assert lock["images"] == {"ghcr.io/acme/prepare:1.0": DIGEST}  # of the runtime, the catalogue has the digest
    copies = json.loads(evidence.read_text())["copies"]
    assert {copy["outcome"] for copy in copies} == {"made"}
    assert json.loads(tools.with_name("called.stdin").read_text()) == {"token": CANARY}
    everything = done.out + done.err + evidence.read_text() + tools.read_text() + json.dumps(lock)
    assert CANARY not in everything


def test_what_is_locked_is_what_the_next_plan_takes(
    spec: Path, tools: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, monkeypatch, "replicate", str(spec), "--run", "--bucket", "here=s3://w", "--scratch", str(tmp_path))
    told = run(capsys, monkeypatch, "replicate", str(spec), "--format", "json").out
    assert f"ghcr.io/acme/prepare:1.0@{DIGEST}" in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--placement", "mars"], "there is no placement 'mars'"),
        (["--bucket", "here"], "expected PLACEMENT=URI"),
        (["--run", "--bucket", "here=s3://w", "--secrets", "nowhere.json"], "it cannot be read"),
        (["--run", "--bucket", "here=ftp://w"], "nothing is known to upload weights"),
        (["--run"], "where the weights of acme/model go is not known"),
    ],
)
def test_what_cannot_be_copied_is_said_before_anything_is(  # noqa: PLR0917
    spec: Path, tools: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    done = run(capsys, monkeypatch, "replicate", str(spec), *options)
    assert done.code == 2
    assert said in done.err
    assert not tools.exists()


def test_secrets_that_others_may_read_are_refused(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = secrets(tmp_path, 0o644)
    done = run(capsys, monkeypatch, "replicate", str(spec), "--run", "--bucket", "here=s3://w", "--secrets", str(path))
    assert done.code == 2
    assert "chmod 600" in done.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_tool_that_is_missing_is_something_outside(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run(capsys, monkeypatch, "replicate", str(spec), "--run", "--bucket", "here=s3://w")
    assert done.code == 3
    assert "crane is not on PATH" in done.out


def test_secrets_that_are_no_json_are_refused_before_anything_is_copied(
    spec: Path, tools: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = secrets(tmp_path)
    path.write_text("[" * 100_000)
    done = run(capsys, monkeypatch, "replicate", str(spec), "--run", "--bucket", "here=s3://w", "--secrets", str(path))
    assert done.code == 2
    assert "expected JSON" in done.err
    assert not tools.exists()
