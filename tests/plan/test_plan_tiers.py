"""Standby tiers: what is rendered, how many replicas stand, and how long they take to come."""

import pytest

from intertie.plan import Plan
from support.pipelines import PREPARE, choice, generate, planned

EVERYTHING = ("artifacts", "identity", "network", "cluster", "pools", "workload")


def tier(name: str, **stage: object) -> Plan:
    return planned(where={"tier": name, "role": "active"}, stage={"replicas": {"min": 2, "max": 8}, **stage})


@pytest.mark.parametrize(
    ("name", "renders", "floor", "ceiling"),
    [
        ("hot", EVERYTHING, 2, 8),
        ("warm", EVERYTHING, 1, 8),
        ("pilot", EVERYTHING, 0, 0),
        ("cold", EVERYTHING[:2], 0, 0),
    ],
)
def test_a_tier_says_what_is_rendered_and_how_many_replicas_stand(
    name: str, renders: tuple[str, ...], floor: int, ceiling: int
) -> None:
    plan = tier(name)
    stage = plan.stage("generate")
    assert (plan.tier, plan.renders) == (name, renders)
    assert (stage.min_replicas, stage.max_replicas) == (floor, ceiling)


@pytest.mark.parametrize(("name", "system", "general", "first"), [
    ("hot", 2, 2, 2), ("warm", 2, 1, 1), ("pilot", 2, 0, 0), ("cold", 0, 0, 0),
])  # fmt: skip
def test_a_tier_says_how_many_nodes_stand(name: str, system: int, general: int, first: int) -> None:
    pools = tier(name, accelerators=["l4"]).pools  # one replica per node
    found = [(pool.min_nodes, pool.initial_nodes) for pool in pools]
    assert found[0] == (system, system)
    assert found[1][0] == found[1][1] >= general
    assert (found[1][0] == 0) is (general == 0)
    assert found[2] == (first, first)
    assert found[3] == (0, 0)


def test_promotion_changes_counts_and_nothing_else_of_a_pool() -> None:
    def fixed(plan: Plan) -> list[tuple[object, ...]]:
        return [(p.name, p.machine, p.max_nodes, p.labels, p.taints, p.zones, p.disk_gib) for p in plan.pools[2:]]

    assert fixed(tier("pilot")) == fixed(tier("warm")) == fixed(tier("hot")) == fixed(tier("cold"))
    assert tier("pilot").addresses == tier("hot").addresses


@pytest.mark.parametrize(("role", "expected"), [("primary", "hot"), ("active", "hot"), ("failover", "warm")])
def test_the_tier_follows_from_the_role(role: str, expected: str) -> None:
    others = {} if role != "failover" else {"main": {"cloud": "gcp", "region": "europe-west4"}}
    plan = planned(where={"role": role}, others=others)
    assert plan.tier == expected
    assert f"default of a {role} placement" in choice(plan, "placements.here.tier").why


def test_a_primary_that_does_not_serve_is_noted() -> None:
    plan = planned(where={"tier": "pilot"})
    assert any("primary and pilot" in note for note in plan.notes)
    assert not any("does not serve" in note for note in planned().notes)


def test_a_warm_floor_is_one_even_where_the_description_says_none() -> None:
    plan = planned(where={"tier": "warm", "role": "active"}, stage={"replicas": {"min": 0, "max": 4}})
    assert plan.stage("generate").min_replicas == 1


@pytest.mark.parametrize(("described", "floor"), [(0, 1), (1, 1), (2, 2), (5, 2)])
def test_a_warm_stage_on_cpu_outlives_a_node_where_as_many_are_described(described: int, floor: int) -> None:
    before = {**PREPARE, "replicas": {"min": described, "max": 6}}
    plan = planned(stages=[before, generate()], where={"tier": "warm", "role": "active"})
    general = next(pool for pool in plan.pools if pool.role == "cpu")
    assert plan.stage("prepare").min_replicas == floor
    assert general.min_nodes == floor
    assert plan.stage("generate").min_replicas == 1


def test_the_time_to_ready_follows_from_the_weights() -> None:
    model = {"id": "acme/own", "parameters": "8e9", "concurrency": 1}
    quick = planned(stage={"model": model}).stage("generate").load_seconds
    slow = planned(stage={"model": {**model, "size": "100GiB"}}).stage("generate").load_seconds
    assert slow == 360 + 500 + 300
    assert 660 < quick < slow


def test_a_tpu_compiles_for_longer() -> None:
    stage = {
        "accelerators": ["tpu-v6e"],
        "model": {"id": "acme/own", "parameters": "1e9", "size": "10GiB", "concurrency": 1},
    }
    plan = planned("gcp", where={"region": "us-east5"}, stage=stage)
    assert plan.stage("generate").load_seconds == 360 + 50 + 1800


def test_the_users_own_time_is_taken() -> None:
    plan = planned(stage={"load_time": "90500ms"})
    assert plan.stage("generate").load_seconds == 91
    assert choice(plan, "stages[generate].load_time").why == "`load_time` of the description"


def test_a_stage_on_cpu_and_an_image_with_its_own_model_have_times_of_their_own() -> None:
    assert planned().stage("prepare").load_seconds == 120
    own = {"runtime": "custom", "image": "ghcr.io/acme/own:1", "model": None}
    assert planned(stage=own).stage("generate").load_seconds == 600
