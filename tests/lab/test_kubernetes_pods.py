"""What becomes of pods on their nodes: they are pulled, load, answer, or are killed for being too slow."""

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.lab import pod_start
from intertie.lab.agenda import Agenda, Scope
from intertie.lab.kubelet import Kubelets

SERVER = {
    "name": "serve",
    "image": "docker.io/vllm/vllm-openai:v0.29.0",
    "args": ["--model", "meta-llama/Llama-3.1-8B"],
}
SMALL = {"name": "web", "image": "ghcr.io/acme/web:1"}


@dataclass
class Machine:
    """Kubelets with a clock that only a test moves, and what they report."""

    now: int = 0
    agenda: Agenda = field(default_factory=Agenda)
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[tuple[str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        scope = Scope(self.agenda, "c", threading.RLock())
        self.kubelets = Kubelets(scope, lambda: self.now, self._report, self._tell)

    def _report(self, pod: Any, patch: dict[str, Any]) -> None:
        pod["status"] = {**pod.get("status", {}), **patch["status"]}
        self.statuses[pod["metadata"]["name"]] = pod["status"]

    def _tell(self, action: str, pod: Any, message: str) -> None:
        self.told.append((action, pod["metadata"]["name"], message))

    def run(self, until: int = 10**9) -> None:
        """Let everything happen that is to come."""
        while (due := self.agenda.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            for act in self.agenda.take(self.now):
                act()


def pod(name: str, *containers: dict[str, Any], node: str = "n1", **about: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default", "uid": name, **about}
    scheduled = {"conditions": [{"type": "PodScheduled", "status": "True"}]}
    return {"metadata": metadata, "spec": {"nodeName": node, "containers": list(containers)}, "status": scheduled}


def probed(container: dict[str, Any], seconds: int) -> dict[str, Any]:
    """The container with a readiness probe, and a startup probe that waits so long."""
    return {
        **container,
        "startupProbe": {"tcpSocket": {"port": 80}, "periodSeconds": 10, "failureThreshold": seconds // 10},
        "readinessProbe": {"tcpSocket": {"port": 80}},
    }


def ready(status: dict[str, Any]) -> bool:
    return next(each["status"] for each in status["conditions"] if each["type"] == "Ready") == "True"


def test_a_pod_is_pulled_then_runs_then_answers() -> None:
    lab = Machine()
    lab.kubelets.see([pod("a", probed(SERVER, 3600))])
    assert lab.statuses["a"]["phase"] == "Pending"
    assert lab.statuses["a"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ContainerCreating"
    lab.run(until=lab.agenda.next_due() or 0)
    assert lab.statuses["a"]["phase"] == "Running"
    assert lab.statuses["a"]["containerStatuses"][0]["started"] is False
    assert not ready(lab.statuses["a"])
    assert "podIP" in lab.statuses["a"]
    lab.run()
    assert ready(lab.statuses["a"])
    pull = 9 / pod_start.PULL_GIB_PER_SECOND
    load = 8e9 * 2 / 2**30 / pod_start.READ_GIB_PER_SECOND + 120 + 1
    assert lab.now == pytest.approx((pull + load) * 1000, abs=5)


def test_what_the_scheduler_said_of_a_pod_is_kept() -> None:
    lab = Machine()
    lab.kubelets.see([pod("a", SMALL)])
    lab.run()
    assert lab.statuses["a"]["conditions"][0] == {"type": "PodScheduled", "status": "True"}


def test_pods_side_by_side_take_as_long_as_the_longest() -> None:
    lab = Machine()
    lab.kubelets.see([pod(name, probed(SERVER, 3600), node=name) for name in ("a", "b", "c")])
    lab.run()
    one = Machine()
    one.kubelets.see([pod("a", probed(SERVER, 3600))])
    one.run()
    assert lab.now == one.now


def test_an_image_is_pulled_once_for_each_node() -> None:
    lab = Machine()
    first = pod("a", SMALL)
    lab.kubelets.see([first])
    lab.run()
    after_first = lab.now
    lab.kubelets.see([first, pod("b", SMALL), pod("c", SMALL, node="n2")])
    lab.run(until=lab.now + 1)
    assert ready(lab.statuses["b"]), "it is there"
    assert not ready(lab.statuses["c"]), "not on this node"
    lab.run()
    assert lab.now == 2 * after_first


def test_a_container_without_probes_counts_as_ready_when_it_runs() -> None:
    lab = Machine()
    lab.kubelets.see([pod("a", SERVER)])
    lab.run()
    assert ready(lab.statuses["a"])
    assert lab.now == pytest.approx(9 / pod_start.PULL_GIB_PER_SECOND * 1000, abs=2)


def test_a_startup_probe_shorter_than_loading_kills_the_container_again_and_again() -> None:
    lab = Machine()
    lab.kubelets.see([pod("a", probed(SERVER, 60))])
    lab.run()
    status = lab.statuses["a"]["containerStatuses"][0]
    assert status["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert status["restartCount"] == 7, "first the six pauses that grow, then the lab stops counting"
    assert not ready(lab.statuses["a"])
    kills = [message for action, _, message in lab.told if action == "killed"]
    assert kills[0].startswith("container serve: startup probe gives up after 60 s, it needs ")
    pull = 9 / pod_start.PULL_GIB_PER_SECOND
    assert lab.now == pytest.approx((pull + 7 * 60 + sum((10, 20, 40, 80, 160, 300))) * 1000, abs=10)


def test_without_a_startup_probe_the_liveness_probe_kills() -> None:
    lab = Machine()
    lab.kubelets.see([pod("a", {**SERVER, "livenessProbe": {"periodSeconds": 10}, "readinessProbe": {}})])
    lab.run()
    assert lab.statuses["a"]["containerStatuses"][0]["restartCount"] == 7


def test_a_probe_that_waits_long_enough_kills_nothing() -> None:
    lab = Machine()
    lab.kubelets.see([pod("a", probed(SERVER, 180))])
    lab.run()
    assert ready(lab.statuses["a"])
    assert [action for action, _, _ in lab.told] == ["ready"]


def test_a_pod_is_ready_when_its_last_container_is() -> None:
    lab = Machine()
    lab.kubelets.see([pod("a", probed(SERVER, 3600), SMALL)])
    lab.run(until=lab.agenda.next_due() or 0)
    assert [each["ready"] for each in lab.statuses["a"]["containerStatuses"]] == [False, True]
    assert not ready(lab.statuses["a"])
    lab.run()
    assert ready(lab.statuses["a"])


def test_a_pod_that_is_to_end_ends() -> None:
    lab = Machine()
    job = pod("a", SMALL)
    job["spec"]["restartPolicy"] = "Never"
    lab.kubelets.see([job])
    lab.run()
    assert lab.statuses["a"]["phase"] == "Succeeded"


def test_a_pod_that_goes_takes_what_was_to_come_with_it() -> None:
    lab = Machine()
    lab.kubelets.see([pod("a", probed(SERVER, 3600))])
    lab.kubelets.see([])
    assert lab.agenda.next_due() is None


def test_pods_that_were_ready_before_the_supervisor_came_are_left_alone() -> None:
    lab = Machine()
    there = pod("a", probed(SERVER, 60))
    there["status"]["conditions"].append({"type": "Ready", "status": "True"})
    lab.kubelets.see([there])
    assert lab.agenda.next_due() is None
    assert lab.statuses == {}


def member(index: int) -> dict[str, Any]:
    """A pod of a group of two."""
    labels = {"leaderworkerset.sigs.k8s.io/name": "big", "leaderworkerset.sigs.k8s.io/group-index": "0"}
    container = probed(SERVER, 3600) if index == 0 else SERVER
    size = {"leaderworkerset.sigs.k8s.io/size": "2"}
    return pod(f"big-{index}", container, node=f"n{index}", labels=labels, annotations=size)


def test_a_leader_answers_only_when_its_whole_group_runs() -> None:
    lab = Machine()
    leader = member(0)
    lab.kubelets.see([leader])
    lab.run(until=1_000_000)
    assert not ready(lab.statuses["big-0"])
    assert lab.statuses["big-0"]["phase"] == "Running"
    lab.now = 1_000_000
    both = [leader, member(1)]
    lab.kubelets.see(both)
    lab.run(until=1_200_000)
    lab.kubelets.see(both)
    lab.run()
    assert ready(lab.statuses["big-0"])
    assert lab.now > 1_150_000


def test_a_leader_whose_workers_do_not_come_is_killed_by_its_probe() -> None:
    lab = Machine()
    lab.kubelets.see([member(0)])
    lab.run()
    assert "once its group is complete" in next(message for action, _, message in lab.told if action == "killed")


@pytest.mark.parametrize(
    ("words", "billions"),
    [
        (["--model", "meta-llama/Llama-3.3-70B-Instruct"], 70),
        (["s3://weights/meta-llama/Llama-Guard-3-1B/6f6073b423013f6a"], 1),
        (["mistralai/Mixtral-8x7B-v0.1"], 56),
        (["Qwen/Qwen3-0.6B"], 0.6),
        (["acme/unknown"], 0),
        (["--tensor-parallel-size", "8"], 0),
    ],
)
def test_the_size_of_weights_is_read_from_the_models_name(words: list[str], billions: float) -> None:
    assert pod_start.weights_gib(words) == pytest.approx(billions * 1e9 * 2 / 2**30)


def test_models_whose_names_do_not_tell_stand_in_a_table() -> None:
    assert pod_start.weights_gib(["deepseek-ai/DeepSeek-V3"]) == pytest.approx(671e9 / 2**30)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 300))
def test_patience_is_what_kubernetes_documents(period: int, failures: int, delay: int) -> None:
    probe = {"periodSeconds": period, "failureThreshold": failures, "initialDelaySeconds": delay}
    assert pod_start.patience({"startupProbe": probe, "livenessProbe": {}}) == delay + period * failures
    assert pod_start.patience({"livenessProbe": {}}) == 30
    assert pod_start.patience({}) is None
