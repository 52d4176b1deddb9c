"""Pools: their sizes, labels, taints and disks, with and without accelerators."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie import catalog
from intertie.plan.hosts import allocatable
from intertie.plan.pools import disk_gib
from intertie.spec import StageSpec
from support.pipelines import PREPARE, generate, only_problem, pipeline, planned, shown_in

CPU_ROWS = [row for row in catalog.machines() if row.accelerator is None]


def test_the_pools_come_in_order_system_general_accelerators() -> None:
    assert [pool.role for pool in planned().pools] == ["system", "cpu", "accelerator", "accelerator"]


def test_the_system_pool_keeps_other_pods_off_and_has_two_nodes() -> None:
    for cloud in catalog.CLOUDS:
        system = planned(cloud).pools[0]
        taint = system.taints[0]
        assert (taint.key, taint.value, taint.effect) == ("CriticalAddonsOnly", "true", "NoSchedule")
        machine = catalog.machine(cloud, system.machine)
        assert system.min_nodes >= 2
        assert machine.vcpus >= 4
        assert system.arch == machine.arch == "amd64"


def test_labels_of_a_pool_are_ours_and_sorted() -> None:
    pool = planned().accelerator_pools()[0]
    assert dict(pool.labels) == {
        "intertie.dev/accelerator": "h100", "intertie.dev/capacity": "on-demand", "intertie.dev/pool": "generate0",
        "intertie.dev/stage": "generate", "intertie.dev/vendor": "nvidia",
    }  # fmt: skip
    assert list(pool.labels) == sorted(pool.labels)


@pytest.mark.parametrize(
    ("cloud", "accelerator", "key"),
    [("aws", "h100", "nvidia.com/gpu"), ("azure", "mi300x", "amd.com/gpu"), ("gcp", "l4", "nvidia.com/gpu"),
     ("aws", "inferentia2", "aws.amazon.com/neuron"), ("gcp", "tpu-v6e", None)],
)  # fmt: skip
def test_a_taint_is_declared_unless_the_cloud_adds_it(cloud: str, accelerator: str, key: str | None) -> None:
    plan = planned(cloud, where={"region": shown_in(cloud, accelerator)}, stage={"accelerators": [accelerator]})
    taints = plan.accelerator_pools()[0].taints
    assert [(taint.key, taint.value, taint.effect) for taint in taints] == (
        [(key, "present", "NoSchedule")] if key else []
    )


def test_replicas_share_a_node_where_accelerators_are_left() -> None:
    plan = planned(
        stage={"accelerators": ["h100"], "parallelism": {"tensor": 2}, "replicas": {"min": 3, "max": 9}},
        where={"capacity": {"generate": [{"kind": "on-demand", "machine": "p5.48xlarge"}]}},
    )
    pool = plan.accelerator_pools()[0]
    assert (pool.per_node, pool.min_nodes, pool.max_nodes) == (8, 1, 3)


def test_a_node_holds_no_more_replicas_than_its_cpu_does() -> None:
    stage = {"accelerators": ["h100"], "resources": {"cpu": 80}, "replicas": {"min": 3, "max": 4}}
    ladder = {"capacity": {"generate": [{"kind": "on-demand", "machine": "p5.48xlarge"}]}}
    assert planned(stage=stage, where=ladder).accelerator_pools()[0].min_nodes == 2


def test_chips_that_do_not_divide_a_node_are_left_idle() -> None:
    ladder = {"capacity": {"generate": [{"kind": "on-demand", "machine": "inf2.24xlarge"}]}}
    stage = {"accelerators": ["inferentia2"], "parallelism": {"tensor": 4}, "replicas": {"min": 3, "max": 3}}
    assert planned(stage=stage, where=ladder).accelerator_pools()[0].min_nodes == 3  # six chips, four of them used


def test_a_replica_over_several_nodes_takes_whole_nodes() -> None:
    model = {"id": "meta-llama/Llama-3.1-405B-Instruct", "parameters": "405e9", "concurrency": 1}
    stage = {"model": model, "replicas": {"min": 1, "max": 2}}
    pool = planned(stage=stage, where={"zones": ["us-east-1b"]}).accelerator_pools()[0]
    assert pool.hosts == 2
    assert (pool.min_nodes, pool.max_nodes) == (2, 4)


def test_fewer_nodes_than_a_replica_spans_are_a_problem() -> None:
    model = {"id": "meta-llama/Llama-3.1-405B-Instruct", "parameters": "405e9", "concurrency": 1}
    ladder = {"zones": ["us-east-1b"], "capacity": {"generate": [{"kind": "on-demand", "count": 1}, "spot"]}}
    found = only_problem(pipeline(stage={"model": model}, where=ladder))
    assert found.path == "placements.here.capacity.generate[0].count"
    assert found.allowed == "at least 2 nodes"


def test_the_disk_has_room_for_the_weights_of_the_replicas_on_a_node() -> None:
    small, large = planned(), planned(stage={"model": {"id": "acme/own", "parameters": "8e9", "size": "500GiB"}})
    assert small.accelerator_pools()[0].disk_gib == 200
    assert large.accelerator_pools()[0].disk_gib >= 600
    assert large.accelerator_pools()[0].disk_gib % 50 == 0


@pytest.mark.parametrize(("size", "replicas", "disk"), [("500GiB", 1, 600), ("501GiB", 1, 650), ("130GiB", 3, 500)])
def test_the_disk_is_never_smaller_than_what_is_on_it(size: str, replicas: int, disk: int) -> None:
    stage = StageSpec.model_validate(generate(model={"id": "acme/own", "parameters": "8e9", "size": size}))
    assert disk_gib(stage, replicas) == disk


def test_a_general_pool_that_serves_can_lose_a_node() -> None:
    general = {tier: planned(stages=[generate()], where={"tier": tier}).pools[1].min_nodes for tier in ("hot", "warm")}
    assert general == {"hot": 2, "warm": 1}


def test_the_general_pool_takes_the_machine_of_the_largest_stage() -> None:
    big = {"name": "rank", "image": "ghcr.io/acme/rank:1", "replicas": 1, "resources": {"cpu": 6, "memory": "20Gi"}}
    plan = planned(stages=[{**PREPARE, "after": ["rank"]}, big, generate()], endpoint=None)
    general = next(pool for pool in plan.pools if pool.role == "cpu")
    assert general.machine == "m7i.2xlarge"
    assert plan.stage("rank").pools == ("general",)


def test_the_general_pool_grows_to_nodes_for_each_stage_and_for_shared_services() -> None:
    stages = [{**PREPARE, "resources": {"cpu": 1, "memory": "1Gi"}}]  # up to six, three on a node of four vCPUs
    general = planned(stages=stages).pools[1]
    assert (general.machine, general.min_nodes, general.max_nodes) == ("m7i.xlarge", 2, 3)


def test_a_stage_that_no_machine_holds_is_a_problem_that_names_the_largest() -> None:
    found = only_problem(pipeline(stages=[{**PREPARE, "resources": {"cpu": 500, "memory": "4Gi"}}]))
    assert found.path == "stages[0].resources"
    assert found.found == "500 CPU and 4Gi"
    assert "the largest in the catalogue is" in found.hint


def test_without_cpu_stages_there_is_still_room_for_shared_services() -> None:
    plan = planned(stages=[generate()])
    general = next(pool for pool in plan.pools if pool.role == "cpu")
    assert general.min_nodes >= 1


@given(st.integers(1, 500), st.floats(0.1, 3), st.integers(1, 12))
def test_the_general_pool_has_room_for_all_replicas(count: int, cpu: float, gib: int) -> None:
    stage = {**PREPARE, "replicas": {"min": count, "max": count}, "resources": {"cpu": cpu, "memory": f"{gib}Gi"}}
    pool = planned(stages=[stage]).pools[1]
    free_cpu, free_memory = allocatable(catalog.machine("aws", pool.machine))
    assert pool.max_nodes * math.floor(min(free_cpu / cpu, free_memory / gib)) >= count
    assert pool.min_nodes * free_cpu >= count * cpu
    assert pool.min_nodes * free_memory >= count * gib
    assert pool.min_nodes <= pool.max_nodes


@pytest.mark.parametrize("row", CPU_ROWS, ids=lambda row: row.name)
def test_a_node_keeps_something_for_itself(row: catalog.Machine) -> None:
    cpu, memory = allocatable(row)
    assert 0.5 < row.vcpus - cpu < 0.2 * row.vcpus + 0.5
    assert 0.5 < row.memory_gib - memory < 0.3 * row.memory_gib + 0.5


def test_reservations_follow_the_published_table() -> None:
    machine = next(row for row in CPU_ROWS if (row.vcpus, row.memory_gib) == (4, 16))
    cpu, memory = allocatable(machine)
    assert cpu == pytest.approx(4 - 0.08 - 0.5)  # 6 % of one core, 1 % of the next, 0.5 % of two
    assert memory == pytest.approx(16 - (1 + 0.8 + 0.8) - 100 / 1024 - 0.5)  # 25 % of 4, 20 % of 4, 10 % of 8
