"""Ladders: each step legal and complete, reserved capacity first, and the floor where it can be held."""

from typing import Any

import pytest

from intertie import catalog
from intertie.plan import resolve
from intertie.spec import PipelineSpec
from support.pipelines import generate, only_problem, pipeline, planned, problems

ODCR = {"kind": "odcr", "id": "cr-0abc", "machine": "p5.48xlarge", "zone": "us-east-1b", "count": 2}
BLOCK = {
    "kind": "capacity-block", "id": "cr-0abc", "machine": "p5.48xlarge", "zone": "us-east-1b", "count": 2,
    "start": "2027-02-01T11:30:00Z", "end": "2027-02-08T11:30:00Z",
}  # fmt: skip
GROUP = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/capacityReservationGroups/g"


def laddered(cloud: str, *claims: Any, stage: dict[str, Any] | None = None, **where: Any) -> PipelineSpec:
    return pipeline(cloud, stage=stage, where={"capacity": {"generate": list(claims)}, **where})


def test_one_pool_per_step_in_the_order_of_the_ladder() -> None:
    plan = planned(where={"capacity": {"generate": [ODCR, "on-demand", "spot"]}})
    pools = plan.accelerator_pools()
    assert [(pool.name, pool.kind, pool.rank) for pool in pools] == [
        ("generate0", "odcr", 0), ("generate1", "on-demand", 1), ("generate2", "spot", 2),
    ]  # fmt: skip
    assert plan.stage("generate").pools == ("generate0", "generate1", "generate2")
    assert [pool.zones for pool in pools] == [("us-east-1b",), *[pools[1].zones] * 2]


def test_without_a_ladder_it_is_on_demand_and_then_spot() -> None:
    assert [pool.kind for pool in planned().accelerator_pools()] == ["on-demand", "spot"]


def test_a_default_step_that_is_not_sold_is_left_out_and_said() -> None:
    plan = planned(where={"region": "us-east-2"}, stage={"accelerators": ["trainium2"]})
    assert [pool.kind for pool in plan.accelerator_pools()] == ["spot"]
    assert any("left out: on-demand: trn2" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("cloud", "claim", "owner"),
    [
        ("gcp", ODCR, "aws"),
        ("azure", {"kind": "reservation", "id": "r"}, "gcp"),
        ("aws", {"kind": "crg", "id": GROUP}, "azure"),
        ("azure", {"kind": "flex-start"}, "gcp"),
    ],
)
def test_a_kind_of_another_cloud_is_a_problem_that_lists_the_own_ones(cloud: str, claim: Any, owner: str) -> None:
    found = only_problem(laddered(cloud, claim, "on-demand"))
    assert found.path == "placements.here.capacity.generate[0].kind"
    assert found.found == claim["kind"]
    assert {row.kind for row in catalog.kind_rules() if row.cloud == cloud} <= set(
        found.allowed.split(": ")[1].split(", ")
    )
    assert f"is of {owner}" in found.hint
    assert found.source


@pytest.mark.parametrize("later", ["on-demand", "spot"])
def test_reserved_capacity_after_what_is_paid_by_the_hour_is_a_problem(later: str) -> None:
    found = only_problem(laddered("aws", later, ODCR))
    assert found.path == "placements.here.capacity.generate[1]"
    assert found.found == f"odcr after {later}"
    assert "paid for whether it is used or not" in found.hint


def test_flex_start_may_come_after_on_demand() -> None:
    assert not problems(laddered("gcp", "on-demand", "flex-start", "spot"))


def test_the_same_step_twice_is_a_problem() -> None:
    assert only_problem(laddered("aws", "spot", "spot")).allowed == "each step once"


def test_a_reservation_must_say_its_zone() -> None:
    found = only_problem(laddered("aws", {key: value for key, value in ODCR.items() if key != "zone"}))
    assert found.path == "placements.here.capacity.generate[0].zone"
    assert "which zone is the reservation in?" in found.hint


def test_the_only_zone_of_the_placement_is_the_reservations() -> None:
    claim = {key: value for key, value in ODCR.items() if key != "zone"}
    assert not problems(laddered("aws", claim, zones=["us-east-1b"]))
    assert problems(laddered("aws", claim, zones=["us-east-1a", "us-east-1b"]))


def test_a_link_to_a_reservation_must_name_the_zone_of_the_step() -> None:
    claim = {"kind": "reservation", "id": "projects/p/zones/europe-west4-c/reservations/r", "machine": "a3-highgpu-8g"}
    found = only_problem(laddered("gcp", {**claim, "zone": "europe-west4-b"}))
    assert found.path == "placements.here.capacity.generate[0].zone"
    assert (found.found, found.hint) == ("europe-west4-b, and europe-west4-c in `id`", "write `zone: europe-west4-c`")
    assert only_problem(laddered("gcp", claim)).hint == "write `zone: europe-west4-c`"
    assert not problems(laddered("gcp", {**claim, "zone": "europe-west4-c"}))


def test_a_reservation_stands_once_in_a_ladder() -> None:
    found = only_problem(laddered("aws", ODCR, {**ODCR, "count": 3}))
    assert found.path == "placements.here.capacity.generate[1].id"
    assert "each reservation once" in found.allowed


@pytest.mark.parametrize(
    ("changes", "path"), [({"machine": "p5.4xlarge"}, "machine"), ({"zone": "us-east-1a"}, "zone"), ({}, "")]
)
def test_stages_agree_on_what_a_reservation_is(changes: dict[str, Any], path: str) -> None:
    stages = [generate(), {**generate(), "name": "rank"}]
    capacity = {"generate": [ODCR], "rank": [{**ODCR, **changes}]}
    spec = pipeline("aws", stages=stages, where={"capacity": capacity})
    if path:
        assert only_problem(spec).path == f"placements.here.capacity.rank[0].{path}"
    else:
        assert any("for the stages generate, rank" in note for note in resolve(spec, "here").notes)


def test_a_group_of_reservations_may_hold_several_machine_types() -> None:
    sizes = ("Standard_NC24ads_A100_v4", "Standard_NC48ads_A100_v4")
    steps = [{"kind": "crg", "id": GROUP, "machine": size, "count": 4} for size in sizes]
    assert not problems(laddered("azure", *steps, stage={"accelerators": ["a100-80gb"]}))


@pytest.mark.parametrize(
    ("changes", "path", "says"),
    [
        ({"machine": None}, "machine", "the machine type that the block is of"),
        ({"start": None}, "start", "the time with its zone"),
        ({"end": None}, "end", "the time with its zone"),
        ({"end": "2027-08-02T11:30:01Z"}, "end", "at most 182 days"),
        ({"id": "block-1"}, "id", "an identifier like cr-"),
    ],
)
def test_a_capacity_block_must_be_whole(changes: dict[str, Any], path: str, says: str) -> None:
    claim = {key: value for key, value in {**BLOCK, **changes}.items() if value is not None}
    found = only_problem(laddered("aws", claim))
    assert found.path == f"placements.here.capacity.generate[0].{path}"
    assert says in found.allowed


def test_a_block_of_exactly_the_longest_time_is_legal() -> None:
    assert not problems(laddered("aws", {**BLOCK, "end": "2027-08-02T11:30:00Z"}))


@pytest.mark.parametrize(
    "window",
    [
        {"start": "0001-01-01T00:00:00+14:00", "end": "0001-01-02T00:00:00+14:00"},
        {"start": "9999-12-31T22:00:00-14:00", "end": "9999-12-31T23:00:00-14:00"},
    ],
)
def test_a_window_at_the_end_of_the_calendar_is_a_slip(window: dict[str, str]) -> None:
    found = problems(laddered("aws", {**BLOCK, **window}, "on-demand"))
    assert [each.path.rpartition(".")[2] for each in found] == ["start", "end"]
    assert all(each.allowed == "a year from 2000 to 2199" for each in found)


def test_a_window_in_the_past_is_planned_like_any_other() -> None:
    past = {**BLOCK, "start": "2020-02-01T11:30:00Z", "end": "2020-02-08T11:30:00Z"}
    assert not problems(laddered("aws", past))


def test_outside_of_its_window_a_block_holds_nothing_and_that_is_noted() -> None:
    plan = planned(where={"capacity": {"generate": [BLOCK, "on-demand"]}})
    assert any("until 2027-02-08T11:30:00+00:00, capacity-block has no nodes" in note for note in plan.notes)


def test_a_machine_type_that_is_not_known_is_a_problem_with_the_near_one() -> None:
    found = problems(laddered("aws", {**ODCR, "machine": "p5.48xlage"}))
    assert found[0].path == "placements.here.capacity.generate[0].machine"
    assert "p5.48xlarge" in found[0].hint


def test_a_cpu_machine_holds_no_accelerators() -> None:
    found = problems(laddered("aws", {**ODCR, "machine": "m7i.large"}))
    assert found[0].allowed == "a machine type with accelerators"


def test_a_kind_that_the_machine_is_not_sold_as_is_a_reason_against_the_accelerator() -> None:
    found = only_problem(laddered("aws", {**BLOCK, "machine": "g6.xlarge"}, stage={"accelerators": ["l4"]}))
    assert found.path == "stages[1].accelerators"
    assert "g6.xlarge cannot be had as capacity-block" in found.hint


def test_the_accelerator_that_the_ladder_can_have_is_chosen() -> None:
    plan = planned(stage={"accelerators": ["l4", "h100"]}, where={"capacity": {"generate": [BLOCK]}})
    assert plan.stage("generate").accelerator == "h100"


def test_a_step_of_two_accelerators_fits_no_accelerator() -> None:
    other = {"kind": "on-demand", "machine": "g6.48xlarge"}
    found = only_problem(laddered("aws", ODCR, other, stage={"accelerators": ["h100", "l4"]}))
    assert "names p5.48xlarge, which has h100" in found.hint
    assert "names g6.48xlarge, which has l4" in found.hint


def test_the_floor_is_put_on_the_first_step_and_flows_on_when_that_is_full() -> None:
    ladder = [{**ODCR, "count": 1}, "on-demand"]
    plan = planned(stage={"replicas": {"min": 10, "max": 12}}, where={"capacity": {"generate": ladder}})
    first, second = plan.accelerator_pools()
    assert (first.min_nodes, first.max_nodes) == (1, 1)  # eight replicas of one accelerator
    assert second.min_nodes == -(-2 // second.per_node)


def test_flex_start_alone_holds_no_floor() -> None:
    found = only_problem(laddered("gcp", "flex-start"))
    assert found.path == "placements.here.capacity.generate"
    assert found.found == "flex-start alone for a floor of 1"
    assert "replicas.min: 0" in found.allowed
    assert "7 days" in found.hint


def test_flex_start_alone_on_a_warm_placement_needs_another_tier() -> None:
    found = only_problem(laddered("gcp", "flex-start", stage={"replicas": {"min": 0, "max": 2}}, tier="warm"))
    assert "the tier pilot" in found.allowed


def test_flex_start_without_a_floor_is_legal_and_its_life_is_noted() -> None:
    plan = planned("gcp", stage={"replicas": {"min": 0, "max": 2}}, where={"capacity": {"generate": ["flex-start"]}})
    assert plan.accelerator_pools()[0].min_nodes == 0
    assert any("live 7 days at most" in note for note in plan.notes)
    assert not any("excludes compact placement" in note for note in plan.notes)


def test_flex_start_does_not_keep_the_nodes_of_a_replica_together_and_that_is_noted() -> None:
    model = {"id": "meta-llama/Llama-3.1-405B-Instruct", "parameters": "405e9", "concurrency": 1}
    plan = planned("gcp", stage={"model": model}, where={"capacity": {"generate": ["flex-start", "on-demand"]}})
    noted = [note for note in plan.notes if "excludes compact placement" in note]
    assert [note.split(":")[0] for note in noted] == ["placements.here.capacity.generate[0]"]


def test_the_floor_skips_flex_start() -> None:
    plan = planned("gcp", where={"capacity": {"generate": ["flex-start", "spot"]}})
    assert [pool.min_nodes for pool in plan.accelerator_pools()] == [0, 1]


def test_a_reservation_too_small_for_the_floor_is_a_problem() -> None:
    found = only_problem(laddered("aws", {**ODCR, "count": 1}, stage={"replicas": {"min": 9, "max": 9}}))
    assert found.found == "odcr: room for 8 replicas"
    assert found.allowed == "room for the floor of 9"


def test_a_reservation_too_small_for_the_ceiling_is_noted() -> None:
    plan = planned(stage={"replicas": {"min": 1, "max": 9}}, where={"capacity": {"generate": [{**ODCR, "count": 1}]}})
    assert any("has room for 8 replicas, and `replicas.max` is 9" in note for note in plan.notes)
    enough = planned(stage={"replicas": {"min": 1, "max": 8}}, where={"capacity": {"generate": [{**ODCR, "count": 1}]}})
    assert not any("has room for" in note for note in enough.notes)


def test_a_reservation_without_a_machine_is_assumed_to_be_of_the_smallest_and_said_so() -> None:
    claim = {key: value for key, value in ODCR.items() if key != "machine"}
    plan = planned(where={"capacity": {"generate": [claim]}})
    assert plan.accelerator_pools()[0].machine == "p5.4xlarge"
    assert any("no `machine` is named, so p5.4xlarge is assumed" in note for note in plan.notes)


@pytest.mark.parametrize(("role", "environment", "noted"), [
    ("primary", "production", True), ("active", "production", False), ("primary", "staging", False),
])  # fmt: skip
def test_spot_alone_under_a_primary_in_production_is_noted(role: str, environment: str, noted: bool) -> None:
    spec = {"capacity": {"generate": ["spot"]}, "role": role}
    plan = planned(where=spec, environment=environment)
    assert any("spot is its whole ladder" in note for note in plan.notes) is noted


def test_a_block_on_azure_is_consumed_by_id_and_the_gap_is_stated() -> None:
    claim = {
        "kind": "azure-block", "id": GROUP, "machine": "Standard_ND96isr_H100_v5", "count": 2,
        "start": "2027-02-01T11:30:00Z", "end": "2027-02-08T11:30:00Z",
    }  # fmt: skip
    plan = planned("azure", where={"capacity": {"generate": [claim]}})
    assert any("creating one is not in the pinned SDK" in note for note in plan.notes)


def test_all_problems_of_a_ladder_come_at_once() -> None:
    found = problems(laddered("aws", "spot", {"kind": "odcr", "id": "r-1", "zone": "use1-az1"}, {"kind": "flex-start"}))
    assert {problem.path.rsplit("generate", 1)[1] for problem in found} == {"[1]", "[1].id", "[1].zone", "[2].kind"}
