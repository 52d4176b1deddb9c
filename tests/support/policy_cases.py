"""What holds the rules to account, as functions: fixtures, unknowns in place of what they read, and remedies."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
from hypothesis import settings

from intertie_policies import registry, testing
from intertie_policies.config import read
from intertie_policies.engine import Judge, matches
from intertie_policies.resources import Node
from intertie_policies.rule import Rule
from intertie_policies.testing import TODAY, Case
from support import fixture_data

FIXTURES = Path(__file__).parents[1] / "policies" / "fixtures"


@cache
def cases() -> tuple[Case, ...]:
    """All fixtures of all rules."""
    return testing.load_all(FIXTURES, fixture_data.of)


@dataclass(frozen=True, slots=True)
class Remedy:
    """A resource before and after the remediation of one rule. The same props twice: nothing is changed."""

    rule: str
    type: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    tagging: Mapping[str, Any] | None = None
    cost: Mapping[str, Any] | None = None


_EKS, _GKE = "aws:eks/cluster:Cluster", "gcp:container/cluster:Cluster"
_LOGS, _LOG_BUCKET = "aws:cloudwatch/logGroup:LogGroup", "gcp:logging/projectBucketConfig:ProjectBucketConfig"
_WORKSPACE, _VAULT = "azure-native:operationalinsights:Workspace", "azure-native:keyvault:Vault"
_BUCKET, _KEY = "gcp:storage/bucket:Bucket", "aws:kms/key:Key"
FRAMEWORK_TESTS = {
    "accelerators": ("policies_machines",),
    "accessor": ("policies_parts", "policy_accessor"),
    "changes": ("policies_parts", "policy_judge"),
    "conditions": ("policies_parts",),
    "config": ("policies_reading", "policies_framework", "policy_judge"),
    "data_stores": ("policies_tables",),
    "describe": ("policies_parts", "policies_host"),
    "engine": ("policy_judge", "policies_framework", "policies_host"),
    "fleet": ("policies_fleet",),
    "host": ("policies_host", "policies_framework"),
    "instance_groups": ("policies_instance_groups",),
    "karpenter": ("policies_machines",),
    "listing": ("policies_framework",),
    "machine_types": ("policies_machines",),
    "owners": ("policies_machines",),
    "places": ("policies_parts",),
    "pool_rule": ("policy_pool_rule",),
    "pools": ("policies_parts", "policies_fleet", "policies_machines"),
    "reading": ("policies_reading", "policies_framework"),
    "region": ("policies_parts", "policies_host"),
    "registry": ("policies_framework", "policy_judge", "policies_host"),
    "resources": ("policies_relations", "policies_framework", "policies_parts"),
    "results": ("policies_framework", "policies_parts"),
    "rule": ("policies_framework", "policy_judge", "policies_parts"),
    "secret_text": ("policies_parts", "policies_secret_text"),
    "tags": ("policies_parts",),
    "templates": ("policies_machines",),
    "waivers": ("policies_parts", "policy_judge"),
    "wire_changes": ("policies_parts", "policies_host"),
    "workloads": ("policies_relations",),
}
"""Files of tests in tests/policies that hold the framework beside the fixtures, by the first name of the module."""
REMEDIES = (
    Remedy("required-tags", _KEY, {}, {"tags": {"environment": "production"}}),
    Remedy("required-tags", _KEY, {"tags": {"Environment": "dev"}}, {"tags": {"Environment": "dev"}}),
    Remedy(
        "required-tags",
        _BUCKET,
        {"labels": {"team": "a"}},
        {"labels": {"team": "a", "owner": "search", "environment": "production"}},
        {"defaults": {"owner": "search", "unasked": "x"}},
    ),
    Remedy("log-retention-bounded", _LOGS, {}, {"retentionInDays": 365}),
    Remedy("log-retention-bounded", _LOGS, {"retentionInDays": 0}, {"retentionInDays": 365}),
    Remedy("log-retention-bounded", _LOGS, {"retentionInDays": 7}, {"retentionInDays": 7}),
    Remedy("log-retention-bounded", _LOGS, {}, {"retentionInDays": 400}, cost={"log_retention_days": 366}),
    Remedy("log-retention-bounded", _LOGS, {}, {"retentionInDays": 3653}, cost={"log_retention_days": 9999}),
    Remedy("log-retention-bounded", _WORKSPACE, {}, {}),
    Remedy("log-retention-bounded", _WORKSPACE, {"retentionInDays": -1}, {"retentionInDays": 365}),
    Remedy("log-retention-bounded", _LOG_BUCKET, {"retentionDays": 0}, {"retentionDays": 365}),
    Remedy("deletion-protected", _EKS, {}, {"deletionProtection": True}),
    Remedy("deletion-protected", _EKS, {"deletionProtection": False}, {"deletionProtection": True}),
    Remedy("deletion-protected", _GKE, {}, {}),
    Remedy("deletion-protected", _GKE, {"deletionProtection": False}, {"deletionProtection": True}),
    Remedy("deletion-protected", _VAULT, {"properties": {}}, {"properties": {}}),
    Remedy("data-not-deleted-with-stack", _BUCKET, {"forceDestroy": True}, {"forceDestroy": False}),
    Remedy("data-not-deleted-with-stack", _BUCKET, {}, {}),
)


def remedied(remedy: Remedy, *, named: bool = True) -> tuple[Mapping[str, Any], int]:
    """The properties after the remediation, and how many changes were shown. `named`: the configuration asks for it."""
    settings = {
        "remediate": [remedy.rule] if named else [],
        "tagging": dict(remedy.tagging or {}),
        "cost": dict(remedy.cost or {}),
    }
    judge = Judge(configuration=read({"configuration": settings}, registry.ids(), "case"), today=TODAY)
    node = Node(type=remedy.type, name="it", urn="urn:pulumi:test::test::it::it", props=dict(remedy.before))
    changes = judge.changes(node)
    props: Any = node.props
    for _, change in changes:
        from intertie_policies.changes import applied

        props = applied(props, change)
    return props, len(changes)


def of_module(module: str) -> list[Rule]:
    """The rules that a module holds now, and those of modules that use its functions; all, for one of the framework."""
    rules = registry.rules()
    homes = {rule.check.__module__ for rule in rules}
    users = {module, *(home for home in homes if _uses(sys.modules[home], module))}
    return [rule for rule in rules if rule.check.__module__ in users] if module in homes else list(rules)


def _uses(home: ModuleType, module: str) -> bool:
    return any(isinstance(each, FunctionType) and each.__module__ == module for each in vars(home).values())


def holds(module: str) -> bool:
    """Whether all cases still agree, of the rules that a changed module may have changed."""
    registry.rules.cache_clear()
    concerned = {rule.id: rule for rule in of_module(module)}
    near = [remedy for remedy in REMEDIES if remedy.rule in concerned]
    if any(remedied(remedy)[0] != remedy.after for remedy in near):
        return False
    return all(_agrees(case, concerned[case.rule]) for case in cases() if case.rule in concerned)


def holds_with_tests(module: str) -> bool:
    """Whether the tests of a module of the framework pass, and then the cases."""
    return passes(*FRAMEWORK_TESTS[module.split(".")[1]]) and holds(module)


def passes(*names: str) -> bool:
    """Whether these files of tests pass, without a process of their own."""
    settings.register_profile("trial", max_examples=25, database=None, derandomize=True)
    settings.load_profile("trial")
    files = [str(FIXTURES.parent / f"test_{name}.py") for name in names]
    quick = ["-x", "-q", "-n0", "--noconftest", "--assert=plain", "-pno:cacheprovider"]
    return pytest.main([*quick, f"--rootdir={FIXTURES.parents[2]}", *files]) == pytest.ExitCode.OK


def _agrees(case: Case, rule: Rule) -> bool:
    if testing.problems(case, testing.judge(case, rule)):
        return False
    if case.outcome != "pass":
        return True
    return all(
        testing.judge(changed, rule) or any(matches(pattern, read.path) for pattern in rule.apply_time_only)
        for read, changed in testing.with_unknowns(case, rule)
    )
