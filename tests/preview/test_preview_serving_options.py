"""What a description may ask of serving beside the sample, previewed with no cloud and held to the production pack."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.command import run
from support.stacks import ROOT

PLACEMENT = {"aws": "aws-use1", "azure": "azure-swc", "gcp": "gcp-euw4"}
CLOUDS = [pytest.param(cloud, marks=pytest.mark.xdist_group(f"serving-{cloud}")) for cloud in PLACEMENT]


def asking(folder: Path, cloud: str) -> str:
    """The sample with one placement, hot, whose accelerated stage is routed by a pool; requests are traced."""
    data = yaml.safe_load((ROOT / "stacks" / "specs" / "chat.yaml").read_text())
    here = data["placements"][PLACEMENT[cloud]]
    data["placements"] = {PLACEMENT[cloud]: {key: value for key, value in here.items() if key not in ("role", "tier")}}
    (generate,) = [each for each in data["stages"] if each["name"] == "generate"]
    generate["routing"] = "inference-pool"
    data["observability"] = {"traces": {"endpoint": "https://otlp.example.com"}}
    path = folder / "asking.yaml"
    path.write_text(yaml.safe_dump(data))
    return str(path)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_production_lets_pools_and_traces_through_on_every_cloud(
    cloud: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = asking(tmp_path, cloud)
    done = run(capsys, monkeypatch, "preview", "-C", str(ROOT), "--spec", file, "-p", "production", "-f", "json")
    result = json.loads(done.out)
    (stack,) = result["stacks"]
    assert (result["verdict"], stack["problems"], stack["findings"]) == ("pass", [], [])
    assert [each for each in stack["policies"] if each["result"] != "pass"] == []
    kinds = [each["type"].rpartition(":")[2] for each in stack["resources"]]
    assert ("CustomResourceDefinition" in kinds) is (cloud != "gcp")
    assert {"InferencePool", "EnvoyExtensionPolicy", "EnvoyPatchPolicy", "BackendTLSPolicy", "Backend"} <= set(kinds)
    assert _one(stack, "generate-picker", "Deployment")["spec"]["replicas"] == 2
    args = _one(stack, "generate", "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"]
    assert args[args.index("--otlp-traces-endpoint") + 1] == "https://otlp.example.com:4317"


def _one(stack: dict[str, Any], name: str, kind: str) -> dict[str, Any]:
    (found,) = [
        each["inputs"]
        for each in stack["resources"]
        if each["type"].endswith(f":{kind}") and each["inputs"]["metadata"]["name"] == name
    ]
    return found
