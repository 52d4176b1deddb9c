"""Remediations: what they change, that they change it once, and that nobody gets one without asking."""

from dataclasses import replace

import pytest

from intertie_policies import registry
from support.policy_cases import REMEDIES, Remedy, remedied

each = pytest.mark.parametrize("remedy", REMEDIES, ids=lambda it: f"{it.rule}-{it.type}-{list(it.before.values())}")


@each
def test_a_remediation_changes_what_is_safe_and_nothing_else(remedy: Remedy) -> None:
    props, changes = remedied(remedy)
    assert props == remedy.after
    assert bool(changes) is (remedy.before != remedy.after)


@each
def test_a_remediation_made_twice_changes_nothing_more(remedy: Remedy) -> None:
    again = replace(remedy, before=remedy.after)
    assert remedied(again) == (remedy.after, 0)


@each
def test_nothing_is_changed_unless_the_configuration_names_the_rule(remedy: Remedy) -> None:
    assert remedied(remedy, named=False) == (remedy.before, 0)


def test_every_rule_with_a_remedy_has_a_case() -> None:
    assert {rule.id for rule in registry.rules() if rule.remedy} == {remedy.rule for remedy in REMEDIES}
