"""What every sample stack must be: spelt right, tagged, named by role, and short to write and to move."""

import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest
import yaml

from intertie.graph import check, sdk
from intertie.spec import read_file
from support.stacks import ROOT, SAMPLE, STACKS, config_of, each_stack, graph_of

TAG_KEYS = {"cost_center", "environment", "managed_by", "owner", "pipeline", "placement"}
TAGS = {"aws": ("tags",), "azure-native": ("tags",), "gcp": ("labels", "resourceLabels", "userLabels")}


def block_lines(value: object) -> int:
    """Lines of ordinary block YAML, as the targets count them."""
    text = yaml.safe_dump(value, default_flow_style=False, sort_keys=False, width=200)
    return len([line for line in text.splitlines() if line.strip()])


@each_stack
def test_a_sample_stack_has_no_finding(stack: str) -> None:
    assert [str(finding) for finding in check(graph_of(stack))] == []


@each_stack
def test_every_taggable_resource_of_a_sample_is_tagged(stack: str) -> None:
    untagged = []
    for resource in graph_of(stack).resources:
        args = sdk.args_class(resource.type)
        known = sdk.properties(args) if args else {}
        fields = [field for field in TAGS.get(resource.type.split(":")[0], ()) if field in known]
        if fields and not any(set(resource.inputs.get(field) or {}) >= TAG_KEYS for field in fields):
            untagged.append(f"{resource.type} {resource.name}")
    assert untagged == []


@each_stack
def test_children_are_named_by_role_under_their_component(stack: str) -> None:
    graph = graph_of(stack)
    names = {resource.urn: resource.name for resource in graph.resources}
    for resource in graph.resources:
        if resource.type.startswith("pulumi:pulumi:Stack") or resource.type == "intertie:index:InferencePipeline":
            continue
        assert resource.name.startswith(f"{names[resource.parent]}-"), resource.urn


@each_stack
def test_no_kubernetes_object_goes_to_whatever_cluster_is_current(stack: str) -> None:
    for resource in graph_of(stack).resources:
        if resource.type.startswith("kubernetes:"):
            assert resource.provider, resource.urn


@pytest.mark.parametrize("stack", SAMPLE)
def test_using_one_cloud_does_not_import_anothers_sdk(stack: str) -> None:
    own = {"aws-use1": "pulumi_aws", "azure-swc": "pulumi_azure_native", "gcp-euw4": "pulumi_gcp"}[stack]
    code = (
        "import sys; from support.stacks import graph_of\n"
        f"graph_of({stack!r})\n"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'pulumi_aws', 'pulumi_azure_native', 'pulumi_gcp'}))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "tests", capture_output=True, text=True, check=True
    ).stdout
    assert shown.strip() == str([own])


def sample() -> dict[str, object]:
    return yaml.safe_load((ROOT / "stacks" / "specs" / "chat.yaml").read_text())


def test_the_shared_part_of_the_sample_is_at_most_60_lines() -> None:
    shared = {key: value for key, value in sample().items() if key != "placements"}
    assert block_lines(shared) <= 60


def test_each_placement_of_the_sample_with_its_stack_file_is_at_most_12_lines() -> None:
    placements = sample()["placements"]
    assert isinstance(placements, dict)
    for stack in SAMPLE:
        placement = {key: value for key, value in placements[stack].items() if key != "capacity"}
        stack_file = yaml.safe_load((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text())
        assert block_lines({stack: placement}) + block_lines(stack_file) <= 12, stack


def test_moving_a_stack_to_another_cloud_changes_at_most_5_lines() -> None:
    """A placement that uses nothing of one cloud only keeps its name and moves, with its stack file."""
    spec = yaml.safe_load((ROOT / "stacks" / "specs" / "pilot.yaml").read_text())["placements"]
    files = {name: yaml.safe_load((ROOT / "stacks" / f"Pulumi.{name}.yaml").read_text())["config"] for name in spec}
    for config in files.values():
        del config["inference:placement"]
    for one, other in permutations(spec, 2):
        changed = _changed(spec[one], spec[other]) + _changed(files[one], files[other])
        assert 2 <= changed <= 5, (one, other)


def _changed(one: dict[str, object], other: dict[str, object]) -> int:
    """Lines that differ: a pair of lines that replace each other counts once."""
    gone = sum(block_lines({key: value}) for key, value in one.items() if other.get(key) != value)
    new = sum(block_lines({key: value}) for key, value in other.items() if one.get(key) != value)
    return max(gone, new)


def test_every_sample_has_a_stack_for_each_of_its_placements() -> None:
    wanted = {
        (path.name, name)
        for path in sorted((ROOT / "stacks" / "specs").glob("*.yaml"))
        for name in read_file(path).placements
    }
    given = {(Path(config_of(s)["inference:spec"]).name, config_of(s)["inference:placement"]) for s in STACKS}
    assert given == wanted
