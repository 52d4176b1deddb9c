"""Connected placements, judged by both packs with every rule: no violation and no advice."""

import json
from typing import Any

import pytest

from intertie.preview.judge import nodes_of
from intertie_policies import registry
from intertie_policies.config import read_file
from intertie_policies.engine import Judge
from intertie_policies.rule import PACKS
from intertie_policies.testing import TODAY
from support.interconnected_stacks import stack
from support.stacks import ROOT

ENDS = [
    (cloud, other, placement)
    for cloud, other in (("aws", "gcp"), ("aws", "azure"), ("azure", "gcp"), ("aws", "aws"), ("gcp", "gcp"))
    for placement in ("here", "there")
]
SETTINGS = {
    "aws": {"aws:region": "us-east-1", "aws:allowedAccountIds": json.dumps(["123456789012"])},
    "azure": {},
    "gcp": {"gcp:project": "acme-inference", "gcp:region": "europe-west4"},
}


def on(cloud: str, other: str, placement: str) -> Any:
    mine = cloud if placement == "here" else other
    return pytest.param(cloud, other, placement, mine, marks=pytest.mark.xdist_group(f"interconnect-{cloud}"))


@pytest.mark.parametrize(("cloud", "other", "placement", "mine"), [on(*each) for each in ENDS])
@pytest.mark.parametrize("pack", PACKS)
def test_a_connected_placement_breaks_no_rule_of_a_pack(
    cloud: str, other: str, placement: str, mine: str, pack: str
) -> None:
    own = read_file(ROOT / "stacks" / "policy.json", registry.ids())
    judge = Judge(pack, own, placement, project="inference", stack_config=SETTINGS[mine], today=TODAY)
    report = judge.everything(nodes_of(stack(cloud, other, placement)))
    assert [(each.rule, each.name, each.message) for each in report.results] == []
    assert report.passed > 0
