"""Where pods may run, and where they would rather."""

from typing import Any

import pytest

from intertie.contract import PoolBinding, Toleration
from intertie.plan import resolve
from intertie.plan.types import Plan
from intertie.spec import PipelineSpec
from support import plans
from support.workloads import binding, handle, objects, pinned, pod, spanning

GPU = Toleration("nvidia.com/gpu", "Equal", "present")
SPOT = Toleration("example.com/spot", "Equal", "true")


def ladder() -> Plan:
    return pinned(plans.plan("aws", tuple(plans.accelerator_pool("aws", "on-demand", rank) for rank in range(3))))


def scheduled(*pools: PoolBinding) -> dict:
    plan = pinned(
        plans.plan("aws", tuple(plans.accelerator_pool("aws", "on-demand", rank) for rank in range(len(pools))))
    )
    named = {f"generate{rank}": pool for rank, pool in enumerate(pools)}
    return pod(objects(plan, handle(plan, pools={**handle(plan).pools, **named}))["generate-deployment"])


def required(spec: dict) -> list[dict[str, list[str]]]:
    """The alternatives that the pod may run on, as label → values."""
    affinity = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    return [
        {rule["key"]: rule["values"] for rule in term["matchExpressions"]} for term in affinity["nodeSelectorTerms"]
    ]


def test_one_pool_is_chosen_by_its_labels_alone() -> None:
    spec = scheduled(binding("generate0"))
    assert spec["nodeSelector"] == {"intertie.dev/pool": "generate0"}
    assert "affinity" not in spec


def test_labels_that_all_pools_have_select_and_the_rest_are_alternatives() -> None:
    spec = scheduled(
        PoolBinding({"model": "h100", "pool": "a"}),
        PoolBinding({"model": "h100", "pool": "b"}),
    )
    assert spec["nodeSelector"] == {"model": "h100"}
    assert required(spec) == [{"pool": ["a"]}, {"pool": ["b"]}]


def test_earlier_steps_of_the_ladder_weigh_more() -> None:
    spec = pod(objects(ladder())["generate-deployment"])
    preferred = spec["affinity"]["nodeAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    weights = [term["weight"] for term in preferred]
    pools = [term["preference"]["matchExpressions"][0]["values"][0] for term in preferred]
    assert pools == ["generate0", "generate1", "generate2"]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == 3
    assert all(1 <= weight <= 100 for weight in weights)


def test_a_pool_without_labels_of_its_own_leaves_only_preferences() -> None:
    spec = scheduled(PoolBinding({"model": "h100"}), PoolBinding({"model": "h100", "pool": "b"}))
    affinity = spec["affinity"]["nodeAffinity"]
    assert "requiredDuringSchedulingIgnoredDuringExecution" not in affinity
    assert len(affinity["preferredDuringSchedulingIgnoredDuringExecution"]) == 1


def test_the_taints_of_all_pools_are_tolerated_once() -> None:
    spec = scheduled(
        binding("generate0", tolerations=(GPU,)),
        binding("generate1", tolerations=(GPU, SPOT)),
    )
    assert spec["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"},
        {"key": "example.com/spot", "operator": "Equal", "value": "true", "effect": "NoSchedule"},
    ]


def test_a_toleration_of_any_value_has_none() -> None:
    spec = scheduled(binding("generate0", tolerations=(Toleration("nvidia.com/gpu", "Exists", "", ""),)))
    assert spec["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists"}]


def slices(count: int, hosts: int = 2, **changes: int) -> Plan:
    """Replicas over TPU slices: each slice is a pool of its own, whole or empty."""
    size = {"min_nodes": 0, "max_nodes": hosts, "initial_nodes": 0, "hosts": hosts, **changes}
    pools = tuple(plans.accelerator_pool("gcp", "on-demand", rank, **size) for rank in range(count))
    return spanning(pinned(plans.plan("gcp", pools), "vllm", "tpu-v6e", "google"), hosts)


def group(plan: Plan, **changes: Any) -> dict[str, Any]:
    return objects(plan, handle(plan, **changes))["generate-group"]


@pytest.mark.parametrize("count", [1, 3])
def test_a_replica_has_its_slice_to_itself(count: int) -> None:
    made = group(slices(count))
    assert made["metadata"]["annotations"] == {
        "leaderworkerset.sigs.k8s.io/exclusive-topology": "intertie.dev/pool",
    }


def test_slices_that_the_plan_makes_are_as_large_as_one_replica() -> None:
    """From a description: 16 chips of a v6e are four machines, and each of the two replicas gets a pool of four."""
    data = plans.spec_data("gcp")
    data["stages"][1] = {
        "name": "generate", "after": ["prepare"], "image": f"ghcr.io/acme/serve@{plans.DIGEST}",
        "accelerators": ["tpu-v6e"], "accelerator_count": 16, "replicas": "1..2",
    }  # fmt: skip
    data["placements"]["here"] |= {"region": "us-east5", "zones": ["us-east5-b"], "capacity": {"generate": "on-demand"}}
    plan = resolve(PipelineSpec.model_validate({**data, "residency": ["us"]}), "here")
    pools = {name: plan.pool(name) for name in plan.stage("generate").pools}
    assert [pool.max_nodes for pool in pools.values()] == [4, 4]
    assert "annotations" in group(plan)["metadata"]


def over_two_nodes(*ranks: int) -> Plan:
    """Replicas over two machines on a ladder whose pools hold two replicas each."""
    return spanning(pinned(plans.plan("aws", tuple(plans.accelerator_pool("aws", "spot", rank) for rank in ranks))))


def test_replicas_may_share_a_pool_of_gpus_but_none_spans_two_pools() -> None:
    made = group(over_two_nodes(0, 1))
    assert "annotations" not in made["metadata"]
    for part in ("leader", "worker"):
        affinity = pod(made, part)["affinity"]
        assert affinity["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] == [
            {
                "labelSelector": {"matchLabels": {"intertie.dev/pipeline": "chat", "intertie.dev/stage": "generate"}},
                "matchLabelKeys": ["leaderworkerset.sigs.k8s.io/group-key"],
                "topologyKey": "intertie.dev/pool",
            }
        ]
        assert "preferredDuringSchedulingIgnoredDuringExecution" in affinity["nodeAffinity"]


def test_within_one_pool_there_is_nothing_to_keep_together() -> None:
    assert "affinity" not in pod(group(over_two_nodes(0)))


def test_pools_of_one_replica_each_are_exclusive_whatever_their_accelerators() -> None:
    size = {"max_nodes": 2, "hosts": 2}
    pools = tuple(plans.accelerator_pool("aws", "on-demand", rank, **size) for rank in range(2))
    made = group(spanning(pinned(plans.plan("aws", pools))))
    assert made["metadata"]["annotations"]["leaderworkerset.sigs.k8s.io/exclusive-topology"] == "intertie.dev/pool"
    assert "podAffinity" not in pod(made)["affinity"]


def test_nothing_is_asked_of_labels_that_an_adopted_clusters_nodes_do_not_have() -> None:
    """A required term on a label that no node has would keep every pod from running."""
    plan = over_two_nodes(0, 1)
    named = {f"generate{rank}": PoolBinding({"acme.example.com/pool": str(rank)}) for rank in range(2)}
    made = group(plan, pools={**handle(plan).pools, **named})
    assert "annotations" not in made["metadata"]
    assert "podAffinity" not in pod(made)["affinity"]


def test_a_replica_on_one_node_needs_none_of_this() -> None:
    assert "podAffinity" not in str(objects(ladder())["generate-deployment"])


def test_pods_spread_over_zones_and_cpu_pods_over_nodes_too() -> None:
    made = objects(ladder())
    keys = {
        role: [one["topologyKey"] for one in pod(made[f"{role}-deployment"])["topologySpreadConstraints"]]
        for role in ("prepare", "generate")
    }
    assert keys == {
        "prepare": ["topology.kubernetes.io/zone", "kubernetes.io/hostname"],
        "generate": ["topology.kubernetes.io/zone"],
    }


def test_a_full_zone_never_keeps_a_pod_from_running() -> None:
    for body in objects(ladder()).values():
        if body["kind"] == "Deployment":
            for one in pod(body)["topologySpreadConstraints"]:
                assert one["whenUnsatisfiable"] == "ScheduleAnyway"
