"""Substitution: the best acceptable accelerator that can be had here, and the reason against each other one."""

from typing import Any

import pytest

from intertie import catalog
from support.pipelines import SMALL_MODEL, choice, only_problem, pipeline, planned, shown_in

LARGE = {"id": "meta-llama/Llama-3.1-405B-Instruct", "parameters": "405e9", "precision": "bf16", "concurrency": 1}
FP8 = {**SMALL_MODEL, "precision": "fp8"}


def rejected(cloud: str, **changes: Any) -> dict[str, str]:
    return dict(choice(planned(cloud, **changes), "stages[generate].accelerator").rejected)


def test_the_first_of_the_list_is_taken_and_the_others_are_less_preferred() -> None:
    plan = planned(stage={"accelerators": ["h100", "l4"]})
    made = choice(plan, "stages[generate].accelerator")
    assert (plan.stage("generate").accelerator, made.rejected) == ("h100", (("l4", "less preferred"),))


def test_an_accelerator_that_the_cloud_does_not_have_is_passed_over() -> None:
    why = rejected("azure", stage={"accelerators": ["tpu-v6e", "h100"]})
    assert why == {"tpu-v6e": "no machine type of azure has it"}


def test_fp8_on_an_accelerator_that_does_not_compute_it_is_passed_over_with_what_it_computes() -> None:
    why = rejected("aws", stage={"model": FP8, "accelerators": ["a100-40gb", "h100"]})
    assert why["a100-40gb"].startswith("it does not compute fp8, but ")
    assert "bf16" in why["a100-40gb"]


def test_a_precision_that_the_runtime_does_not_serve_there_is_passed_over() -> None:
    why = rejected("gcp", stage={"model": {**SMALL_MODEL, "precision": "int8"}, "accelerators": ["tpu-v6e", "l4"]})
    assert why["tpu-v6e"] == "vllm 0.29.0 serves bf16 on it, not int8" or why["tpu-v6e"].startswith(
        "it does not compute int8"
    )


def test_a_runtime_without_an_image_for_it_asks_for_one() -> None:
    stage = {"runtime": "sglang", "accelerators": ["tpu-v6e"]}
    found = only_problem(pipeline("gcp", stage=stage))
    assert "no image of sglang for it is known: write `images: {tpu-v6e: ...}`" in found.hint
    given = {**stage, "images": {"tpu-v6e": "ghcr.io/acme/sglang-tpu:1"}}
    plan = planned("gcp", stage=given, where={"region": shown_in("gcp", "tpu-v6e")})
    assert plan.stage("generate").image == "ghcr.io/acme/sglang-tpu:1"


@pytest.mark.parametrize(
    ("image", "images", "expected"),
    [
        (None, {}, "vllm/vllm-openai"),
        ("ghcr.io/acme/own:1", {}, "ghcr.io/acme/own:1"),
        ("ghcr.io/acme/own:1", {"h100": "ghcr.io/acme/h100:1"}, "ghcr.io/acme/h100:1"),
        (None, {"h100": "ghcr.io/acme/h100:1"}, "ghcr.io/acme/h100:1"),
    ],
)
def test_the_most_particular_image_is_taken(image: str | None, images: dict[str, str], expected: str) -> None:
    plan = planned(stage={"image": image, "images": images})
    assert plan.stage("generate").image.startswith(expected)
    assert choice(plan, "stages[generate].image").why


def test_an_image_that_is_named_for_the_accelerator_is_not_doubted() -> None:
    plan = planned(stage={"image": "ghcr.io/acme/own:1", "images": {"h100": "ghcr.io/acme/own:1"}})
    assert not any("`image` is used on" in note for note in plan.notes)


def test_one_image_for_all_accelerators_is_noted() -> None:
    plan = planned(stage={"image": "ghcr.io/acme/own:1"})
    assert any("`image` is used on nvidia accelerators as it is" in note for note in plan.notes)


def test_a_machine_that_no_source_shows_in_the_region_must_be_named() -> None:
    found = only_problem(pipeline("aws", where={"region": "eu-north-1"}, stage={"accelerators": ["trainium1"]}))
    assert "no source shows trn1" in found.hint
    assert "in eu-north-1; name the machine in `capacity` if your account has it" in found.hint
    ladder = {"generate": [{"kind": "on-demand", "machine": "trn1.2xlarge"}]}
    where = {"region": "eu-north-1", "capacity": ladder}
    plan = planned("aws", where=where, stage={"accelerators": ["trainium1"]})
    assert plan.accelerator_pools()[0].machine == "trn1.2xlarge"
    assert any("no source shows trn1.2xlarge in eu-north-1: the description is trusted" in note for note in plan.notes)


def test_a_model_that_does_not_fit_is_passed_over_with_the_figures() -> None:
    why = rejected("azure", stage={"model": LARGE, "accelerators": ["a10", "h200"]})
    assert "one replica needs 754 GiB of weights" in why["a10"]
    assert "no machine that can be had has a fabric to join several" in why["a10"]


def test_all_reasons_are_in_the_problem_when_none_is_left() -> None:
    found = only_problem(pipeline("azure", stage={"model": FP8, "accelerators": ["tpu-v6e", "a100-80gb", "trainium2"]}))
    assert found.path == "stages[1].accelerators"
    assert found.found == "tpu-v6e, a100-80gb, trainium2 on azure swedencentral"
    assert "tpu-v6e: no machine type of azure has it" in found.hint or "tpu-v6e: it does not compute fp8" in found.hint
    assert "a100-80gb: it does not compute fp8" in found.hint
    assert "trainium2: no machine type of azure has it" in found.hint


def test_the_smallest_machine_that_holds_a_replica_is_taken() -> None:
    assert planned(stage={"accelerators": ["l4"]}).accelerator_pools()[0].machine == "g6.xlarge"
    two = planned(stage={"accelerators": ["l4"], "parallelism": {"tensor": 2}})
    assert two.accelerator_pools()[0].machine == "g6.12xlarge"


def test_each_step_takes_the_smallest_machine_that_is_sold_as_its_kind() -> None:
    pools = planned("gcp").accelerator_pools()
    assert [(pool.kind, pool.machine) for pool in pools] == [("on-demand", "a3-highgpu-8g"), ("spot", "a3-highgpu-1g")]


def test_resources_beside_the_accelerator_must_fit_the_machine() -> None:
    plan = planned(stage={"accelerators": ["l4"], "resources": {"cpu": 12, "memory": "40Gi"}})
    assert plan.accelerator_pools()[0].machine == "g6.4xlarge"
    found = only_problem(pipeline(stage={"accelerators": ["l4"], "resources": {"cpu": 500}}))
    assert "`resources` of the stage are more than g6" in found.hint


def test_a_tpu_replica_is_the_smallest_slice_that_holds_it_and_uses_all_chips() -> None:
    region = shown_in("gcp", "tpu-v6e")
    model = {"id": "meta-llama/Llama-3.3-70B-Instruct", "parameters": "70e9", "concurrency": 2}
    plan = planned("gcp", where={"region": region}, stage={"model": model, "accelerators": ["tpu-v6e"]})
    stage, pool = plan.stage("generate"), plan.accelerator_pools()[0]
    assert stage.sizing is not None
    shapes = {row.topology: row for row in catalog.tpu_topologies("tpu-v6e") if row.machine == pool.machine}
    shape = shapes[pool.topology]
    assert (stage.sizing.tensor, stage.sizing.pipeline, stage.sizing.nodes) == (shape.chips, 1, shape.hosts)
    assert stage.per_pod == pool.per_node
    assert stage.resource == "google.com/tpu"


def test_a_slice_over_several_machines_is_a_pool_per_replica() -> None:
    region = shown_in("gcp", "tpu-v6e")
    stage = {"model": LARGE, "accelerators": ["tpu-v6e"], "replicas": {"min": 1, "max": 3}}
    plan = planned("gcp", where={"region": region}, stage=stage)
    sized = plan.stage("generate").sizing
    assert sized is not None
    assert sized.nodes > 1
    pools = plan.accelerator_pools()
    steps = len({pool.rank for pool in pools})
    assert len(pools) == 3 * steps
    assert all(pool.max_nodes == pool.hosts == sized.nodes for pool in pools)
    assert [pool.min_nodes for pool in pools] == [sized.nodes, *[0] * (len(pools) - 1)]
    assert plan.stage("generate").pools == tuple(pool.name for pool in pools)


def test_too_many_slices_are_a_problem() -> None:
    stage = {"model": LARGE, "accelerators": ["tpu-v6e"], "replicas": {"min": 1, "max": 51}}
    found = only_problem(pipeline("gcp", where={"region": shown_in("gcp", "tpu-v6e")}, stage=stage))
    assert found.path == "stages[1].replicas.max"
    assert "each is a node pool of its own" in found.hint


@pytest.mark.parametrize(
    ("given", "says"),
    [({"tensor": 4}, ""), ({"tensor": 3}, "neither divides"), ({"tensor": 2}, "no slice has that many"),
     ({"tensor": 2, "pipeline": 2}, "`parallelism.pipeline` is 1 on a TPU slice")],
)  # fmt: skip
def test_a_given_parallelism_must_be_a_slice(given: dict[str, int], says: str) -> None:
    stage = {"accelerators": ["tpu-v6e"], "parallelism": given}
    spec = pipeline("gcp", where={"region": shown_in("gcp", "tpu-v6e")}, stage=stage)
    if says:
        assert says in only_problem(spec).hint
    else:
        assert (
            planned("gcp", where={"region": shown_in("gcp", "tpu-v6e")}, stage=stage).accelerator_pools()[0].topology
            == "2x2"
        )


def test_a_custom_image_on_a_tpu_takes_a_slice_with_enough_chips() -> None:
    stage = {
        "runtime": "custom",
        "image": "ghcr.io/acme/own:1",
        "model": None,
        "accelerators": ["tpu-v6e"],
        "accelerator_count": 3,
    }
    plan = planned("gcp", where={"region": shown_in("gcp", "tpu-v6e")}, stage=stage)
    assert plan.accelerator_pools()[0].topology == "2x2"
    alone = {key: value for key, value in stage.items() if key != "accelerator_count"}
    plan = planned("gcp", where={"region": shown_in("gcp", "tpu-v6e")}, stage={**alone, "accelerator_count": None})
    assert plan.accelerator_pools()[0].topology == "1x1"


def test_neuron_devices_are_counted_as_the_resource_counts_them() -> None:
    plan = planned(where={"region": "us-east-1"}, stage={"accelerators": ["inferentia2"]})
    stage = plan.stage("generate")
    devices = catalog.accelerator("inferentia2").devices
    assert stage.sizing is not None
    assert (stage.resource, stage.per_pod) == ("aws.amazon.com/neuron", stage.sizing.accelerators * devices)


def test_the_ladder_holds_to_the_smallest_of_its_machines() -> None:
    ladder = {"generate": [{"kind": "odcr", "id": "cr-0a", "machine": "p5.4xlarge", "zone": "us-east-1b", "count": 8}]}
    model = {"id": "meta-llama/Llama-3.3-70B-Instruct", "parameters": "70e9", "precision": "fp8", "concurrency": 1}
    plan = planned(stage={"model": model, "replicas": 1}, where={"capacity": ladder})
    sized = plan.stage("generate").sizing
    assert sized is not None
    assert (sized.tensor, sized.pipeline, sized.nodes) == (1, 2, 2)
