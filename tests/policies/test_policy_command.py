"""`intertie policy`: exit codes, formats, and refusals."""

import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support import command

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
TAGS = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
GOOD = [
    {"type": "aws:kms/key:Key", "name": "k", "props": {"region": "us-east-1", "tags": TAGS, "enableKeyRotation": True}}
]
BAD = [{"type": "aws:kms/key:Key", "name": "k", "props": {"region": "ap-south-1"}}]


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(data: Any, name: str = "resources.json") -> str:
        file = tmp_path / name
        file.write_text(data if isinstance(data, str) else json.dumps(data))
        return str(file)

    return write


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda *words: command.run(capsys, monkeypatch, *words)


@pytest.fixture
def checked(run: Any) -> Any:
    return lambda *words: json.loads(run("policy", "check", *words, "--format", "json").out)


def test_a_violation_fails_the_check_and_names_rule_resource_and_remedy(write: Any, run: Any) -> None:
    found = run("policy", "check", write(BAD))
    assert found.code == 1
    for word in ("region-allowed", "k region", "ap-south-1", "Use an allowed region"):
        assert word in found.out


def test_json_has_the_promised_fields(write: Any, checked: Any) -> None:
    data = checked(write(BAD))
    assert data["schema"] == "intertie.policy/v1"
    assert data["verdict"] == "fail"
    result = next(each for each in data["results"] if each["rule"] == "region-allowed")
    promised = {"pack", "rule", "level", "result", "urn", "name", "message", "remediation", "waived"}
    assert promised <= set(result)
    assert (result["pack"], result["level"], result["result"]) == ("production", "mandatory", "fail")
    assert data["counts"]["resources"] == 1


def test_an_unknown_region_fails_the_check(write: Any, checked: Any) -> None:
    data = checked(write([{"type": "aws:eks/cluster:Cluster", "name": "c", "props": {"region": UNKNOWN}}]))
    assert data["verdict"] == "fail"
    assert ("region-allowed", "unknown") in {(each["rule"], each["result"]) for each in data["results"]}


def test_a_good_list_passes_with_exit_code_0(write: Any, run: Any) -> None:
    found = run("policy", "check", write(GOOD), "--pack", "baseline", "--pack", "production")
    assert (found.code, "violations" in found.out) == (0, True), found.out


def test_a_checkpoint_is_read_as_pulumi_writes_it(write: Any, checked: Any) -> None:
    urn = "urn:pulumi:prod::inference::aws:kms/key:Key::k"
    state = {
        "version": 3,
        "deployment": {
            "resources": [
                {
                    "urn": "urn:pulumi:prod::inference::pulumi:pulumi:Stack::inference-prod",
                    "type": "pulumi:pulumi:Stack",
                },
                {"urn": urn, "type": "aws:kms/key:Key", "custom": True, "inputs": {"region": "ap-south-1"}},
            ]
        },
    }
    results = checked(write(state))["results"]
    assert [each["urn"] for each in results if each["rule"] == "region-allowed"] == [urn]


def test_an_encrypted_secret_of_a_checkpoint_is_unknown(write: Any, checked: Any) -> None:
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
    urn = "urn:pulumi:prod::inference::aws:kms/key:Key::k"
    state = {"deployment": {"resources": [{"urn": urn, "type": "aws:kms/key:Key", "inputs": {"region": secret}}]}}
    found = {(each["rule"], each["result"]) for each in checked(write(state))["results"]}
    assert ("region-allowed", "unknown") in found


def test_a_waived_result_is_shown_and_does_not_stop(write: Any, run: Any, checked: Any) -> None:
    waiver = {"rule": "region-allowed", "resource": "*::old-archive", "owner": "security"}
    until = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()
    waiver |= {"reason": "moves in the spring", "expires": until}
    config = write({"configuration": {"waivers": [waiver]}}, "config.json")
    resources = write([{**BAD[0], "name": "old-archive"}])
    result = next(
        each for each in checked(resources, "--config", config)["results"] if each["rule"] == "region-allowed"
    )
    assert result["waived"] == f"security until {until}: moves in the spring"
    assert "waived by security" in run("policy", "check", resources, "--config", config).out


def test_sarif_carries_level_rule_and_resource(write: Any, run: Any) -> None:
    file = write(BAD)
    document = json.loads(run("policy", "check", file, "--format", "sarif").out)
    (one,) = document["runs"]
    result = next(each for each in one["results"] if each["ruleId"] == "region-allowed")
    assert document["version"] == "2.1.0"
    assert result["level"] == "error"
    assert one["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "region-allowed"
    place = result["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == file
    assert place["logicalLocations"][0]["name"] == "k"


def test_junit_fails_the_case_of_the_rule_only(write: Any, run: Any) -> None:
    root = ET.fromstring(run("policy", "check", write(BAD), "--format", "junit").out)
    failed = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
    assert "region-allowed" in failed
    assert "waiver-valid" not in failed
    assert root.find("testsuite").get("failures") == str(len(failed))  # pyright: ignore[reportOptionalMemberAccess]


REFUSED = {
    "{": "not JSON",
    "3": "found a number; allowed: a JSON list",
    '{"deployment": 3}': "found an object; allowed: a JSON list",
    "[3]": "[0]: found a number; allowed: an object",
    '[{"name": "x"}]': "[0].type: found nothing; allowed: text",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_file_that_is_no_list_of_resources_is_refused_with_its_place(text: str, write: Any, run: Any) -> None:
    found = run("policy", "check", write(text))
    assert found.code == 2
    assert REFUSED[text] in found.err


def test_all_that_is_wrong_with_a_configuration_is_said_at_once(write: Any, run: Any) -> None:
    config = {
        "region-alowed": "advisory",
        "region-allowed": "strict",
        "configuration": {"regons": {}, "capacity": {"max_nodes_per_pool": 0}, "waivers": [{"rule": "x"}]},
    }
    found = run("policy", "check", write(GOOD), "--config", write(config, "config.json"))
    assert found.code == 2
    for text in (
        "region-alowed: found no such rule",
        "'strict'",
        "configuration.regons",
        "max_nodes_per_pool",
        "waivers.0.owner",
    ):
        assert text in found.err


def test_a_rule_is_explained_with_reason_remedy_and_settings(run: Any) -> None:
    found = run("policy", "explain", "region-allowed")
    assert found.code == 0
    for text in ("what holds", "why", "what to do", "configuration.regions"):
        assert text in found.out


def test_an_unknown_rule_is_refused_with_the_one_that_was_meant(run: Any) -> None:
    found = run("policy", "explain", "region-alowed")
    assert (found.code, "did you mean 'region-allowed'?" in found.err) == (2, True)


def test_rules_are_listed_by_subject(run: Any) -> None:
    data = json.loads(run("policy", "list", "--subject", "region", "--format", "json").out)
    assert {rule["subject"] for rule in data["rules"]} == {"region"}
    assert "allowed: " in run("policy", "list", "--subject", "weather").err
