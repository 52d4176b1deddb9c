"""A description with caches, previewed with no cloud and held to the production pack: the sample's, on each cloud."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.caches import where
from support.command import run
from support.stacks import ROOT

HOME = {
    "aws": "123456789012.dkr.ecr.us-east-1.amazonaws.com/chat-aws-use1/",
    "azure": r"chat[0-9a-f]{13}\.azurecr\.io/",
    "gcp": "europe-west4-docker.pkg.dev/acme-inference/chat-gcp-euw4-",
}
AT_HOME = {"aws": {"nvcr.io"}, "azure": set(), "gcp": set()}
"""Registries that the cloud does not cache: node agents of NVIDIA."""
PLACEMENT = {"aws": "aws-use1", "azure": "azure-swc", "gcp": "gcp-euw4"}
CHARTS = {
    "keda": ("global", "image", "registry"),
    "envoy-gateway": ("deployment", "envoyGateway", "image", "repository"),
    "external-secrets": ("webhook", "image", "repository"),
}


def description(folder: Path, cloud: str) -> Path:
    """The sample with one placement, whose images come through caches."""
    data = yaml.safe_load((ROOT / "stacks" / "specs" / "chat.yaml").read_text())
    here = data["placements"][PLACEMENT[cloud]] | where(cloud)
    data["placements"] = {PLACEMENT[cloud]: {key: value for key, value in here.items() if key not in ("role", "tier")}}
    path = folder / "cached.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


def images(resources: list[dict[str, Any]]) -> Iterator[str]:
    for each in resources:
        if each["type"].startswith("kubernetes:apps/"):
            yield from (part["image"] for part in each["inputs"]["spec"]["template"]["spec"]["containers"])


@pytest.mark.parametrize("cloud", [pytest.param(c, marks=pytest.mark.xdist_group(f"caches-{c}")) for c in HOME])
def test_every_image_of_a_previewed_stack_comes_through_a_cache_and_production_lets_it(
    cloud: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(description(tmp_path, cloud))
    done = run(capsys, monkeypatch, "preview", "-C", str(ROOT), "--spec", file, "-p", "production", "-f", "json")
    result = json.loads(done.out)
    (stack,) = result["stacks"]
    assert (result["verdict"], stack["problems"], stack["findings"]) == ("pass", [], [])
    assert [each for each in stack["policies"] if each["result"] != "pass"] == []
    found = list(images(stack["resources"]))
    assert len(found) >= 2
    assert [each for each in found if "@sha256:" not in each] == []
    assert {each.partition("/")[0] for each in found if not re.match(HOME[cloud], each)} == AT_HOME[cloud]
    charts = {each["inputs"].get("name"): each["inputs"] for each in stack["resources"] if "helm" in each["type"]}
    for name, path in CHARTS.items():
        value = charts[name]["values"]
        for part in path:
            value = value[part]
        assert re.match(HOME[cloud], value), name
    (proxies,) = [each for each in stack["resources"] if each["type"].endswith(":EnvoyProxy")]
    container = proxies["inputs"]["spec"]["provider"]["kubernetes"]["envoyDeployment"]["container"]
    assert re.fullmatch(f"{HOME[cloud]}docker/envoyproxy/envoy", container["imageRepository"])
