"""Pools grow for pods that nothing else holds up, in the order that the priority expander is told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from intertie.lab import autoscaler, nodes, scheduling
from intertie.lab.autoscaler import Sight
from intertie.lab.world import Cluster, Pool

CLUSTER = Cluster("c", "azure", "here", "c", "running")
BIG = {"cpu": "96", "memory": "900Gi", "pods": "110", "nvidia.com/gpu": "8"}
TAINT = ("nvidia.com/gpu=present:NoSchedule",)
POOLS = [
    Pool("c", "generate0", "m", (), 0, 2, 0, {"stage": "generate", "pool": "generate0"}, TAINT, BIG),
    Pool("c", "generate1", "m", (), 0, 4, 0, {"stage": "generate", "pool": "generate1"}, TAINT, BIG),
    Pool("c", "general", "s", (), 1, 3, 0, {"pool": "general"}, (), {"cpu": "4", "memory": "16Gi", "pods": "110"}),
]


def pod(name: str, gpus: int = 8, cpu: str = "1", **spec: Any) -> dict[str, Any]:
    """A pod that the scheduler placed nowhere."""
    requests = {"cpu": cpu, **({"nvidia.com/gpu": str(gpus)} if gpus else {})}
    tolerations = [{"key": "nvidia.com/gpu", "operator": "Exists"}] if gpus else []
    return {
        "metadata": {"name": name, "uid": name, "namespace": "default"},
        "spec": {"containers": [{"resources": {"requests": requests}}], "tolerations": tolerations, **spec},
        "status": {"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]},
    }


def sight(
    pods: Sequence[Mapping[str, Any]],
    there: Sequence[Mapping[str, Any]] = (),
    pools: Sequence[Pool] = tuple(POOLS),
    **more: Any,
) -> Sight:
    return Sight(CLUSTER, pools, there, pods, more.pop("priorities", {}), **more)


def grown(*args: Any, **more: Any) -> dict[str, int]:
    return {growth.pool: growth.nodes for growth in autoscaler.grow(sight(*args, **more))}


LADDER = {100: ["^aks-generate0-"], 99: ["^aks-generate1-"], 1: [".*"]}


def test_a_pool_at_zero_grows_for_a_pod_that_fits_its_nodes() -> None:
    assert grown([pod("a", 0)]) == {"general": 1}
    assert grown([]) == {}


def test_the_ladder_is_climbed_in_the_order_of_the_priorities() -> None:
    three = [pod(name) for name in "abc"]
    assert grown(three, priorities=LADDER) == {"generate0": 2, "generate1": 1}
    other_way = {1: ["^aks-generate0-"], 2: ["^aks-generate1-"]}
    assert grown(three, priorities=other_way) == {"generate1": 3}


def test_pods_share_a_node_where_they_fit_together() -> None:
    assert grown([pod(name, 4) for name in "abcd"], priorities=LADDER) == {"generate0": 2}


def test_no_pool_grows_beyond_its_maximum() -> None:
    assert grown([pod(str(number)) for number in range(20)], priorities=LADDER) == {"generate0": 2, "generate1": 4}


def test_a_pool_that_could_not_grow_is_passed_over() -> None:
    assert grown([pod("a")], priorities=LADDER, exhausted=frozenset({"generate0"})) == {"generate1": 1}


def test_nodes_on_their_way_are_waited_for() -> None:
    pools = [replace(POOLS[0], desired=1), *POOLS[1:]]
    assert grown([pod("a")], pools=pools) == {}
    assert grown([pod("a"), pod("b")], pools=pools, priorities=LADDER) == {"generate0": 1}


def test_a_node_whose_devices_are_not_there_yet_is_waited_for() -> None:
    """A plugin that never comes leaves the pod pending, and does not buy one machine after another."""
    pools = [replace(POOLS[0], desired=1), *POOLS[1:]]
    joined = nodes.node(CLUSTER, pools[0], 0, "")
    assert "nvidia.com/gpu" not in joined["status"]["allocatable"]
    assert grown([pod("a")], [joined], pools) == {}


def test_what_runs_on_a_node_leaves_no_room_on_it() -> None:
    pools = [replace(POOLS[0], desired=1), *POOLS[1:]]
    joined = nodes.node(CLUSTER, pools[0], 0, "")
    running = pod("there", 8, nodeName=joined["metadata"]["name"])
    assert grown([running, pod("a")], [joined], pools, priorities=LADDER) == {"generate0": 1}


@pytest.mark.parametrize(
    "spec",
    [
        {"tolerations": []},
        {"nodeSelector": {"stage": "other"}},
        {"nodeSelector": {"stage": "generate"}, "tolerations": [{"key": "nvidia.com/gpu", "value": "other"}]},
    ],
)
def test_no_pool_grows_for_a_pod_that_none_of_its_nodes_would_take(spec: dict[str, Any]) -> None:
    assert grown([pod("a", **spec)]) == {}


def test_a_pod_that_asks_for_more_than_any_machine_has_grows_nothing() -> None:
    assert grown([pod("a", 16)]) == {}
    assert grown([pod("a", 0, cpu="500")]) == {}


def test_without_priorities_the_pool_goes_first_that_is_left_with_the_least() -> None:
    small = Pool("c", "small", "s", (), 0, 3, 0, {}, (), {"cpu": "2", "memory": "8Gi", "pods": "110"})
    assert grown([pod("a", 0)], pools=[POOLS[2], small]) == {"small": 1}


def test_the_table_of_priorities_is_read_as_it_stands_in_its_config_map() -> None:
    text = '100: ["^aks-generate0-"]\n1: [".*"]\n'
    assert autoscaler.priorities({"data": {"priorities": text}}) == {100: ["^aks-generate0-"], 1: [".*"]}


@pytest.mark.parametrize("config", [None, {}, {"data": {"priorities": "no: [table"}}, {"data": {"priorities": "a: b"}}])
def test_a_table_that_cannot_be_read_has_no_say(config: Any) -> None:
    assert autoscaler.priorities(config) == {}


def test_a_node_with_nothing_but_daemon_sets_is_idle() -> None:
    there = [{"metadata": {"name": name}} for name in ("a", "b", "c")]
    daemon = {"metadata": {"ownerReferences": [{"kind": "DaemonSet"}]}, "spec": {"nodeName": "a"}}
    done = {"metadata": {}, "spec": {"nodeName": "b"}, "status": {"phase": "Succeeded"}}
    busy = {"metadata": {}, "spec": {"nodeName": "c"}, "status": {"phase": "Running"}}
    assert autoscaler.idle(there, [daemon, done, busy]) == {"a", "b"}


@pytest.mark.parametrize(
    ("toleration", "tolerated"),
    [
        ({"operator": "Exists"}, True),
        ({"key": "k", "operator": "Exists"}, True),
        ({"key": "k", "value": "v", "effect": "NoSchedule"}, True),
        ({"key": "k", "value": "v", "effect": "NoExecute"}, False),
        ({"key": "k", "value": "w"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_taints_are_tolerated_as_kubernetes_documents(toleration: dict[str, str], tolerated: bool) -> None:
    taint = {"key": "k", "value": "v", "effect": "NoSchedule"}
    assert scheduling.tolerates([toleration], [taint]) is tolerated
    assert scheduling.tolerates([], [{**taint, "effect": "PreferNoSchedule"}])


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ({"key": "zone", "operator": "In", "values": ["a", "b"]}, True),
        ({"key": "zone", "operator": "In", "values": ["c"]}, False),
        ({"key": "zone", "operator": "NotIn", "values": ["c"]}, True),
        ({"key": "zone", "operator": "Exists"}, True),
        ({"key": "none", "operator": "Exists"}, False),
        ({"key": "none", "operator": "DoesNotExist"}, True),
        ({"key": "size", "operator": "Gt", "values": ["3"]}, True),
        ({"key": "size", "operator": "Lt", "values": ["3"]}, False),
    ],
)
def test_node_affinity_is_matched_as_kubernetes_documents(expression: dict[str, Any], fits: bool) -> None:
    pool = replace(POOLS[2], labels={"zone": "a", "size": "4"})
    node = nodes.template(CLUSTER, pool)
    terms = {
        "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    }
    wanted = pod("a", 0, affinity={"nodeAffinity": terms})
    assert scheduling.fits(wanted, node, scheduling.room(node, [])) is fits
