"""Where pods may run, and where they would rather."""

from intertie.contract import PoolBinding, Toleration
from intertie.plan.types import Plan
from support import plans
from support.workloads import binding, handle, objects, pinned, pod

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
