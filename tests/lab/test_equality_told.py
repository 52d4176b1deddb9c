"""Every difference between what was recorded and what the engine previewed is told; what providers add is none."""

from dataclasses import replace
from typing import Any

import pytest

from intertie.graph import SECRET, UNKNOWN, Graph, Resource
from intertie.lab import equality

HERE = "urn:pulumi:dev::inference::"
PROVIDER = f"{HERE}pulumi:providers:kubernetes::cluster"
RULE = Resource(
    urn=f"{HERE}aws:iam/rolePolicy:RolePolicy::rule",
    type="aws:iam/rolePolicy:RolePolicy",
    name="rule",
    custom=True,
    parent=f"{HERE}pulumi:pulumi:Stack::inference-dev",
    provider=PROVIDER,
    depends_on=(f"{HERE}aws:iam/role:Role::role",),
    property_dependencies={"role": (f"{HERE}aws:iam/role:Role::role",)},
    inputs={"role": UNKNOWN, "policy": "{}", "token": SECRET, "size": [1, {"gib": 20}]},
    timeouts={"create": "1h30m"},
    version="7.51.1",
)
STATE: dict[str, Any] = {
    "urn": RULE.urn,
    "type": RULE.type,
    "custom": True,
    "parent": RULE.parent,
    "provider": f"{PROVIDER}::{UNKNOWN}",
    "dependencies": list(RULE.depends_on),
    "propertyDependencies": {"role": list(RULE.depends_on), "policy": []},
    "inputs": {"role": UNKNOWN, "policy": "{}", "token": SECRET, "size": [1.0, {"gib": 20}]},
    "customTimeouts": {"create": 5400.0, "update": 0},
}


def told(*states: dict[str, Any], offline: tuple[Resource, ...] = (RULE,)) -> str:
    digest = {"steps": [{"newState": state} for state in states]}
    engine = equality.engine_graph(digest, "inference", "dev")
    return equality.told(equality.difference(Graph("inference", "dev", offline), engine))


def changed(**inputs: Any) -> dict[str, Any]:
    return {**STATE, "inputs": {**STATE["inputs"], **inputs}}


def test_the_same_resource_is_equal() -> None:
    assert told(STATE) == ""


def test_a_default_provider_and_a_reference_to_it_are_taken_off() -> None:
    default = {"urn": f"{HERE}pulumi:providers:aws::default_7_51_1", "type": "pulumi:providers:aws", "custom": True}
    used = {**STATE, "provider": f"{default['urn']}::{UNKNOWN}"}
    assert told(default, used, offline=(replace(RULE, provider=""),)) == ""


def test_a_name_that_the_provider_gives_is_taken_off_and_no_other_name() -> None:
    assert told(changed(name="rule-1f2e3d4")) == ""
    assert "inputs.namePrefix: offline None, engine 'rule-'" in told(changed(namePrefix="rule-"))


def test_a_name_that_the_program_gives_is_compared() -> None:
    named = replace(RULE, inputs={**RULE.inputs, "name": "mine"})
    assert "inputs.name: offline 'mine', engine 'theirs'" in told(changed(name="theirs"), offline=(named,))


def test_what_nobody_knows_offline_may_be_known_to_the_engine() -> None:
    assert told(changed(role="chat-role")) == ""


def test_what_is_known_offline_must_be_known_to_the_engine() -> None:
    assert f"inputs.policy: offline '{{}}', engine '{UNKNOWN}'" in told(changed(policy=UNKNOWN))


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (changed(policy="[]"), "inputs.policy: offline '{}', engine '[]'"),
        (changed(token="in clear"), "inputs.token: offline '[secret]', engine 'in clear'"),
        (changed(size=[1, {"gib": 21}]), "inputs.size[1].gib: offline 20, engine 21"),
        (changed(size=[1]), "inputs.size: offline [1, {'gib': 20}], engine [1]"),
        (changed(tags={}), "inputs.tags: offline None, engine {}"),
        ({**STATE, "parent": ""}, "parent: offline 'pulumi:pulumi:Stack', engine ''"),
        ({**STATE, "provider": ""}, "provider: offline 'pulumi:providers:kubernetes::cluster', engine ''"),
        ({**STATE, "dependencies": []}, "depends_on: offline ['aws:iam/role:Role::role'], engine []"),
        ({**STATE, "protect": True}, "protect: offline False, engine True"),
        ({**STATE, "retainOnDelete": True}, "retain_on_delete: offline False, engine True"),
        ({**STATE, "ignoreChanges": ["tags"]}, "ignore_changes: offline [], engine ['tags']"),
        ({**STATE, "customTimeouts": {"create": 60}}, "timeouts.create: offline '5400', engine '60'"),
        ({**STATE, "customTimeouts": {}}, "timeouts.create: offline '5400', engine None"),
        ({**STATE, "custom": False}, "custom: offline True, engine False"),
    ],
)  # fmt: skip
def test_every_difference_is_told_with_its_place(state: dict[str, Any], line: str) -> None:
    assert told(state) == f"aws:iam/rolePolicy:RolePolicy 'rule': {line}"


def test_a_resource_on_one_side_only_is_told() -> None:
    assert told() == "only offline: aws:iam/rolePolicy:RolePolicy 'rule'"
    assert told(STATE, offline=()) == "only in the engine: aws:iam/rolePolicy:RolePolicy 'rule'"


def test_an_explicit_providers_version_is_the_engines_own() -> None:
    explicit = Resource(urn=PROVIDER, type="pulumi:providers:kubernetes", name="cluster", custom=True)
    state = {"urn": PROVIDER, "type": explicit.type, "custom": True, "inputs": {"version": "4.34.2", "__internal": {}}}
    assert told(state, offline=(explicit,)) == ""
    assert "inputs.context: offline None, engine 'me'" in told(
        {**state, "inputs": {"context": "me"}}, offline=(explicit,)
    )
