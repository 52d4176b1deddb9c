"""What the guard reads of autoscalers, whoever wrote on them, and which ceilings it makes of that."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from intertie.cli.commands.guard import _of_description, _of_options
from intertie.errors import InputError
from intertie.money.guard import State
from intertie.money.guard.actions import Ceiling, Change, changes
from intertie.money.guard.kube import BEFORE, LOWERED, KubernetesCluster, connect
from intertie.money.guard.meter import metered
from intertie.money.prices import PriceBook
from support.stacks import ROOT

NOTHING = metered([], "aws", PriceBook())


class Server(KubernetesCluster):
    """An API server of two kinds of answers: an autoscaler's target, and a patch of it."""

    def __init__(self, running: int = 5) -> None:
        super().__init__(None, "chat")
        self.running, self.patched = running, {}

    def _call(self, method: str, path: str, body: Any = None, *, missing: bool = False) -> Any:
        if method == "PATCH":
            self.patched = body
        return {"spec": {"replicas": self.running}}


def autoscaler(ceiling: int, noted: Mapping[str, str], floor: int = 1, kind: str = "Deployment") -> dict[str, Any]:
    return {
        "metadata": {"name": "generate", "resourceVersion": "1", "labels": {"intertie.dev/stage": "generate"},
                     "annotations": noted},
        "spec": {"scaleTargetRef": {"kind": kind, "name": "generate"}, "minReplicas": floor, "maxReplicas": ceiling},
    }  # fmt: skip


def read(ceiling: int, noted: Mapping[str, str], **options: Any) -> Ceiling:
    return Server()._ceiling(autoscaler(ceiling, noted, **options), "HorizontalPodAutoscaler")


def wanted(state: State, *ceilings: Ceiling) -> list[int]:
    return [change.to for change in changes(state, 9, ceilings, NOTHING)]


def test_what_the_guard_lowered_is_put_back() -> None:
    found = read(3, {BEFORE: "20", LOWERED: "3"})
    assert (found.own, found.lowered) == (20, True)
    assert wanted(State.OK, found) == [20]
    assert wanted(State.FREEZE, found) == []


def test_an_object_that_an_older_guard_lowered_is_put_back() -> None:
    assert wanted(State.OK, read(3, {BEFORE: "20"})) == [20]


@pytest.mark.parametrize("now", [4, 12, 40])
def test_a_ceiling_that_a_new_description_gives_meanwhile_is_what_is_put_back(now: int) -> None:
    found = read(now, {BEFORE: "20", LOWERED: "3"})
    assert (found.own, found.lowered) == (now, False)
    (change,) = changes(State.OK, 0, [found], NOTHING)
    assert (change.to, change.restores) == (now, True)  # only the notes go


def test_a_ceiling_that_was_set_back_is_lowered_again_in_a_freeze() -> None:
    assert wanted(State.FREEZE, read(20, {BEFORE: "20", LOWERED: "3"})) == [5]


@pytest.mark.parametrize("noted", ["0", "-4", "²", "٣", "many", "", "9" * 5000, "2"])
@pytest.mark.parametrize("state", list(State))
def test_a_note_that_no_guard_wrote_moves_no_ceiling_out_of_its_bounds(noted: str, state: State) -> None:
    found = read(8, {BEFORE: noted, LOWERED: "8"}, floor=3)
    assert all(3 <= to <= 8 for to in wanted(state, found))
    assert found.own == 8


def test_both_notes_come_and_go_with_the_ceiling() -> None:
    server, found = Server(), read(20, {})
    server.change(Change(found, 5, False, "freeze"))
    assert server.patched["metadata"]["annotations"] == {BEFORE: "20", LOWERED: "5"}
    server.change(Change(read(5, {BEFORE: "20", LOWERED: "5"}), 20, True, "restored"))
    assert server.patched["metadata"]["annotations"] == {BEFORE: None, LOWERED: None}


def test_a_target_whose_replicas_are_not_known_keeps_its_ceiling_in_a_freeze() -> None:
    found = read(8, {}, kind="StatefulSet")
    assert found.replicas is None
    assert wanted(State.FREEZE, found) == []
    assert wanted(State.STOP, found) == [1]


def test_two_autoscalers_of_one_stage_keep_their_own_floors() -> None:
    large = Ceiling("generate", "ScaledObject", "large", 4, 20, 10)
    small = Ceiling("generate", "ScaledObject", "small", 1, 6, 2)
    for order in ((large, small), (small, large)):
        for state, ceilings in ((State.FREEZE, {"large": 10, "small": 2}), (State.STOP, {"large": 4, "small": 1})):
            assert {each.target.name: each.to for each in changes(state, 0, order, NOTHING)} == ceilings


@pytest.mark.parametrize(
    "text", ["a: [", "- 1", "1", "hello", "clusters: 3", "\0", "current-context: a\ncontexts: [3]", "[" * 100_000]
)
def test_a_kubeconfig_that_is_none_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    with pytest.raises(InputError, match="kubeconfig is no kubeconfig"):
        connect("chat", str(path))


def test_a_guard_that_is_run_by_hand_holds_to_what_the_one_in_the_cluster_holds_to(tmp_path: Path) -> None:
    path = tmp_path / "chat.yaml"
    text = (ROOT / "stacks" / "specs" / "chat.yaml").read_text()
    watch = f"watch: {{image: 'ghcr.io/acme/intertie@sha256:{'a' * 64}', monthly_usd: {{aws-use1: 90000}}}}"
    text = text.replace("\nbudget:\n", f"\nbudget:\n  {watch}\n")
    path.write_text(text.replace("  aws-use1:\n", "  aws-use1:\n    prices: {p5.48xlarge: 39.5}\n"))
    held = _of_description(path, "aws-use1", None, False)
    assert (held.limits.monthly_usd, held.limits.production, held.cloud) == (90_000, True, "aws")
    assert [(price.machine, float(price.price.amount)) for price in held.own] == [("p5.48xlarge", 39.5)]
    assert _of_description(path, "aws-use1", 7.0, True).limits.monthly_usd == 7


@pytest.mark.parametrize(
    ("namespace", "cloud", "budget", "said"),
    [("../kube-system", "aws", 1.0, "--namespace"), ("", "aws", 1.0, "--namespace"), ("chat", "moon", 1.0, "--cloud"),
     ("chat", "aws", float("nan"), "--budget nan"), ("chat", "aws", -5.0, "--budget -5"),
     ("chat", "aws", None, "--budget")],
)  # fmt: skip
def test_options_that_cannot_be_are_named(namespace: str, cloud: str, budget: float | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        _of_options(namespace, cloud, budget, False)
