"""The packs inside `intertie preview`: what a preview says of a small program."""

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from support import command

PROGRAM = """
    import pulumi
    from pulumi_aws import kms

    tags = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
    kms.Key("key", enable_key_rotation=True, tags=tags)
"""


@pytest.fixture
def preview(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    (tmp_path / "Pulumi.yaml").write_text("name: small\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(textwrap.dedent(PROGRAM))

    def preview(region: str, *words: str) -> Any:
        (tmp_path / "Pulumi.live.yaml").write_text(f"config:\n  aws:region: {region}\n")
        return command.run(capsys, monkeypatch, "preview", "-C", str(tmp_path), "--stack", "live", *words)

    return preview


def test_a_preview_without_a_pack_does_not_say_that_policies_were_evaluated(preview: Any) -> None:
    data = json.loads(preview("ap-south-1", "--format", "json").out)
    assert "policies" not in data["evaluated"]
    assert data["stacks"][0]["policies"] == []


def test_a_violation_fails_the_preview_and_the_region_comes_from_the_stacks_configuration(preview: Any) -> None:
    found = preview("ap-south-1", "--pack", "production", "--format", "json")
    data = json.loads(found.out)
    assert (found.code, data["verdict"], "policies" in data["evaluated"]) == (1, "fail", True)
    result = next(each for each in data["stacks"][0]["policies"] if each["rule"] == "region-allowed")
    assert {"pack", "rule", "level", "result", "urn", "message", "waived"} <= set(result)
    assert (result["pack"], result["level"], result["result"]) == ("production", "mandatory", "fail")


def test_a_good_program_passes_its_preview(preview: Any) -> None:
    found = preview("us-east-1", "--pack", "baseline", "--pack", "production")
    assert found.code == 0, found.out
    assert "Not evaluated: policies" not in found.out


def test_sarif_names_the_stack_file(preview: Any) -> None:
    (run,) = json.loads(preview("ap-south-1", "--pack", "production", "--format", "sarif").out)["runs"]
    places = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run["results"]}
    assert places == {"Pulumi.live.yaml"}


def allows(tmp_path: Path, name: str, region: str) -> Path:
    file = tmp_path / name
    jurisdictions = {"default": ["us", "in"]}
    file.write_text(json.dumps({"configuration": {"regions": {"allowed": [region], "jurisdictions": jurisdictions}}}))
    return file


def test_the_projects_own_configuration_is_taken_and_told_of(preview: Any, tmp_path: Path) -> None:
    allows(tmp_path, "policy.json", "aws:ap-south-1")
    found = preview("ap-south-1", "--pack", "production")
    assert found.code == 0, found.out
    assert f"policy packs are configured by {tmp_path / 'policy.json'}" in found.err
    assert preview("us-east-1", "--pack", "production").code == 1


def test_a_configuration_that_is_named_wins_over_the_projects_own(preview: Any, tmp_path: Path) -> None:
    allows(tmp_path, "policy.json", "aws:ap-south-1")
    other = allows(tmp_path, "other.json", "aws:us-*")
    found = preview("ap-south-1", "--pack", "production", "--policy-config", str(other))
    assert (found.code, "policy.json" in found.err) == (1, False)


def test_without_a_pack_nobody_reads_the_projects_configuration(preview: Any, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text("not JSON")
    assert preview("us-east-1").code == 0
    refused = preview("us-east-1", "--pack", "production")
    assert (refused.code, "policy.json: not JSON" in refused.err) == (2, True)


def test_a_configuration_without_a_pack_is_refused(preview: Any, tmp_path: Path) -> None:
    found = preview("us-east-1", "--policy-config", str(tmp_path / "x.json"))
    assert (found.code, "say which pack judges" in found.err) == (2, True)
