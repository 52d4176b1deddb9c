"""Tags, labels and taints: what each cloud takes, and what is said about the rest."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.errors import PlanError
from intertie.plan.types import Taint
from intertie.platforms import tags
from support.plans import plan

CLOUDS = ("aws", "azure", "gcp")
TAINT = Taint("nvidia.com/gpu", "present", "NoSchedule")
keys = st.from_regex(r"[a-z]([a-z0-9_-]{0,61}[a-z0-9])?", fullmatch=True).filter(
    lambda key: not key.startswith(("goog", "microsoft", "azure", "windows"))
)
values = st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_tags_of_a_plan_are_legal_everywhere(cloud: str):
    assert tags.tags(plan(cloud), cloud) == dict(plan(cloud).tags)


@given(st.dictionaries(keys, values, max_size=40), st.sampled_from(CLOUDS))
def test_what_a_description_may_say_every_cloud_takes(pairs: dict[str, str], cloud: str):
    assert tags.tag_problems(pairs.items(), cloud) == []


@pytest.mark.parametrize(
    ("cloud", "key", "value", "found"),
    [
        ("aws", "a#b", "x", "tag key 'a#b'"),
        ("aws", "k" * 129, "x", "tag key"),
        ("aws", "team", "x" * 257, "tag value"),
        ("aws", "aws:team", "x", "whose prefix the cloud reserves"),
        ("aws", "AWS:team", "x", "whose prefix the cloud reserves"),
        ("azure", "intertie.dev/pool", "x", "tag key 'intertie.dev/pool'"),
        ("azure", "k" * 129, "x", "tag key"),
        ("azure", "team", "x" * 257, "tag value"),
        ("azure", "microsoft-team", "x", "whose prefix the cloud reserves"),
        ("gcp", "Cost-Center", "x", "label key 'Cost-Center'"),
        ("gcp", "cost.center", "x", "label key 'cost.center'"),
        ("gcp", "team", "Team A", "label value 'Team A'"),
        ("gcp", "k" * 64, "x", "label key"),
        ("gcp", "goog-team", "x", "whose prefix the cloud reserves"),
    ],
)
def test_illegal_tags_are_refused_with_what_is_allowed(cloud: str, key: str, value: str, found: str):
    (problem,) = tags.tag_problems([(key, value)], cloud)
    assert found in problem.found
    assert problem.path == f"tags.{key}"
    assert problem.allowed
    assert problem.source


def test_keys_that_one_cloud_takes_for_the_same_are_refused_there():
    pairs = [("team", "a"), ("Team", "b")]
    assert [problem.path for problem in tags.tag_problems(pairs, "azure")] == ["tags.Team"]
    assert tags.tag_problems(pairs, "aws") == []


@pytest.mark.parametrize(("cloud", "room"), [("aws", 40), ("azure", 40), ("gcp", 54)])
def test_room_is_left_for_the_tags_that_clouds_add(cloud: str, room: int):
    pairs = [(f"k{number}", "v") for number in range(room)]
    assert tags.tag_problems(pairs, cloud) == []
    (problem,) = tags.tag_problems([*pairs, ("one-more", "v")], cloud)
    assert problem.path == "tags"
    assert f"at most {room}" in problem.allowed


def test_all_illegal_tags_of_a_plan_are_told_at_once():
    bad = replace(plan("gcp"), tags=(("Owner", "x"), ("team", "Team A")))
    with pytest.raises(PlanError, match=r"placement 'here': 2 problems") as caught:
        tags.tags(bad, "gcp")
    assert [problem.path for problem in caught.value.problems] == ["tags.Owner", "tags.team"]


def test_taints_are_spelt_in_each_clouds_way():
    assert tags.taint_upper(TAINT) == ("nvidia.com/gpu", "present", "NO_SCHEDULE")
    assert tags.taint_text(TAINT) == "nvidia.com/gpu=present:NoSchedule"
    assert tags.taint_upper(replace(TAINT, effect="NoExecute"))[2] == "NO_EXECUTE"
    assert tags.taint_upper(replace(TAINT, effect="PreferNoSchedule"))[2] == "PREFER_NO_SCHEDULE"


@pytest.mark.parametrize(
    "taint",
    [
        replace(TAINT, effect="NO_SCHEDULE"),
        replace(TAINT, value=""),
        replace(TAINT, key="x" * 64),
        replace(TAINT, key="nvidia.com/"),
        replace(TAINT, value="two words"),
    ],
)
@pytest.mark.parametrize("spell", [tags.taint_upper, tags.taint_text])
def test_taints_that_one_cloud_refuses_are_refused_for_all(taint: Taint, spell: object):
    assert callable(spell)
    with pytest.raises(PlanError, match=re.escape("effect one of NoSchedule, NoExecute, PreferNoSchedule")):
        spell(taint)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_intertie_labels_are_node_labels_on_every_cloud(cloud: str):
    labels = (("intertie.dev/pool", "generate0"), ("intertie.dev/accelerator", "h100"))
    assert tags.node_labels(labels, cloud) == dict(labels)


@pytest.mark.parametrize(
    ("cloud", "key"),
    [
        ("aws", "eks.amazonaws.com/nodegroup"),
        ("azure", "kubernetes.azure.com/mode"),
        ("gcp", "cloud.google.com/gke-spot"),
        ("aws", "node.kubernetes.io/instance-type"),
        ("gcp", "topology.kubernetes.io/zone"),
        ("azure", "autoscaler.k8s.io/pool"),
        ("aws", "a" * 60 + "/key"),
        ("gcp", "a b"),
    ],
)
def test_node_labels_that_a_cloud_refuses_are_refused_before(cloud: str, key: str):
    with pytest.raises(PlanError, match=re.escape(f"labels.{key}")):
        tags.node_labels([(key, "x")], cloud)


def test_a_long_prefix_is_a_problem_of_eks_alone():
    key = "a" * 60 + "/key"
    assert tags.node_labels([(key, "x")], "azure") == {key: "x"}


def test_gke_takes_a_thousand_characters_of_labels():
    many = [(f"example.com/label-{number:03d}", "x" * 30) for number in range(21)]
    assert len(tags.node_labels(many[:20], "gcp")) == 20
    with pytest.raises(PlanError, match="at most 1024 per pool"):
        tags.node_labels(many, "gcp")
    assert len(tags.node_labels(many, "azure")) == 21
