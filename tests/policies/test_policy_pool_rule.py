"""Rules about pools: before a pool is made, and with the whole stack where only its template says the machine."""

from types import FunctionType
from typing import Any

import pytest

from intertie_policies import registry
from intertie_policies.config import read
from intertie_policies.engine import Judge
from intertie_policies.pools import EKS, LAUNCH
from intertie_policies.resources import Index, Node
from intertie_policies.rule import Rule, Scope
from intertie_policies.testing import TODAY

POOL_RULES = [rule for rule in registry.rules() if hasattr(rule.whole, "__wrapped__")]
SETTINGS = {"capacity": {"accelerators": ["l4"], "max_nodes_per_pool": 4}}
BAD = {"region": "af-south-1", "amiType": "AL2023_x86_64_STANDARD", "scalingConfig": {"maxSize": 100}}
each_rule = pytest.mark.parametrize("rule", POOL_RULES, ids=lambda rule: rule.id)


def judge(rule: Rule) -> Judge:
    settings = read({"configuration": SETTINGS}, registry.ids(), "case")
    return Judge(configuration=settings, today=TODAY, rules=(rule,))


def pool(**props: Any) -> Node:
    return Node(EKS, "p", "urn:p", {**BAD, **props}, property_dependencies={"launchTemplate": ("urn:t",)})


TEMPLATE = Node(LAUNCH, "t", "urn:t", {"instanceType": "p5.48xlarge"})
BY_TEMPLATE = pool(launchTemplate={"id": "lt-1"})
NAMED = pool(instanceTypes=["p5.48xlarge"], launchTemplate={"id": "lt-1"})


def test_the_rules_that_judge_pools_twice_are_resource_rules() -> None:
    assert {rule.id for rule in POOL_RULES} == {
        "accelerator-approved", "accelerator-pool-tainted", "image-fits-machine", "machine-sold-in-region",
        "pool-ceiling-within-limit",
    }  # fmt: skip
    assert {rule.scope for rule in POOL_RULES} == {Scope.RESOURCE}
    assert all(rule in registry.resource_rules(EKS) and rule in registry.stack_rules() for rule in POOL_RULES)


@each_rule
def test_the_checks_of_a_rule_about_pools_are_known_by_the_name_and_place_of_its_function(rule: Rule) -> None:
    checks = [each for each in (rule.check, rule.whole) if isinstance(each, FunctionType)]
    assert len({(check.__module__, check.__name__) for check in checks}) == 1 < len(checks)
    assert checks[0].__module__.startswith("intertie_policies.rules.")


@each_rule
def test_a_pool_that_names_its_machine_is_judged_before_it_is_made_and_not_again(rule: Rule) -> None:
    results, _ = judge(rule).resource(NAMED)
    assert {(result.rule, result.urn, str(result.result)) for result in results} == {(rule.id, "urn:p", "fail")}
    assert judge(rule).whole(Index((TEMPLATE, NAMED))) == ([], 1)


@each_rule
def test_a_pool_whose_template_names_the_machine_is_judged_with_the_stack(rule: Rule) -> None:
    assert judge(rule).resource(BY_TEMPLATE) == ([], 1)
    results, _ = judge(rule).whole(Index((TEMPLATE, BY_TEMPLATE)))
    assert {(result.rule, result.urn, str(result.result)) for result in results} == {(rule.id, "urn:p", "fail")}
