"""Alert rules on series of metrics: Prometheus' own programs say when they fire."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.plan.alerts import pods, rule_groups
from intertie.plan.types import Plan
from support.prometheus_programs import unit_test
from support.rendered import limited
from support.workloads import spanning

SAFE = "bcdfghjklmnpqrstvwxz2456789"
STAGES = st.from_regex(r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?", fullmatch=True)
HASHES, ENDS = st.text(SAFE, min_size=1, max_size=10), st.text(SAFE, min_size=5, max_size=5)


def waiting(pod: str, namespace: str = "chat") -> dict[str, str]:
    """A pod that nobody has found a node for."""
    return {f'kube_pod_status_phase{{namespace="{namespace}", pod="{pod}", phase="Pending"}}': "1+0x60"}


def no_capacity(plan: Plan, pod: str, folder: Path, namespace: str = "chat", fires: bool = True) -> None:
    (rule,) = [each for each in rule_groups(plan)[0]["rules"]
               if each["alert"] == "NoCapacity" and each["labels"]["stage"] == "generate"]  # fmt: skip
    fired = [{"exp_labels": rule["labels"], "exp_annotations": rule["annotations"]}] if fires else []
    group = {"name": "one", "interval": "1m", "rules": [rule]}
    unit_test([group], waiting(pod, namespace), [("10m", "NoCapacity", []), ("30m", "NoCapacity", fired)], folder)


@pytest.mark.parametrize("pod", ["generate-6d9cbd8c9b-x2x7k", "generate-5f-bcdfg"])
def test_a_replica_without_a_node_is_told_after_a_quarter_of_an_hour(pod: str, tmp_path: Path) -> None:
    no_capacity(limited(), pod, tmp_path)


@pytest.mark.parametrize("pod", ["generate-b-6d9cbd8c9b-x2x7k", "generate-canary-7c9d8b6f5d-zxcvb", "generate-0",
                                 "generate-b-0-1", "regenerate-6d9cbd8c9b-x2x7k"])  # fmt: skip
def test_a_pod_of_another_stage_is_not_taken_for_this_ones(pod: str, tmp_path: Path) -> None:
    no_capacity(limited(), pod, tmp_path, fires=False)


def test_a_pod_of_another_namespace_is_not_ours(tmp_path: Path) -> None:
    no_capacity(limited(), "generate-6d9cbd8c9b-x2x7k", tmp_path, namespace="chats", fires=False)


@pytest.mark.parametrize(("pod", "fires"), [("generate-0", True), ("generate-3-1", True), ("generate-b-0", False),
                                            ("generate-6d9cbd8c9b-x2x7k", False)])  # fmt: skip
def test_a_replica_that_spans_nodes_is_known_by_its_groups_number(pod: str, fires: bool, tmp_path: Path) -> None:
    no_capacity(spanning(limited()), pod, tmp_path, fires=fires)


@given(one=STAGES, other=STAGES, template=HASHES, end=ENDS)
def test_no_stage_is_told_of_another_stages_replicas(one: str, other: str, template: str, end: str) -> None:
    pattern = pods_of(one)
    assert re.fullmatch(pattern, f"{one}-{template}-{end}")
    assert bool(re.fullmatch(pattern, f"{other}-{template}-{end}")) == (one == other)
    assert not re.fullmatch(pattern, f"{one}-{other}-{template}-{end}")


def pods_of(name: str) -> str:
    (stage,) = [each for each in limited().stages if each.name == "generate"]
    return pods(stage).replace("generate", name)
