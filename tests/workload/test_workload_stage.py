"""The objects of one stage: what runs it, how many, how it is updated and drained."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intertie.plan.types import Plan
from support import plans
from support.workloads import container, generate, handle, objects, option, pinned, pod, spanning, stage_spec, staged

SLUG = st.from_regex(r"\A[a-z]([a-z0-9-]{0,28}[a-z0-9])?\Z")


def test_a_stage_on_one_node_is_a_deployment() -> None:
    made = objects(pinned(plans.plan()))
    assert made["generate-deployment"]["kind"] == "Deployment"
    assert "generate-group" not in made


def test_a_replica_over_several_nodes_is_a_group_of_that_size() -> None:
    group = objects(spanning(pinned(plans.plan()), 3))["generate-group"]
    assert (group["apiVersion"], group["kind"]) == ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet")
    template = group["spec"]["leaderWorkerTemplate"]
    assert template["size"] == 3
    assert template["restartPolicy"] == "RecreateGroupOnPodRestart"


def test_the_leader_serves_and_the_others_join_it() -> None:
    group = objects(spanning(pinned(plans.plan())))["generate-group"]
    leader, worker = container(group, "leader"), container(group, "worker")
    for one in (leader, worker):
        assert option(one["args"], "--nnodes") == "$(LWS_GROUP_SIZE)"
        assert option(one["args"], "--node-rank") == "$(LWS_WORKER_INDEX)"
        assert option(one["args"], "--master-addr") == "$(LWS_LEADER_ADDRESS)"
        assert option(one["args"], "--tensor-parallel-size") == "8"
        assert option(one["args"], "--pipeline-parallel-size") == "2"
    assert "--headless" in worker["args"]
    assert "--headless" not in leader["args"]


def test_only_the_leader_is_asked_whether_it_is_ready() -> None:
    group = objects(spanning(pinned(plans.plan())))["generate-group"]
    leader, worker = container(group, "leader"), container(group, "worker")
    assert {"startupProbe", "readinessProbe", "livenessProbe", "ports"} <= leader.keys()
    assert not {"startupProbe", "readinessProbe", "livenessProbe", "ports"} & worker.keys()


def test_requests_go_to_leaders_only() -> None:
    made = objects(spanning(pinned(plans.plan())))
    chosen = made["generate-service"]["spec"]["selector"]
    template = made["generate-group"]["spec"]["leaderWorkerTemplate"]
    assert chosen.items() <= template["leaderTemplate"]["metadata"]["labels"].items()
    assert not chosen.items() <= template["workerTemplate"]["metadata"]["labels"].items()


def test_an_autoscaled_stage_has_no_count_that_an_update_could_reset() -> None:
    made = objects(pinned(plans.plan()))
    assert "replicas" not in made["generate-deployment"]["spec"]
    assert "replicas" not in made["prepare-deployment"]["spec"]


def test_a_fixed_count_is_written_down_and_has_no_autoscaler() -> None:
    made = objects(staged(pinned(plans.plan()), "generate", min_replicas=3, max_replicas=3))
    assert made["generate-deployment"]["spec"]["replicas"] == 3
    assert "generate-autoscaler" not in made


@pytest.mark.parametrize("shape", [pinned, lambda plan: spanning(pinned(plan))])
def test_a_pilot_runs_nothing_and_nothing_in_it_can_grow(shape) -> None:
    made = objects(replace(shape(plans.plan()), tier="pilot"))
    running = [body for body in made.values() if body["kind"] in ("Deployment", "LeaderWorkerSet")]
    assert [body["spec"]["replicas"] for body in running] == [0, 0]
    assert not [role for role in made if role.endswith("-autoscaler")]


def test_a_drain_may_always_take_one_pod() -> None:
    for plan in (plans.plan(), staged(plans.plan(), "generate", min_replicas=1, max_replicas=1)):
        budgets = [body for body in objects(plan).values() if body["kind"] == "PodDisruptionBudget"]
        assert len(budgets) == 2
        for budget in budgets:
            assert budget["spec"]["maxUnavailable"] == 1
            assert "minAvailable" not in budget["spec"]
            assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_an_update_adds_a_replica_first() -> None:
    made = objects(pinned(plans.plan()))
    for role in ("prepare-deployment", "generate-deployment"):
        assert made[role]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_an_update_of_several_accelerated_replicas_needs_no_spare_machine() -> None:
    made = objects(staged(pinned(plans.plan()), "generate", min_replicas=2))
    assert made["generate-deployment"]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


def test_a_rollout_is_given_the_time_that_loading_takes() -> None:
    made = objects(staged(pinned(plans.plan()), "generate", load_seconds=2400))
    assert made["generate-deployment"]["spec"]["progressDeadlineSeconds"] > 2400


def test_pods_run_under_the_account_that_the_platform_binds() -> None:
    made = objects(pinned(plans.plan()))
    assert made["generate-account"]["metadata"]["name"] == "chat-generate"
    assert pod(made["generate-deployment"])["serviceAccountName"] == "chat-generate"


def test_pods_get_no_token_for_the_kubernetes_api() -> None:
    made = objects(pinned(plans.plan()))
    assert made["generate-account"]["automountServiceAccountToken"] is False
    assert pod(made["generate-deployment"])["automountServiceAccountToken"] is False


@given(pipeline=SLUG, stage=SLUG, nodes=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_names_fit_where_kubernetes_puts_them(pipeline: str, stage: str, nodes: int) -> None:
    plan = renamed(pinned(plans.plan()), pipeline, stage)
    plan = staged(plan, stage, sizing=replace(plan.stage(stage).sizing, nodes=nodes))  # type: ignore[type-var]
    for body in objects(plan, handle(plan)).values():
        name = body["metadata"]["name"]
        assert len(name) <= 63
        # a group's pods are called <name>-<group>-<worker>, and a revision hash of 11 is put behind in their labels
        if body["kind"] == "LeaderWorkerSet":
            assert len(f"{name}-99") + 11 <= 63
        if body["kind"] in ("Deployment", "ScaledObject"):
            assert len(f"keda-hpa-{name}") <= 63
        for key, value in body["metadata"].get("labels", {}).items():
            assert len(key.rpartition("/")[2]) <= 63
            assert len(value) <= 63


def renamed(plan: Plan, pipeline: str, stage: str) -> Plan:
    """The plan of a pipeline with another name, whose stage `generate` has another one."""
    first = "first" if stage != "first" else "other"
    data = plan.spec.model_dump(mode="json", exclude_unset=True)
    data["name"] = pipeline
    data["stages"][0]["name"], data["stages"][1]["name"] = first, stage
    data["stages"][1]["after"] = [first]
    spec = type(plan.spec).model_validate(data)
    stages = (
        replace(plan.stages[0], name=first, spec=spec.stages[0]),
        replace(generate(plan), name=stage, spec=spec.stages[1]),
    )
    return replace(plan, spec=spec, namespace=pipeline, stages=stages)


def test_a_stage_keeps_its_name_in_its_objects() -> None:
    plan = stage_spec(pinned(plans.plan()), "generate", port=9000)
    service = objects(plan)["generate-service"]
    assert service["metadata"]["name"] == "generate"
    assert service["spec"]["ports"] == [{"name": "http", "port": 9000, "targetPort": 9000, "protocol": "TCP"}]


def test_the_metrics_port_of_a_runtime_that_has_its_own_is_served_too() -> None:
    plan = pinned(plans.plan(), "triton")
    plan = stage_spec(plan, "generate", args=["--model-repository", "/models"])
    ports = {port["name"]: port["port"] for port in objects(plan)["generate-service"]["spec"]["ports"]}
    assert ports == {"http": 8000, "metrics": 8002}


def test_an_apply_does_not_wait_for_endpoints_that_a_stage_of_no_replicas_never_has() -> None:
    made = objects(pinned(replace(plans.plan("gcp"), tier="pilot")))
    assert made["generate-deployment"]["spec"]["replicas"] == 0
    assert made["generate-service"]["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"
