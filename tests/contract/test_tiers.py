"""Tiers render different stacks: each a part of the one before it, with the same names on every cloud."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from intertie.graph import Graph, check

ROOT = Path(__file__).parents[2]
TABLE: dict[str, Any] = runpy.run_path(str(ROOT / "tools" / "tier_table.py"))
TIERS = TABLE["TIERS"]
CLOUDS = [pytest.param(cloud, marks=pytest.mark.xdist_group(f"tiers-{cloud}")) for cloud in TABLE["TITLES"]]
ACCELERATED = ("kubernetes:keda.sh/v1alpha1:ScaledObject", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler")


def names(graph: Graph) -> set[tuple[str, str]]:
    return {(each.type, each.name) for each in graph}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_tier_previews_clean(cloud: str) -> None:
    for tier in TIERS:
        assert [str(finding) for finding in check(TABLE["recorded"](cloud, tier))] == [], tier


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_tier_is_a_part_of_the_one_before_it(cloud: str) -> None:
    hot, warm, pilot, cold = (names(TABLE["recorded"](cloud, tier)) for tier in TIERS)
    assert cold < pilot < warm
    assert warm == hot


@pytest.mark.parametrize("cloud", CLOUDS)
def test_in_tier_pilot_nothing_grows_and_in_tier_cold_nothing_runs(cloud: str) -> None:
    pilot, cold = (TABLE["recorded"](cloud, tier) for tier in ("pilot", "cold"))
    assert not [each for each in pilot if each.type in ACCELERATED]
    replicas = [each.inputs["spec"]["replicas"] for each in pilot if each.type == "kubernetes:apps/v1:Deployment"]
    assert replicas == [0, 0]
    assert not [each for each in cold if each.type.startswith("kubernetes:")]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_the_page_says_what_is_rendered_today(cloud: str) -> None:
    assert TABLE["section"](cloud) in (ROOT / "docs" / "tiers.md").read_text(encoding="utf-8"), "run `make docs`"


def test_kubernetes_objects_are_the_same_kinds_on_every_cloud_but_the_collectors() -> None:
    """And but for agents on nodes, which GKE brings, and the order of ladders, which elsewhere is a ConfigMap."""
    page = (ROOT / "docs" / "tiers.md").read_text(encoding="utf-8")
    own = [
        {"`kubernetes:apps/v1:DaemonSet`"},
        {"`kubernetes:apps/v1:DaemonSet`"},
        {"`kubernetes:cloud.google.com/v1:ComputeClass`"},
    ]
    sections = page.split("## ")[1:]
    kinds = [
        {
            line.split("|")[1].strip()
            for line in text.splitlines()
            if "`kubernetes:" in line and "monitoring." not in line
        }
        for text in sections
    ]
    assert [found - set.intersection(*kinds) for found in kinds] == own
