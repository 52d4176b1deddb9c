"""All rules, by group. A new file of rules is named in its group's `RULES`; a new group is named here."""

from functools import cache

from intertie_policies.rule import Rule, Scope
from intertie_policies.rules import capacity, configuration, cost, exposure, platform, region, resilience, tagging

GROUPS = (configuration, region, capacity, platform, tagging, cost, exposure, resilience)


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of the groups."""
    return tuple(rule for group in GROUPS for rule in group.RULES)


@cache
def ids() -> frozenset[str]:
    return frozenset(rule.id for rule in rules())


def find(id_: str) -> Rule:
    """The rule with this id. KeyError when there is none."""
    return {rule.id: rule for rule in rules()}[id_]


@cache
def resource_rules(type_: str) -> tuple[Rule, ...]:
    """Resource rules that concern a type (without API version)."""
    return tuple(rule for rule in rules() if rule.scope is Scope.RESOURCE and rule.reads(type_))


@cache
def stack_rules() -> tuple[Rule, ...]:
    """Rules that are checked over all resources of a stack; some of them resource rules too."""
    return tuple(rule for rule in rules() if rule.over() is not None)
