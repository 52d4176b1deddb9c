"""What replicas are scaled on, and between which bounds."""

import pytest

from support import plans
from support.workloads import handle, objects, pinned, spanning, stage_spec, staged


def trigger(plan) -> dict:
    return objects(plan)["generate-autoscaler"]["spec"]["triggers"][0]


def test_cpu_stages_are_scaled_on_cpu() -> None:
    scaler = objects(plans.plan())["prepare-autoscaler"]
    assert (scaler["apiVersion"], scaler["kind"]) == ("autoscaling/v2", "HorizontalPodAutoscaler")
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (2, 6)
    assert scaler["spec"]["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}
    assert scaler["spec"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "prepare"}


@pytest.mark.parametrize(
    ("runtime", "metric", "port"),
    [
        ("vllm", "vllm:num_requests_waiting", 8000),
        ("sglang", "sglang:num_queue_reqs", 8000),
        ("triton", "nv_inference_pending_request_count", 8002),
    ],
)
def test_accelerated_stages_are_scaled_on_the_requests_that_wait(runtime: str, metric: str, port: int) -> None:
    args = ["--model-repository=/models"] if runtime == "triton" else []
    plan = stage_spec(pinned(plans.plan(), runtime), "generate", args=args)
    scaler = objects(plan)["generate-autoscaler"]
    assert (scaler["apiVersion"], scaler["kind"]) == ("keda.sh/v1alpha1", "ScaledObject")
    asked = scaler["spec"]["triggers"][0]
    assert asked["type"] == "metrics-api"
    assert asked["metadata"]["valueLocation"] == metric
    assert asked["metadata"]["format"] == "prometheus"
    assert asked["metadata"]["url"] == f"http://generate.chat.svc.cluster.local:{port}/metrics"


def test_every_replica_is_asked_and_the_sum_is_shared_between_them() -> None:
    asked = trigger(pinned(plans.plan()))
    assert asked["metricType"] == "AverageValue"
    assert asked["metadata"]["aggregateFromKubeServiceEndpoints"] == "true"
    assert asked["metadata"]["aggregationType"] == "sum"


@pytest.mark.parametrize("name", ["keda", "scaler"])
def test_a_keda_of_unknown_release_is_not_asked_to_add_up(name: str) -> None:
    plan = pinned(plans.plan())
    asked = objects(plan, handle(plan, provided=frozenset({name})))["generate-autoscaler"]["spec"]["triggers"][0]
    assert asked["metricType"] == "Value"
    assert not {key for key in asked["metadata"] if key.startswith("aggregat")}
    assert asked["metadata"]["valueLocation"] == "vllm:num_requests_waiting"


def test_all_metadata_of_a_trigger_is_text_as_keda_wants_it() -> None:
    assert all(isinstance(value, str) for value in trigger(pinned(plans.plan()))["metadata"].values())


def test_bounds_come_from_the_plan() -> None:
    spec = objects(staged(pinned(plans.plan()), "generate", min_replicas=2, max_replicas=5))["generate-autoscaler"][
        "spec"
    ]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, 5)


def test_groups_are_scaled_as_groups() -> None:
    target = objects(spanning(pinned(plans.plan())))["generate-autoscaler"]["spec"]["scaleTargetRef"]
    assert target == {"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet", "name": "generate"}


def test_the_description_may_name_metric_and_target() -> None:
    plan = stage_spec(pinned(plans.plan()), "generate", scaling={"metric": "vllm:num_requests_running", "target": 12.5})
    metadata = trigger(plan)["metadata"]
    assert (metadata["valueLocation"], metadata["targetValue"]) == ("vllm:num_requests_running", "12.5")


def test_an_accelerated_stage_may_be_scaled_on_cpu() -> None:
    plan = stage_spec(pinned(plans.plan()), "generate", scaling={"metric": "cpu", "target": 50})
    scaler = objects(plan)["generate-autoscaler"]
    assert scaler["kind"] == "HorizontalPodAutoscaler"
    assert scaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 50


def test_a_cpu_stage_may_be_scaled_on_a_metric_of_its_image() -> None:
    plan = stage_spec(plans.plan(), "prepare", scaling={"metric": "prepare_jobs_waiting", "target": 3})
    scaler = objects(plan)["prepare-autoscaler"]
    assert scaler["kind"] == "ScaledObject"
    assert scaler["spec"]["triggers"][0]["metadata"]["url"].endswith(":8080/metrics")


def test_a_replica_that_took_long_to_load_is_not_taken_down_in_the_first_quiet_minute() -> None:
    plan = staged(pinned(plans.plan()), "generate", load_seconds=1500)
    behavior = objects(plan)["generate-autoscaler"]["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] == 1500


def test_the_window_stays_within_what_kubernetes_takes() -> None:
    plan = staged(pinned(plans.plan()), "generate", load_seconds=20_000)
    behavior = objects(plan)["generate-autoscaler"]["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] == 3600
