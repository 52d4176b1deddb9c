"""Zones: spelt as the cloud spells them, one where a fabric or a reservation asks for it, two for EKS."""

import pytest

from intertie import catalog
from intertie.catalog import Offering
from support.pipelines import choice, only_problem, pipeline, planned, problems

LARGE = {"id": "meta-llama/Llama-3.1-405B-Instruct", "parameters": "405e9", "precision": "bf16", "concurrency": 1}


@pytest.mark.parametrize(
    ("cloud", "zone", "legal"),
    [
        ("aws", "us-east-1b", True), ("aws", "us-west-2b", False), ("aws", "use1-az1", False), ("aws", "b", False),
        ("azure", "1", True), ("azure", "4", False), ("azure", "swedencentral-1", False),
        ("gcp", "europe-west4-b", True), ("gcp", "europe-west4-z", False), ("gcp", "b", False),
    ],
)  # fmt: skip
def test_a_zone_is_spelt_as_the_cloud_spells_it(cloud: str, zone: str, legal: bool) -> None:
    found = [p for p in problems(pipeline(cloud, where={"zones": [zone]})) if p.path == "placements.here.zones[0]"]
    assert (not found) is legal


def test_a_zone_is_named_once() -> None:
    assert only_problem(pipeline(where={"zones": ["us-east-1a", "us-east-1a"]})).allowed == "each zone once"


def test_the_zone_of_a_claim_is_where_its_pool_lies() -> None:
    ladder = [{"kind": "on-demand", "zone": "us-east-1c"}, "spot"]
    plan = planned(where={"zones": ["us-east-1a", "us-east-1b"], "capacity": {"generate": ladder}})
    assert [pool.zones for pool in plan.accelerator_pools()] == [("us-east-1c",), ("us-east-1a", "us-east-1b")]
    assert set(plan.zones) == {"us-east-1a", "us-east-1b", "us-east-1c"}
    assert any("us-east-1c is not among the placement's `zones`" in note for note in plan.notes)


def test_a_pool_lies_in_the_zones_that_have_the_machine() -> None:
    plan = planned("gcp")
    pool = plan.accelerator_pools()[0]
    offering = catalog.offered("gcp", plan.region, pool.machine)
    assert offering is not None
    assert pool.zones == offering.zones
    assert choice(plan, "stages[generate].capacity[0].zones").source == offering.fact.source


def test_zones_of_the_placement_that_lack_the_machine_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def offered(cloud: str, region: str, machine: str) -> Offering:
        return Offering(cloud, machine, region, ("europe-west4-b",), catalog.region("gcp", "europe-west4").fact)

    monkeypatch.setattr(catalog, "offered", offered)
    plan = planned("gcp", where={"zones": ["europe-west4-a", "europe-west4-b"]})
    assert plan.accelerator_pools()[0].zones == ("europe-west4-b",)
    found = only_problem(pipeline("gcp", where={"zones": ["europe-west4-a"]}))
    assert "in europe-west4-a; name the zone in `capacity`" in found.hint
    own = {"zones": ["europe-west4-a"], "capacity": {"generate": [{"kind": "spot", "zone": "europe-west4-a"}]}}
    assert planned("gcp", where=own).accelerator_pools()[0].zones == ("europe-west4-a",)


def test_where_no_source_names_zones_the_cloud_chooses() -> None:
    plan = planned("aws")
    assert plan.accelerator_pools()[0].zones == ()
    assert choice(plan, "stages[generate].capacity[0].zones").chosen == "the cloud's choice"


def test_eks_gets_two_zones_and_those_that_are_assumed_are_said() -> None:
    plan = planned("aws", where={"zones": ["us-east-1b"]})
    assert plan.zones == ("us-east-1a", "us-east-1b")
    assert any("us-east-1a assumed" in note for note in plan.notes)
    named = planned("aws", where={"zones": ["us-east-1b", "us-east-1d"]})
    assert named.zones == ("us-east-1b", "us-east-1d")
    assert not any("assumed" in note for note in named.notes)


def test_other_clouds_get_up_to_three_zones_of_the_region() -> None:
    assert planned("azure").zones == ("1", "2", "3")
    assert len(planned("gcp").zones) == 3


def test_five_zones_have_no_room_in_the_address_plan() -> None:
    found = only_problem(pipeline("aws", where={"zones": [f"us-east-1{letter}" for letter in "abcde"]}))
    assert found.allowed.startswith("at most 4 zones")


def test_a_replica_over_several_machines_stands_in_one_zone() -> None:
    found = only_problem(pipeline("aws", stage={"model": LARGE}))
    assert found.path == "placements.here.zones"
    assert found.allowed == "one zone for machines that share a fabric"
    plan = planned("aws", stage={"model": LARGE}, where={"zones": ["us-east-1b"]})
    assert plan.stage("generate").multi_node
    assert {pool.zones for pool in plan.accelerator_pools()} == {("us-east-1b",)}


def test_of_several_zones_that_are_shown_a_large_replica_takes_the_first() -> None:
    plan = planned("gcp", stage={"model": LARGE})
    assert plan.stage("generate").multi_node
    assert all(len(pool.zones) == 1 for pool in plan.accelerator_pools())


def test_infiniband_pools_on_azure_name_no_zone() -> None:
    plan = planned("azure", where={"zones": ["1", "2"]})
    assert all(pool.fabric == "infiniband" and pool.zones == () for pool in plan.accelerator_pools())
    assert any("`zones` is not applied to Standard_ND96isr_H100_v5" in note for note in plan.notes)
