"""`intertie doctor --online`: quotas as the account has them, by stand-ins for the clouds' command lines."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from support.command import Ran, run
from support.stacks import ROOT

CHAT = str(ROOT / "stacks/specs/chat.yaml")
Cli = Callable[..., Ran]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    return partial(run, capsys, monkeypatch)


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a program of this name first on the path; it answers with `answer`, and keeps what it was asked."""

    def put(name: str, answer: Any, code: int = 0, said: str = "") -> None:
        (tmp_path / "answer").write_text(answer if isinstance(answer, str) else json.dumps(answer))
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nread -r all < {tmp_path}/answer || true\n'
            f'echo "$all"\necho "{said}" >&2\nexit {code}\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return put


def told(cli: Cli, placement: str) -> tuple[int, dict[str, Any]]:
    shown = cli("doctor", "-p", placement, "-s", CHAT, "--online", "-f", "json")
    return shown.code, {each["code"]: each for each in json.loads(shown.out)["granted"]}


def test_a_quota_that_is_large_enough_is_enough(cli: Cli, tool: Callable[..., None], tmp_path: Path) -> None:
    tool("aws", {"Quota": {"Value": 1152.0}})
    code, found = told(cli, "aws-use1")
    assert (code, {each["verdict"] for each in found.values()}) == (0, {"enough"})
    asked = (tmp_path / "asked").read_text()
    assert "service-quotas get-service-quota --service-code ec2 --quota-code L-417A185B --region us-east-1" in asked


def test_a_quota_that_is_too_small_is_a_violation(cli: Cli, tool: Callable[..., None]) -> None:
    tool("aws", {"Quota": {"Value": 1151.0}})
    code, found = told(cli, "aws-use1")
    assert code == 1
    assert found["L-417A185B"] == {"code": "L-417A185B", "found": "1151", "verdict": "short"}
    assert found["L-1216C47A"]["verdict"] == "enough"


def test_azures_names_match_whatever_their_spaces_and_case(cli: Cli, tool: Callable[..., None]) -> None:
    rows = [{"name": {"value": "Standard NVADSA10v5Family"}, "limit": "144"},
            {"name": {"value": "cores"}, "limit": "10"}]  # fmt: skip
    tool("az", rows)
    code, found = told(cli, "azure-swc")
    assert code == 1
    assert found["StandardNVADSA10v5Family"]["verdict"] == "enough"
    assert found["cores"]["verdict"] == "short"
    assert found["lowPriorityCores"] == {
        "code": "lowPriorityCores", "found": "the answer does not name it", "verdict": "unknown",
    }  # fmt: skip


def test_google_is_read_in_the_region_and_the_family(cli: Cli, tool: Callable[..., None]) -> None:
    rows = [
        {"dimensions": {"region": "us-central1"}, "details": {"value": "999"}, "applicableLocations": ["us-central1"]},
        {
            "dimensions": {"gpu_family": "NVIDIA_H100"},
            "details": {"value": "31"},
            "applicableLocations": ["europe-west4"],
        },
    ]
    tool("gcloud", {"dimensionsInfos": rows})
    _, found = told(cli, "gcp-euw4")
    h100 = found["GPUS-PER-GPU-FAMILY-per-project-region;gpu_family=NVIDIA_H100"]
    assert (h100["found"], h100["verdict"]) == ("31", "short")


@pytest.mark.parametrize(
    ("answer", "code", "said", "found"),
    [
        ("{}", 255, "Unable to locate credentials", "aws ended with 255: Unable to locate credentials"),
        ("no json", 0, "", "aws answered with something else than JSON"),
        ("{}", 0, "", "the answer does not name it"),
        ("[]", 0, "", "the answer does not name it"),
    ],
)
def test_what_cannot_be_read_is_unknown_and_never_enough(
    cli: Cli, tool: Callable[..., None], *, answer: str, code: int, said: str, found: str
) -> None:
    tool("aws", answer, code, said)
    ended, granted = told(cli, "aws-use1")
    assert ended == 1
    assert {(each["found"], each["verdict"]) for each in granted.values()} == {(found, "unknown")}


def test_a_tool_that_is_not_there_is_said_to_be_missing(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, granted = told(cli, "aws-use1")
    assert (code, {each["found"] for each in granted.values()}) == (1, {"aws is not installed"})


def test_people_see_needed_and_found(cli: Cli, tool: Callable[..., None]) -> None:
    tool("aws", {"Quota": {"Value": 5.0}})
    shown = cli("doctor", "-p", "aws-use1", "-s", CHAT, "--online")
    assert shown.code == 1
    assert "as the account has them now" in shown.out
    assert "short" in shown.out


def test_online_without_a_placement_is_refused(cli: Cli) -> None:
    shown = cli("doctor", "--online")
    assert shown.code == 2
    assert "--online is about a placement" in shown.err
