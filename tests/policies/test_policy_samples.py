"""The sample stacks, judged by the production pack without any configuration or waiver."""

from intertie.preview.judge import nodes_of
from intertie_policies import registry
from intertie_policies.engine import Judge
from intertie_policies.testing import TODAY
from support.stacks import config_of, each_stack, graph_of

SUBJECTS = ("configuration", "region", "capacity", "platform")


@each_stack
def test_a_sample_breaks_no_rule_about_region_capacity_and_platform(stack: str) -> None:
    rules = tuple(rule for rule in registry.rules() if rule.subject in SUBJECTS)
    judge = Judge("production", stack=stack, stack_config=config_of(stack), today=TODAY, rules=rules)
    report = judge.everything(nodes_of(graph_of(stack)))
    assert [(each.rule, each.name, each.message) for each in report.results] == []
    assert report.passed > 0
