"""What stands in for the clouds' token programs: it answers its own lab's kubeconfigs and refuses all else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from intertie.lab import home
from intertie.lab.home import TOKEN_TOOLS, Home

ASKED = {
    "aws": ("--region", "us-east-1", "eks", "get-token", "--cluster-name", "chat", "--output", "json"),
    "gke-gcloud-auth-plugin": (),
    "kubelogin": ("get-token", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"),
}


def ask(tool: str, *arguments: str, lab: Path | None, info: str = "") -> "subprocess.CompletedProcess[str]":
    environment = {
        key: value for key, value in os.environ.items() if key not in {"INTERTIE_LAB", "KUBERNETES_EXEC_INFO"}
    }
    if lab is not None:
        environment["INTERTIE_LAB"] = str(lab)
    if info:
        environment["KUBERNETES_EXEC_INFO"] = info
    words = [sys.executable, "-m", "intertie.lab.token_tool", tool, *arguments]
    return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("a-token-of-this-lab")
    return tmp_path


@pytest.mark.parametrize("tool", sorted(ASKED))
def test_every_clouds_kubeconfig_gets_the_labs_token(tool: str, lab: Path) -> None:
    answer = json.loads(ask(tool, *ASKED[tool], lab=lab).stdout)
    assert answer["kind"] == "ExecCredential"
    assert answer["apiVersion"] == "client.authentication.k8s.io/v1beta1"
    assert answer["status"] == {"token": "a-token-of-this-lab"}


def test_all_token_programs_of_a_lab_are_asked_here() -> None:
    assert sorted(TOKEN_TOOLS) == sorted(ASKED)


def test_the_answer_is_in_the_version_that_the_caller_speaks(lab: Path) -> None:
    info = json.dumps({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"})
    assert json.loads(ask("kubelogin", "get-token", lab=lab, info=info).stdout)["apiVersion"].endswith("/v1")


@pytest.mark.parametrize("info", ["", "not json", "[]", "{}", "null"])
def test_a_caller_that_does_not_say_its_version_gets_the_common_one(lab: Path, info: str) -> None:
    answer = json.loads(ask("kubelogin", "get-token", lab=lab, info=info).stdout)
    assert answer["apiVersion"].endswith("/v1beta1")


def test_any_other_request_to_aws_is_refused_plainly(lab: Path) -> None:
    answer = ask("aws", "s3", "ls", lab=lab)
    assert (answer.returncode, answer.stdout) == (3, "")
    assert answer.stderr == "this `aws` belongs to an Intertie lab and answers `aws eks get-token` only\n"


def test_outside_a_lab_there_is_no_token() -> None:
    answer = ask("kubelogin", "get-token", lab=None)
    assert (answer.returncode, answer.stdout) == (3, "")
    assert "works inside an Intertie lab only" in answer.stderr


def test_a_lab_that_has_gone_has_no_token(tmp_path: Path) -> None:
    answer = ask("kubelogin", "get-token", lab=tmp_path)
    assert (answer.returncode, answer.stdout) == (3, "")
    assert "has gone" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.engine
def test_the_programs_in_a_labs_folder_know_their_lab(tmp_path: Path) -> None:
    made: Home = home.create(tmp_path / "lab")
    answer = subprocess.run(
        [made.bin / "gke-gcloud-auth-plugin"], capture_output=True, text=True, timeout=30, check=True, env={"PATH": ""}
    )
    assert json.loads(answer.stdout)["status"]["token"] == made.token_file.read_text()
