"""Inputs are held to what the clouds publish: every sample passes, and what a cloud would refuse is refused."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from intertie.graph import record
from intertie.lab.check import Checker
from intertie.lab.oracles import store
from intertie.lab.oracles.rules import Rule
from intertie.lab.provider import maker
from support.clouds import SETTINGS, Provider
from support.stacks import ROOT, STACKS, graph_of, grouped

CLOUDS = ("aws", "azure-native", "gcp")
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def resources(stack: str) -> Iterator[Any]:
    """Resources of a sample that a simulated cloud would be asked for."""
    return (each for each in graph_of(stack) if each.type.partition(":")[0] in CLOUDS)


@pytest.mark.parametrize("stack", [grouped(each) for each in STACKS if each != "datacentre"])  # asks no cloud
def test_every_resource_of_every_sample_passes(stack: str) -> None:
    for each in resources(stack):
        checker = Checker(maker(each.package)(SETTINGS[each.package]))
        _, failures = checker.check(each.type, each.name, dict(each.inputs), {}, b"seed")
        assert not failures, f"{each.type} {each.name}: {failures}"


def longest(folder: Path) -> Path:
    """The project's stacks with a description in which every name is as long as it may be."""
    shutil.copytree(ROOT / "stacks", folder)
    data = yaml.safe_load((ROOT / "stacks" / "specs" / "chat.yaml").read_text())
    names = {stage["name"]: f"{stage['name']}-{'x' * 30}"[:30] for stage in data["stages"]}
    for stage in data["stages"]:
        stage["name"] = names[stage["name"]]
        stage["after"] = [names[each] for each in stage.get("after", ())]
    for placement in data["placements"].values():
        placement["capacity"] = {names[each]: ladder for each, ladder in placement.get("capacity", {}).items()}
    data["placements"] = {f"{name}-{'y' * 30}"[:30]: each for name, each in data["placements"].items()}
    (folder / "specs" / "long.yaml").write_text(yaml.safe_dump({**data, "name": "z" * 30, "owner": "o" * 30}))
    return folder


@pytest.mark.parametrize(
    ("placement", "package"), [("aws-use1", "aws"), ("azure-swc", "azure-native"), ("gcp-euw4", "gcp")]
)
def test_the_longest_names_that_a_description_may_have_still_pass(tmp_path: Path, placement: str, package: str) -> None:
    folder = longest(tmp_path / "stacks")
    config = {"spec": "specs/long.yaml", "placement": f"{placement}-{'y' * 30}"[:30]}
    config |= {f"{package}:{key}": value for key, value in SETTINGS[package].items()}
    checker = Checker(maker(package)(SETTINGS[package]))
    checked = 0
    for each in record(folder / "__main__.py", "inference", "long", config):
        if each.package == package:
            _, failures = checker.check(each.type, each.name, dict(each.inputs), {}, b"seed")
            assert not failures, f"{each.type} {each.name}: {failures}"
            checked += 1
    assert checked > 20


def one_of(package: str) -> list[Any]:
    """The resource with the most inputs of every type, over the samples of one cloud."""
    stacks = {
        "aws": ("aws-use1", "large-aws"),
        "azure-native": ("azure-swc",),
        "gcp": ("gcp-euw4", "large-gcp", "tpu-use5"),
    }
    largest: dict[str, Any] = {}
    for stack in stacks[package]:
        for each in resources(stack):
            if each.package == package and len(str(each.inputs)) > len(str(largest.get(each.type, ""))):
                largest[each.type] = each
    return [largest[token] for token in sorted(largest)]


def enumerated(rule: Rule, value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Places in a value for which some published model lists what is allowed."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            inner = rule.fields.get(key) or rule.item
            if inner is not None:
                yield from enumerated(inner, each, (*path, key))
    elif isinstance(value, list) and rule.item is not None:
        for number, each in enumerate(value):
            yield from enumerated(rule.item, each, (*path, number))
    elif isinstance(value, str) and value != UNKNOWN and any(limit.values for limit in rule.limits):
        yield path


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, Mapping) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("package", CLOUDS)
def test_a_value_that_no_cloud_lists_is_refused_wherever_one_is_listed(package: str) -> None:
    places = 0
    for each in one_of(package):
        checker = Checker(maker(package)(SETTINGS[package]))
        for path in enumerated(store.of(each.type).inputs, each.inputs):
            wrong = changed(each.inputs, path, "NO_SUCH_VALUE")
            _, failures = checker.check(each.type, each.name, wrong, {}, b"seed")
            assert any("NO_SUCH_VALUE" in reason for _, reason in failures), f"{each.type} {path}"
            places += 1
    assert places >= {"aws": 20, "azure-native": 20, "gcp": 20}[package]


@pytest.mark.parametrize("package", CLOUDS)
def test_what_a_published_model_requires_is_missed_when_it_is_left_out(package: str) -> None:
    places = 0
    for each in one_of(package):
        checker = Checker(maker(package)(SETTINGS[package]))
        for name, rule in store.of(each.type).inputs.fields.items():
            required = rule.required or any(limit.required for limit in rule.limits)
            if not required or name not in each.inputs or name == checker._cloud.kind(each.type).name:
                continue
            less = {key: value for key, value in each.inputs.items() if key != name}
            _, failures = checker.check(each.type, each.name, less, {}, b"seed")
            assert any(path == name and "required" in reason for path, reason in failures), f"{each.type} {name}"
            places += 1
    assert places >= {"aws": 20, "azure-native": 10, "gcp": 5}[package]


@pytest.mark.parametrize(
    ("type_", "inputs", "said"),
    [
        (
            "aws:eks/nodeGroup:NodeGroup",
            {"amiType": "AL2023_NVIDIA"},
            "did you mean 'AL2023_x86_64_NVIDIA'? (AWS::EKS::Nodegroup (cfn-lint",
        ),
        (
            "aws:eks/nodeGroup:NodeGroup",
            {"taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}]},
            "expected one of [NO_EXECUTE, NO_SCHEDULE, PREFER_NO_SCHEDULE], got 'NoSchedule'",
        ),
        (
            "aws:eks/nodeGroup:NodeGroup",
            {"scalingConfig": {"minSize": 0, "desiredSize": 0, "maxSize": 0}},
            "at least 1, got 0",
        ),
        (
            "aws:eks/nodeGroup:NodeGroup",
            {"scalingConfig": {"desired": 5}},
            "Invalid or unknown key; did you mean 'desiredSize'?",
        ),
        ("aws:eks/nodeGroup:NodeGroup", {"labels": {"a" * 64: "x"}}, "expected at most 63 characters, got 64"),
        (
            "aws:eks/nodeGroup:NodeGroup",
            {"diskSize": 100, "launchTemplate": {"id": "lt-1", "version": "1"}},
            "cannot be specified together",
        ),
        (
            "aws:eks/nodeGroup:NodeGroup",
            {"capacityType": "CAPACITY_BLOCK", "instanceTypes": ["p5.48xlarge"]},
            "named in the launch template",
        ),
        ("aws:iam/role:Role", {"name": "r" * 65, "assumeRolePolicy": "{}"}, "expected at most 64 characters, got 65"),
        (
            "aws:ec2/launchTemplate:LaunchTemplate",
            {"blockDeviceMappings": [{"ebs": {"encrypted": "yes"}}]},
            "expected true or false, got 'yes'",
        ),
        ("azure-native:containerservice:AgentPool", {"agentPoolName": "GPU-Pool"}, "does not match expression"),
        (
            "azure-native:containerservice:AgentPool",
            {"gpuProfile": {"driver": "none"}},
            "expected one of [Install, None], got 'none'",
        ),
        ("azure-native:containerservice:AgentPool", {"nodeTaints": ["sku"]}, "is not of the form key=value:Effect"),
        (
            "azure-native:containerservice:AgentPool",
            {"scaleSetPriority": "Spot", "mode": "System"},
            "Spot node pools cannot be of mode System",
        ),
        (
            "azure-native:containerservice:AgentPool",
            {"enableAutoScaling": True, "minCount": 1, "maxCount": 3, "count": 5},
            "count 5 must be between",
        ),
        ("azure-native:containerservice:AgentPool", {"tags": {"cost/center": "x"}}, "has reserved characters"),
        (
            "azure-native:containerservice:ManagedCluster",
            {"agentPoolProfiles": []},
            "Must define at least one system pool",
        ),
        (
            "gcp:container/nodePool:NodePool",
            {"nodeConfig": {"taints": [{"key": "a", "effect": "NO_SCHEDULE"}]}},
            "Missing required property",
        ),
        (
            "gcp:container/nodePool:NodePool",
            {"nodeConfig": {"reservationAffinity": {"consumeReservationType": "SPECIFIC"}}},
            "expected one of",
        ),
        ("gcp:container/nodePool:NodePool", {"nodeConfig": {"spot": True, "flexStart": True}}, "cannot be combined"),
        (
            "gcp:container/nodePool:NodePool",
            {"nodeConfig": {"resourceLabels": {"Cost-Center": "x"}}},
            "label key 'Cost-Center'",
        ),
        (
            "gcp:container/nodePool:NodePool",
            {"nodeLocations": ["a", "b"], "placementPolicy": {"type": "COMPACT"}},
            "all nodes in one zone",
        ),
        (
            "gcp:container/nodePool:NodePool",
            {"upgradeSettings": {"maxSurge": 0, "maxUnavailable": 0}},
            "cannot both be 0",
        ),
        ("gcp:container/cluster:Cluster", {"name": "x" * 41}, "doesn't match regexp"),
        ("gcp:container/cluster:Cluster", {"removeDefaultNodePool": True}, "initialNodeCount must be at least 1"),
        (
            "gcp:compute/routerNat:RouterNat",
            {"natIpAllocateOption": "AUTO"},
            "expected one of [AUTO_ONLY, MANUAL_ONLY], got 'AUTO'",
        ),
    ],
)
def test_what_a_cloud_refuses_only_at_apply_is_said_with_the_rule(
    tmp_path: Path, type_: str, inputs: dict, said: str
) -> None:
    _, failures = Provider(type_.partition(":")[0], tmp_path).check(type_, "x", inputs)
    assert any(said in failure for failure in failures), failures


@pytest.mark.parametrize("package", CLOUDS)
def test_unknown_values_are_taken_for_right_wherever_they_stand(package: str) -> None:
    for each in one_of(package):
        checker = Checker(maker(package)(SETTINGS[package]))
        for name in each.inputs:
            _, failures = checker.check(each.type, each.name, {**each.inputs, name: UNKNOWN}, {}, b"seed")
            assert not failures, f"{each.type} {name}: {failures}"


def test_what_two_models_say_alike_is_said_once(tmp_path: Path) -> None:
    _, failures = Provider("aws", tmp_path).check("aws:eks/nodeGroup:NodeGroup", "x", {"amiType": "WRONG"})
    assert len([failure for failure in failures if failure.startswith("amiType:")]) == 1
