"""An existing cluster: stages on the pools that the description says it has."""

from typing import Any

import pytest

from intertie import catalog
from support.pipelines import choice, generate, only_problem, pipeline, planned, problems

CPU = {"name": "cpu", "nodes": 4, "labels": {"acme.example/pool": "cpu"}}
GPU = {
    "name": "gpu-h100", "accelerator": "h100", "per_node": 8, "nodes": 2,
    "labels": {"gpu": "h100", "acme.example/pool": "gpu"},
    "taints": ["nvidia.com/gpu=present:NoSchedule", "dedicated:NoExecute"],
}  # fmt: skip
LARGE = {"id": "meta-llama/Llama-3.1-405B-Instruct", "parameters": "405e9", "concurrency": 1}


def adopting(*pools: dict[str, Any], **where: Any) -> dict[str, Any]:
    return {"region": "hall-1", "jurisdiction": "eu", "adopt": {"pools": list(pools)}, **where}


def test_pools_keep_their_own_names_labels_and_taints() -> None:
    plan = planned("other", where=adopting(GPU, CPU))
    cpu, gpu = plan.pools
    assert (cpu.name, cpu.role, gpu.name, gpu.role) == ("cpu", "cpu", "gpu-h100", "accelerator")
    assert dict(gpu.labels) == GPU["labels"]
    assert [(taint.key, taint.value, taint.effect) for taint in gpu.taints] == [
        ("nvidia.com/gpu", "present", "NoSchedule"), ("dedicated", "", "NoExecute"),
    ]  # fmt: skip
    assert (gpu.stage, gpu.vendor, gpu.per_node, gpu.max_nodes) == ("generate", "nvidia", 8, 2)


def test_stages_run_on_the_pools_that_fit_them() -> None:
    plan = planned("other", where=adopting(GPU, CPU))
    assert plan.stage("prepare").pools == ("cpu",)
    stage = plan.stage("generate")
    assert (stage.pools, stage.accelerator, stage.resource, stage.per_pod) == (
        ("gpu-h100",),
        "h100",
        "nvidia.com/gpu",
        1,
    )


def test_only_the_workload_is_rendered_and_nothing_when_cold() -> None:
    assert planned("other", where=adopting(GPU, CPU)).renders == ("workload",)
    assert planned("other", where=adopting(GPU, CPU, tier="cold")).renders == ()
    assert planned("other", where=adopting(GPU, CPU)).platform == "existing"


def test_a_cluster_of_a_cloud_can_be_adopted_too() -> None:
    pool = {"name": "gpu", "accelerator": "h100", "machine": "p5.48xlarge", "nodes": 2}
    plan = planned("aws", where={"adopt": {"pools": [pool, CPU]}})
    assert plan.platform == "existing"
    assert plan.pool("gpu").per_node == catalog.machine("aws", "p5.48xlarge").count


def test_the_list_of_accelerators_decides() -> None:
    pools = ({**GPU, "name": "gpu-l40s", "accelerator": "l40s"}, GPU, CPU)
    plan = planned("other", where=adopting(*pools), stage={"accelerators": ["b200", "l40s", "h100"]})
    made = choice(plan, "stages[generate].accelerator")
    assert made.chosen == "l40s"
    assert made.rejected == (("b200", "no pool of the cluster has it"), ("h100", "less preferred"))


def test_a_stage_without_a_pool_is_a_problem_with_all_reasons() -> None:
    found = only_problem(pipeline("other", where=adopting(CPU), stage={"accelerators": ["b200", "h100"]}))
    assert found.path == "stages[1].accelerators"
    assert found.hint == "b200: no pool of the cluster has it; h100: no pool of the cluster has it"


def test_a_cpu_stage_needs_a_cpu_pool() -> None:
    found = only_problem(pipeline("other", where=adopting(GPU)))
    assert (found.path, found.found) == ("placements.here.adopt.pools", "no CPU pool")


@pytest.mark.parametrize(
    ("pool", "path", "says"),
    [
        ({"name": "gpu", "accelerator": "h100", "nodes": 2}, "per_node", "accelerators of one node"),
        ({**GPU, "machine": "g6.48xlarge"}, "accelerator", "l4, as g6.48xlarge has"),
        ({**GPU, "name": "cpu"}, "name", "a name that no other pool has"),
    ],
)
def test_what_the_description_says_of_a_pool_is_checked(pool: dict[str, Any], path: str, says: str) -> None:
    found = problems(pipeline("aws", where={"adopt": {"pools": [CPU, pool]}}))
    assert found[0].path == f"placements.here.adopt.pools[1].{path}"
    assert found[0].allowed == says


def test_a_machine_type_that_is_not_known_is_noted() -> None:
    plan = planned("other", where=adopting({**GPU, "machine": "dgx-h100"}, CPU))
    assert any("does not know dgx-h100; `per_node` is taken as written" in note for note in plan.notes)


def test_a_ladder_for_an_adopted_cluster_is_a_problem() -> None:
    found = only_problem(pipeline("other", where=adopting(GPU, CPU, capacity={"generate": ["spot"]})))
    assert found.allowed == "no ladder on an adopted cluster"


def test_too_few_nodes_for_the_floor_are_a_problem() -> None:
    found = only_problem(pipeline("other", where=adopting(GPU, CPU), stage={"replicas": {"min": 17, "max": 20}}))
    assert found.found == "gpu-h100: room for 16 replicas"


def test_a_replica_over_several_nodes_needs_a_fabric_that_is_known() -> None:
    without = only_problem(pipeline("other", where=adopting(GPU, CPU), stage={"model": LARGE}))
    assert "has a fabric to join several" in without.hint
    pool = {"name": "gpu", "accelerator": "h100", "machine": "p5.48xlarge", "nodes": 2}
    plan = planned("aws", where={"adopt": {"pools": [pool, CPU]}}, stage={"model": LARGE, "replicas": 1})
    assert plan.stage("generate").multi_node


def test_replicas_over_several_nodes_are_counted_by_whole_ones() -> None:
    joined = {"name": "gpu", "accelerator": "h100", "machine": "p5.48xlarge", "nodes": 5}
    apart = {"name": "lone", "accelerator": "h100", "per_node": 8, "nodes": 90}
    stage = {"model": LARGE, "replicas": {"min": 3, "max": 4}}
    found = only_problem(pipeline("aws", where={"adopt": {"pools": [joined, apart, CPU]}}, stage=stage))
    assert found.found == "gpu: room for 2 replicas"


def test_a_pod_on_a_tpu_pool_takes_all_chips_of_its_node() -> None:
    pool = {"name": "tpu", "accelerator": "tpu-v6e", "machine": "ct6e-standard-4t", "nodes": 2}
    where = {"adopt": {"pools": [pool, CPU]}}
    plan = planned("gcp", where=where, stage={"accelerators": ["tpu-v6e"]})
    assert plan.stage("generate").per_pod == 4
    refused = only_problem(pipeline("gcp", where=where, stage={"accelerators": ["tpu-v6e"], "model": LARGE}))
    assert "no pool has nodes with enough chips" in refused.hint


def test_two_stages_may_share_a_pool() -> None:
    stages = [generate(), generate(name="rerank", after=["generate"])]
    plan = planned("other", stages=stages, where=adopting(GPU))
    assert [stage.pools for stage in plan.stages] == [("gpu-h100",), ("gpu-h100",)]
    assert plan.pool("gpu-h100").stage == ""


def cpu_notes(cloud: str = "other", adopt: tuple[str, ...] = (), **changes: Any) -> list[str]:
    """What is said of metrics-server for a cluster that says it provides `adopt`."""
    where = adopting(GPU, CPU)
    where["adopt"]["provides"] = list(adopt)
    if cloud != "other":
        del where["region"], where["jurisdiction"]
    return [note for note in planned(cloud, where=where, **changes).notes if "metrics-server" in note]


def test_stages_scaled_on_cpu_need_a_metrics_server_that_nobody_can_see_from_here() -> None:
    (said,) = cpu_notes()
    assert said.startswith("stages scaled on CPU (prepare) need metrics-server in the cluster")
    assert "placements.here.adopt.provides: [metrics-server]" in said
    assert cpu_notes("aws"), "on EKS it is an add-on, and may not be there"


def test_nothing_is_said_of_a_metrics_server_that_is_there() -> None:
    assert not cpu_notes(adopt=("metrics-server",))
    assert not cpu_notes("azure")
    assert not cpu_notes("gcp")


SERVE = {"name": "serve", "image": "ghcr.io/acme/serve:1", "replicas": "1..4"}


@pytest.mark.parametrize(
    ("stage", "asked"),
    [
        (SERVE, True),
        ({**SERVE, "replicas": 4}, False),
        ({**SERVE, "scaling": {"metric": "jobs_waiting"}}, False),
        (generate(), False),
        (generate(scaling={"metric": "cpu"}), True),
        (generate(runtime=None, model=None, image="ghcr.io/acme/serve:1", accelerator_count=1), True),
    ],
)
def test_only_what_kubernetes_scales_by_itself_needs_it(stage: dict[str, Any], asked: bool) -> None:
    assert bool(cpu_notes(stages=[stage])) is asked
