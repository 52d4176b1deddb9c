"""The order in which the pools of a stage grow: a ComputeClass per ladder, and nodes and pods that belong to it."""

from functools import cache
from typing import Any

import pytest

from intertie.contract import Toleration
from intertie.graph import UNKNOWN, check
from intertie.plan import LABEL
from intertie.plan.generations import RETIRING
from intertie.workload import render
from support.building import Built, build
from support.gke import KINDS, ladder, made, placed, pool, tpu_pool

CLASS = "kubernetes:cloud.google.com/v1:ComputeClass"
KEY = "cloud.google.com/compute-class"
NODE_TAINT = {"key": KEY, "value": "ladder-generate", "effect": "NO_SCHEDULE"}


@cache
def one_step() -> Built:
    return build(placed(pool()))


@cache
def two_generations() -> Built:
    """Pools of the second generation, beside those of the first that retire."""
    old = [pool(rank=rank, name=f"old{rank}", taints=(RETIRING,), retiring=True) for rank in range(2)]
    new = [pool(rank=rank, generation=2) for rank in range(2)]
    return build(placed(*new, *old))


def spec(built: Built, name: str = "generate") -> dict[str, Any]:
    return built.inputs(CLASS, f"ladder-{name}")["spec"]


def node(built: Built, name: str) -> dict[str, Any]:
    return made(built, name).inputs["nodeConfig"]


def test_the_pools_of_a_ladder_grow_in_its_order_each_by_a_rule_of_its_own() -> None:
    """Pools of one rule grow in no order that anybody knows."""
    assert spec(ladder())["priorities"] == [{"nodepools": [f"generate{rank}"]} for rank in range(len(KINDS))]
    assert check(ladder().graph) == ()


def test_the_order_is_the_ladders_and_not_that_of_the_plans_pools() -> None:
    turned = build(placed(pool("spot", 1), pool("on-demand", 0)))
    assert spec(turned)["priorities"] == [{"nodepools": ["generate0"]}, {"nodepools": ["generate1"]}]


def test_where_no_step_has_room_nothing_else_grows() -> None:
    assert spec(ladder())["whenUnsatisfiable"] == "DoNotScaleUp"
    assert spec(ladder())["nodePoolAutoCreation"] == {"enabled": False}


def test_a_replica_that_serves_is_not_moved_to_an_earlier_step() -> None:
    assert spec(ladder())["activeMigration"] == {"optimizeRulePriority": False}


def test_nodes_of_a_ladder_are_of_its_class_by_label_and_by_taint() -> None:
    for rank in range(len(KINDS)):
        config = node(ladder(), f"generate{rank}")
        assert config["labels"][KEY] == "ladder-generate"
        assert NODE_TAINT in config["taints"]
    for name in ("system", "general"):
        config = node(ladder(), name)
        assert KEY not in config["labels"]
        assert all(taint["key"] != KEY for taint in config.get("taints", ()))


def test_pods_of_a_ladder_ask_for_its_class_and_tolerate_its_nodes() -> None:
    handle = ladder().handle
    assert handle is not None
    for rank in range(len(KINDS)):
        bound = handle.pools[f"generate{rank}"]
        assert bound.selector[KEY] == "ladder-generate"
        assert Toleration(KEY, "Equal", "ladder-generate", "NoSchedule") in bound.tolerations
    assert KEY not in handle.pools["general"].selector


def test_every_pod_of_a_ladder_asks_for_the_class_whichever_step_it_comes_to() -> None:
    handle = ladder().handle
    assert handle is not None
    planned = placed(*(pool(kind, rank) for rank, kind in enumerate(KINDS)))
    (deployment,) = [each for each in render(planned, handle) if each.role == "generate-deployment"]
    pod = deployment.body["spec"]["template"]["spec"]
    assert pod["nodeSelector"][KEY] == "ladder-generate"
    terms = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert [term["matchExpressions"][0]["key"] for term in terms] == [f"{LABEL}/pool"] * len(KINDS)


def test_a_ladder_of_one_step_has_no_class_and_no_object_in_the_cluster() -> None:
    assert not one_step().graph.of_type(CLASS)
    assert not one_step().graph.of_type("pulumi:providers:kubernetes")
    assert KEY not in node(one_step(), "generate0")["labels"]
    assert all(taint["key"] != KEY for taint in node(one_step(), "generate0")["taints"])


def test_steps_of_tpus_have_their_order_too_and_keep_what_gke_asks_of_tpu_pods() -> None:
    built = build(placed(tpu_pool(), tpu_pool("spot", rank=1, name="generate1")))
    assert spec(built)["priorities"] == [{"nodepools": ["generate0"]}, {"nodepools": ["generate1"]}]
    assert node(built, "generate0")["taints"] == [NODE_TAINT]
    handle = built.handle
    assert handle is not None
    assert set(handle.pools["generate0"].selector) == {
        f"{LABEL}/pool", KEY, "cloud.google.com/gke-tpu-accelerator", "cloud.google.com/gke-tpu-topology",
    }  # fmt: skip
    assert Toleration("google.com/tpu", "Equal", "present", "NoSchedule") in handle.pools["generate0"].tolerations


def test_a_class_comes_after_its_pools_and_before_the_first_pod() -> None:
    one = ladder().one(CLASS, "ladder-generate")
    assert {f"here-pool-generate{rank}" for rank in range(len(KINDS))} <= ladder().before(one)
    handle = ladder().handle
    assert handle is not None
    assert len([each for each in handle.ready if type(each).__name__ == "CustomResource"]) == 1


def test_classes_go_to_this_cluster_and_a_new_login_replaces_none() -> None:
    provider = ladder().one("pulumi:providers:kubernetes", "kubernetes")
    assert ladder().one(CLASS, "ladder-generate").provider == provider.urn
    assert provider.inputs["clusterIdentifier"] == placed().cluster
    assert provider.inputs["kubeconfig"] not in ("", None, UNKNOWN)


def test_pools_that_retire_keep_their_class_and_never_grow() -> None:
    """What they carry is not taken away under the pods that are on them."""
    built = two_generations()
    assert spec(built)["priorities"] == [{"nodepools": ["generate0"]}, {"nodepools": ["generate1"]}]
    assert node(built, "old0")["labels"][KEY] == "ladder-generate"
    assert NODE_TAINT in node(built, "old1")["taints"]


@pytest.mark.parametrize("name", ["gke-chat", "autopilot", "a" * 40])
def test_a_class_has_a_name_that_gke_takes_whatever_the_stage_is_called(name: str) -> None:
    labels = ((f"{LABEL}/pool", "first"), (f"{LABEL}/stage", name))
    built = build(placed(*(pool(rank=rank, name=f"step{rank}", stage=name, labels=labels) for rank in range(2))))
    named = built.inputs(CLASS, f"ladder-{name}")["metadata"]["name"]
    assert not named.startswith(("gke", "autopilot"))
    assert len(named) <= 63
    assert node(built, "step0")["labels"][KEY] == named
    assert {**NODE_TAINT, "value": named} in node(built, "step0")["taints"]
