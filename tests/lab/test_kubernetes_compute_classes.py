"""Pools of a ladder on GKE grow in the order of its ComputeClass, and only those that are of the class."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.lab import autoscaler, compute_classes
from intertie.lab.compute_classes import KEY, ComputeClass
from intertie.lab.world import Cluster, Pool

CLUSTER = Cluster("c", "gcp", "here", "c", "running")
NODE = {"cpu": "12", "memory": "85Gi", "pods": "110", "nvidia.com/gpu": "1"}
TAINTS = (f"{KEY}=chat:NoSchedule",)


def step(name: str, market: str = "on-demand", most: int = 2) -> Pool:
    return Pool("c", name, "m", (), 0, most, 0, {KEY: "chat", "pool": name}, TAINTS, NODE, market)


FIRST, SECOND, LAST = step("first"), step("second", "spot"), step("last")


def pod(name: str, asks: str = "chat") -> dict[str, Any]:
    """A pod that the scheduler placed nowhere."""
    selector = {KEY: asks} if asks else {}
    spec = {
        "containers": [{"resources": {"requests": {"cpu": "1", "nvidia.com/gpu": "1"}}}],
        "nodeSelector": selector,
        "tolerations": [{"key": KEY, "operator": "Exists"}],
    }
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    return {"metadata": {"name": name, "uid": name}, "spec": spec, "status": {"conditions": [condition]}}


def described(*rules: list[str], **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": "chat"}, "spec": {"priorities": [{"nodepools": rule} for rule in rules], **more}}


ORDER = described(["first"], ["second"], ["last"], whenUnsatisfiable="DoNotScaleUp")


def grown(
    pods: int = 1,
    objects: tuple[Mapping[str, Any], ...] = (ORDER,),
    pools: tuple[Pool, ...] = (FIRST, SECOND, LAST),
    asks: str = "chat",
    **more: Any,
) -> dict[str, int]:
    waiting = [pod(str(number), asks) for number in range(pods)]
    found = compute_classes.read(objects)
    sight = autoscaler.Sight(CLUSTER, pools, [], waiting, {}, classes=found, **more)
    return {growth.pool: growth.nodes for growth in autoscaler.grow(sight)}


def test_the_first_step_grows_though_a_later_one_is_cheaper() -> None:
    assert grown() == {"first": 1}


def test_the_next_step_grows_when_the_one_before_it_is_full() -> None:
    assert grown(5) == {"first": 2, "second": 2, "last": 1}


def test_a_step_that_the_cloud_has_no_machines_for_is_passed_over() -> None:
    assert grown(exhausted=frozenset({"first"})) == {"second": 1}
    assert grown(exhausted=frozenset({"first", "second"})) == {"last": 1}


def test_the_order_is_the_classs_and_not_that_of_the_pools() -> None:
    assert grown(objects=(described(["last"], ["first"]),)) == {"last": 1}


def test_within_one_rule_no_order_is_kept_and_the_cheapest_grows() -> None:
    assert grown(objects=(described(["first", "second"]),)) == {"second": 1}


def test_a_pool_that_no_rule_names_grows_only_where_the_class_says_anyway() -> None:
    assert grown(3, objects=(described(["first"]),)) == {"first": 2}
    anyway = described(["first"], whenUnsatisfiable="ScaleUpAnyway")
    assert grown(3, objects=(anyway,)) == {"first": 2, "second": 1}


@pytest.mark.parametrize(
    "loose",
    [replace(FIRST, labels={**FIRST.labels, KEY: "other"}), replace(FIRST, taints=()), replace(FIRST, labels={})],
    ids=["another class", "no taint", "no label"],
)
def test_a_pool_that_is_not_of_the_class_by_label_and_taint_never_grows_for_it(loose: Pool) -> None:
    assert grown(pools=(loose,)) == {}
    assert grown(pools=(loose, SECOND)) == {"second": 1}


def test_for_a_class_that_is_not_there_nothing_grows() -> None:
    assert grown(objects=()) == {}
    assert grown(asks="other") == {}


def test_without_a_class_gke_takes_spot_machines_first_for_they_cost_less() -> None:
    assert grown(asks="", objects=()) == {"second": 1}


@given(st.permutations(["first", "second", "last"]), st.integers(1, 6))
def test_no_step_grows_while_an_earlier_one_has_room(order: list[str], pods: int) -> None:
    made = grown(pods, objects=(described(*([name] for name in order)),))
    assert made == {name: room for number, name in enumerate(order) if (room := min(2, pods - 2 * number)) > 0}


@pytest.mark.parametrize("odd", [{}, {"spec": None}, {"spec": {"priorities": [{"machineFamily": "n4"}]}}])
def test_a_class_without_pools_lets_nothing_grow(odd: Mapping[str, Any]) -> None:
    assert compute_classes.read([{"metadata": {"name": "chat"}, **odd}])["chat"].steps([FIRST]) in ([], [[]])
    assert ComputeClass("chat").steps([FIRST]) == []
