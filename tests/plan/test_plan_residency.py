"""Residency: every region lies under a law, and the description says which are allowed."""

import pytest

from intertie import catalog
from intertie.plan.residency import jurisdiction_of
from support.pipelines import choice, only_problem, pipeline, planned, problems

ADOPT = {"pools": [{"name": "gpu", "accelerator": "h100", "per_node": 8, "nodes": 8}, {"name": "cpu", "nodes": 3}]}


def test_a_region_outside_the_residency_is_a_problem_with_its_law_and_source() -> None:
    found = only_problem(pipeline("aws", residency=["eu"]))
    assert found.path == "placements.here.region"
    assert found.found == "us-east-1 (us)"
    assert found.source == catalog.region("aws", "us-east-1").fact.source


def test_the_catalogue_knows_a_regions_law_better_than_the_description() -> None:
    where = pipeline("aws", where={"jurisdiction": "eu"}).placements["here"]
    assert jurisdiction_of(where) == "us"


def test_the_jurisdiction_is_recorded_with_its_source() -> None:
    plan = planned("azure", residency=["eu"])
    assert plan.jurisdiction == "eu"
    assert choice(plan, "placements.here.jurisdiction").source


@pytest.mark.parametrize(("cloud", "region", "near"), [
    ("aws", "us-east-11", "us-east-1"), ("azure", "swedencentrall", "swedencentral"),
    ("gcp", "europe-west44", "europe-west4"),
])  # fmt: skip
def test_a_misspelt_region_is_a_problem_with_the_near_one(cloud: str, region: str, near: str) -> None:
    found = only_problem(pipeline(cloud, where={"region": region}))
    assert found.path == "placements.here.region"
    assert f"`{near}`" in found.hint


def test_a_region_that_is_not_known_may_be_vouched_for_but_its_machines_must_be_named() -> None:
    where = {"region": "us-newest-9", "jurisdiction": "us"}
    assert only_problem(pipeline("aws", where=where)).path == "stages[1].accelerators"
    named = {**where, "capacity": {"generate": [{"kind": "spot", "machine": "p5.48xlarge"}]}}
    plan = planned("aws", where=named)
    assert plan.jurisdiction == "us"
    assert any("does not know the region 'us-newest-9'" in note for note in plan.notes)
    assert any("no source shows p5.48xlarge in us-newest-9" in note for note in plan.notes)


def test_a_jurisdiction_that_contradicts_the_catalogue_is_a_problem() -> None:
    found = only_problem(pipeline("aws", where={"jurisdiction": "eu"}))
    assert found.path == "placements.here.jurisdiction"
    assert found.allowed == "us, or nothing"


def test_a_cluster_of_another_cloud_says_its_own_law() -> None:
    where = {"cloud": "other", "region": "hall-1", "jurisdiction": "uk", "adopt": ADOPT}
    assert planned("other", where=where, residency=["uk"]).jurisdiction == "uk"
    assert problems(pipeline("other", where=where, residency=["eu"]))[0].found == "hall-1 (uk)"


def test_a_misspelt_residency_is_named_as_what_is_wrong() -> None:
    paths = [problem.path for problem in problems(pipeline("aws", residency=["usa"]))]
    assert paths == ["residency[0]", "placements.here.region"]


def test_another_placement_outside_the_residency_is_noted() -> None:
    others = {"far": {"cloud": "gcp", "region": "europe-west4", "role": "failover"}}
    plan = planned("aws", residency=["us"], others=others)
    assert any("placement 'far' is outside the residency" in note for note in plan.notes)
