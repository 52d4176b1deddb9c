"""The sample stacks, judged by both packs with every rule: no violation, no advice, no waiver."""

import json
from functools import cache

import pytest

from intertie.preview.judge import nodes_of
from intertie_policies import registry
from intertie_policies.config import Configuration, read_file
from intertie_policies.engine import Judge, Report
from intertie_policies.rule import PACKS
from intertie_policies.testing import TODAY
from support.stacks import ROOT, config_of, each_stack, graph_of

OWN = ROOT / "stacks" / "policy.json"
WITHOUT_DIGESTS = {
    "tpu-use5": {"vllm/vllm-tpu"},
    "trainium-use2": {
        "public.ecr.aws/neuron/neuron-device-plugin",
        "public.ecr.aws/neuron/neuron-monitor",
        "public.ecr.aws/neuron/pytorch-inference-vllm-neuronx",
    },
}
"""Samples that run images whose digests no public source gives: all that the organisation's file says is for them."""


@cache
def configured() -> Configuration:
    return read_file(OWN, registry.ids())


def judged(stack: str, pack: str, configuration: Configuration | None = None) -> Report:
    told = Configuration() if configuration is None else configuration
    judge = Judge(pack, told, stack, project="inference", stack_config=config_of(stack), today=TODAY)
    return judge.everything(nodes_of(graph_of(stack)))


@each_stack
@pytest.mark.parametrize("pack", PACKS)
def test_a_sample_breaks_no_rule_of_a_pack_and_is_given_no_advice(stack: str, pack: str) -> None:
    report = judged(stack, pack, configured())
    assert [(each.rule, each.name, each.message) for each in report.results] == []
    assert report.passed > 0


@each_stack
def test_without_any_configuration_a_sample_lacks_nothing_but_digests_that_nobody_tells(stack: str) -> None:
    report = judged(stack, "production")
    assert {each.rule for each in report.results} <= {"images-pinned"}
    found = {word.rpartition(":")[0] for each in report.results for word in each.message.split() if ":" in word}
    assert found - {"(@sha256"} == WITHOUT_DIGESTS.get(stack, set())


def test_the_organisations_file_waives_nothing_and_lowers_no_rule() -> None:
    assert configured().levels == {}
    assert configured().settings.waivers == ()
    assert list(json.loads(OWN.read_text())) == ["configuration"]
    assert configured().settings.model_fields_set == {"exposure"}
    assert configured().settings.exposure.model_fields_set == {"pinned_by_version"}
