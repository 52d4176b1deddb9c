"""What AKS maintains when it is switched on, and the order in which it grows pools."""

import re

import yaml

from intertie.graph import UNKNOWN
from intertie.platforms.aks import addons
from intertie.workload import charts, render
from support.azure import CLUSTER, KINDS, ladder, placed, plain, pool
from support.plans import plan

CONFIG = "kubernetes:core/v1:ConfigMap"


def priorities() -> dict[int, list[str]]:
    return yaml.safe_load(ladder().inputs(CONFIG, "ladder")["data"]["priorities"])


def grown_first(names: list[str]) -> str:
    """What the autoscaler's priority expander picks: the group with the highest priority whose pattern fits."""
    scale_sets = {f"aks-{name}-12345678-vmss": name for name in names}
    for _, patterns in sorted(priorities().items(), reverse=True):
        for scale_set, name in scale_sets.items():
            if any(re.search(pattern, scale_set) for pattern in patterns):
                return name
    return ""


def test_all_values_of_the_autoscaler_are_strings() -> None:
    for stack in (plain(), ladder()):
        profile = stack.inputs(CLUSTER, "cluster")["autoScalerProfile"]
        assert profile
        assert all(isinstance(value, str) for value in profile.values())
        assert profile["skipNodesWithLocalStorage"] == "false"


def test_a_ladder_is_climbed_from_its_first_step() -> None:
    steps = [f"generate{rank}" for rank in range(len(KINDS))]
    for rank in range(len(steps)):
        assert grown_first(["general", *reversed(steps[rank:])]) == steps[rank]
    assert ladder().inputs(CLUSTER, "cluster")["autoScalerProfile"]["expander"] == "priority"


def test_no_pool_is_left_out_of_the_order_for_then_it_would_never_grow() -> None:
    assert grown_first(["general"]) == "general"
    assert grown_first(["system"]) == "system"


def test_a_pool_whose_name_begins_like_anothers_does_not_take_its_place() -> None:
    many = plan("azure", tuple(pool(rank, "on-demand", name=f"g{rank}") for rank in range(11)))
    table = yaml.safe_load(addons.priorities(many))
    assert [key for key, patterns in table.items() if any(re.search(each, "aks-g10-1-vmss") for each in patterns)] == [
        90,
        1,
    ]


def test_the_order_is_written_where_the_autoscaler_looks_for_it() -> None:
    metadata = ladder().inputs(CONFIG, "ladder")["metadata"]
    assert (metadata["namespace"], metadata["name"]) == ("kube-system", "cluster-autoscaler-priority-expander")
    assert ladder().inputs(CLUSTER, "cluster")["autoScalerProfile"]["expander"] == "priority"


def test_without_a_ladder_there_is_no_order_and_no_object_in_the_cluster() -> None:
    """An expander that asks for an order and finds none picks at random."""
    assert plain().inputs(CLUSTER, "cluster")["autoScalerProfile"]["expander"] == "least-waste"
    assert not plain().graph.of_type(CONFIG)
    assert not plain().graph.of_type("pulumi:providers:kubernetes")


def test_objects_go_to_this_cluster_and_a_new_login_replaces_none() -> None:
    config = ladder().one(CONFIG, "ladder")
    provider = ladder().one("pulumi:providers:kubernetes", "kubernetes")
    assert config.provider == provider.urn
    assert provider.inputs["clusterIdentifier"] == placed().cluster
    assert provider.inputs["kubeconfig"] not in ("", None, UNKNOWN)


def test_keda_is_not_the_add_on_whose_release_follows_kubernetes() -> None:
    """One release on all clouds, the pinned one: its trigger can ask every replica."""
    handle = plain().handle
    assert handle is not None
    assert plain().inputs(CLUSTER, "cluster")["workloadAutoScalerProfile"] == {"keda": {"enabled": False}}
    assert not {"scaler", "keda"} & handle.provided
    assert [chart.version for chart in charts(placed(), handle) if chart.role == "keda"] == ["2.20.2"]
    trigger = next(made.body for made in render(placed(), handle) if made.kind == "ScaledObject")["spec"]["triggers"][0]
    assert trigger["metadata"]["aggregateFromKubeServiceEndpoints"] == "true"
