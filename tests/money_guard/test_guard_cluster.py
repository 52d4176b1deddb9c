"""The guard on a real API server: an autoscaler that loops is stopped in time, and all is put back afterwards."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from intertie.errors import OutsideError
from intertie.lab import crds
from intertie.lab.kube.client import Api
from intertie.money.guard import Limits, State, tick
from intertie.money.guard.actions import Change
from intertie.money.guard.kube import BEFORE, KubernetesCluster, connect
from intertie.money.prices import OwnPrice, Price, PriceBook
from support.lab_clusters import Supervised, supervised

pytestmark = pytest.mark.kubernetes

NAMESPACE = "chat"
START = datetime(2026, 6, 1, tzinfo=UTC)
BOOK = PriceBook((OwnPrice("aws", "here", "gpu", "on-demand",
                           Price(Decimal(10), "hour", "on-demand", "test", "2026-05-01", "contract")),))  # fmt: skip
LIMITS = Limits(monthly_usd=72_000.0)
KEDA = f"/apis/keda.sh/v1alpha1/namespaces/{NAMESPACE}/scaledobjects"
HPA = f"/apis/autoscaling/v2/namespaces/{NAMESPACE}/horizontalpodautoscalers"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervised]:
    with supervised(tmp_path_factory.mktemp("guard") / "lab") as found:
        api = found.cluster("c", "aws")
        crds.install(api, "keda")
        api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, "test")
        yield found


def labels(stage: str) -> dict[str, str]:
    return {"intertie.dev/stage": stage, "intertie.dev/pipeline": "chat"}


def deployment(stage: str, replicas: int) -> dict[str, Any]:
    pod = {"metadata": {"labels": labels(stage)}, "spec": {"containers": [{"name": "a", "image": "example.com/a:1"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": stage, "namespace": NAMESPACE, "labels": labels(stage)},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels(stage)}, "template": pod},
    }


def scaled_object(stage: str) -> dict[str, Any]:
    trigger = {"type": "metrics-api", "metadata": {"url": "http://x", "valueLocation": "y", "targetValue": "4"}}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {
            "name": stage,
            "namespace": NAMESPACE,
            "labels": labels(stage),
            "annotations": {"intertie.dev/priority": "low"},
        },
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": stage},
            "minReplicaCount": 1,
            "maxReplicaCount": 20,
            "triggers": [trigger],
        },
    }


def autoscaler(stage: str) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": stage, "namespace": NAMESPACE, "labels": labels(stage)},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": stage},
            "minReplicas": 2,
            "maxReplicas": 6,
            "metrics": [
                {"type": "Resource",
                 "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}
            ],
        },
    }  # fmt: skip


def node(name: str, stage: str) -> dict[str, Any]:
    machine = {"node.kubernetes.io/instance-type": "gpu", "topology.kubernetes.io/region": "here"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {**machine, "intertie.dev/stage": stage}},
        "spec": {"unschedulable": True},
    }


class Loop:
    """An autoscaler that loops, as KEDA does on a metric that never falls; and nodes that follow it."""

    def __init__(self, api: Api, stage: str) -> None:
        self.api, self.stage = api, stage

    def replicas(self) -> int:
        return int(self.api.get(f"{DEPLOYMENTS}/{self.stage}")["spec"]["replicas"])

    def step(self, by: int) -> int:
        bounds = self.api.get(f"{KEDA}/{self.stage}")["spec"]
        count = max(bounds["minReplicaCount"], min(self.replicas() + by, bounds["maxReplicaCount"]))
        self.api.patch(f"{DEPLOYMENTS}/{self.stage}", {"spec": {"replicas": count}})
        there = {item["metadata"]["name"] for item in self.api.items("/api/v1/nodes")}
        wanted = {f"{self.stage}-{i}" for i in range(count)}
        for name in sorted(wanted - there):
            self.api.apply(node(name, self.stage), "test")
        for name in sorted(there - wanted):
            self.api.remove(f"/api/v1/nodes/{name}")
        return count


@pytest.fixture
def cluster(lab: Supervised) -> Iterator[tuple[Api, KubernetesCluster]]:
    api = lab.api("c")
    for body in (deployment("generate", 2), scaled_object("generate"), deployment("prepare", 3), autoscaler("prepare")):
        api.apply(body, "test", force=True)
    yield api, connect(NAMESPACE, lab.kubeconfig("c"))
    for path in (f"{KEDA}/generate", f"{HPA}/prepare", f"/api/v1/namespaces/{NAMESPACE}/configmaps/intertie-guard"):
        api.remove(path)
    for item in api.items("/api/v1/nodes"):
        api.remove(f"/api/v1/nodes/{item['metadata']['name']}")


def test_a_runaway_is_stopped_within_its_time_and_budget_and_restored_when_it_is_over(
    cluster: tuple[Api, KubernetesCluster],
) -> None:
    api, port = cluster
    loop, at, spent, seen = Loop(api, "generate"), START, 0.0, []
    for _ in range(16):
        count = loop.step(2)
        seen.append((count, tick(port, LIMITS, BOOK, cloud="aws", placement="p", at=at, act=True).state))
        at += timedelta(minutes=5)
        spent += count * 10 / 12
    counts, states = [count for count, _ in seen], [state for _, state in seen]
    frozen = states.index(State.FREEZE)
    assert counts[frozen] == 16  # the first above what the budget pays in its busiest hours: 15
    assert max(counts) <= counts[frozen] + 2
    assert State.DEGRADE in states[frozen : frozen + 3]  # within its ten minutes of patience
    assert counts[states.index(State.DEGRADE) + 1] == 1  # its floor, five minutes after that
    assert spent < 0.002 * LIMITS.monthly_usd
    noted = api.get(f"{KEDA}/generate")
    assert noted["metadata"]["annotations"][BEFORE] == "20"
    for _ in range(90):
        loop.step(-20)
        states.append(tick(port, LIMITS, BOOK, cloud="aws", placement="p", at=at, act=True).state)
        at += timedelta(minutes=20)
    assert states[-1] is State.OK
    restored = api.get(f"{KEDA}/generate")
    assert (restored["spec"]["maxReplicaCount"], restored["spec"]["minReplicaCount"]) == (20, 1)
    assert BEFORE not in restored["metadata"].get("annotations", {})
    assert api.get(f"{HPA}/prepare")["spec"]["maxReplicas"] == 6


class Killed(BaseException):
    """Not an error: the process is gone."""


class Dying:
    """The client of an API server whose process is killed at a call: before it is sent, or before it is answered."""

    def __init__(self, client: Any, at: int, *, sent: bool) -> None:
        self._client, self._left, self._sent = client, at, sent

    def param_serialize(self, *words: Any, **more: Any) -> Any:
        return self._client.param_serialize(*words, **more)

    def call_api(self, *words: Any, **more: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._sent:
            raise Killed
        answer = self._client.call_api(*words, **more)
        if self._left == 0:
            raise Killed
        return answer


def one_run(port: KubernetesCluster, minutes: int = 0) -> State:
    at = START + timedelta(minutes=minutes)
    return tick(port, LIMITS, BOOK, cloud="aws", placement="p", at=at, act=True).state


def is_sound(api: Api) -> bool:
    """No ceiling is out of its bounds, and each that is lowered says on the object what it was."""
    found = api.get(f"{KEDA}/generate")
    ceiling, noted = found["spec"]["maxReplicaCount"], found["metadata"].get("annotations", {}).get(BEFORE)
    return ceiling == 20 if noted is None else (1 <= ceiling <= 20 and noted == "20")


@pytest.mark.parametrize("sent", [False, True])
def test_killed_at_any_call_it_leaves_what_the_next_run_goes_on_from(
    cluster: tuple[Api, KubernetesCluster], lab: Supervised, sent: bool
) -> None:
    api, port = cluster
    Loop(api, "generate").step(14)
    deaths = 0
    while True:
        api.remove(f"/api/v1/namespaces/{NAMESPACE}/configmaps/intertie-guard")
        api.patch(f"{KEDA}/generate", {"metadata": {"annotations": {BEFORE: None}}, "spec": {"maxReplicaCount": 20}})
        dying = connect(NAMESPACE, lab.kubeconfig("c"))
        dying._client = Dying(dying._client, deaths + 1, sent=sent)
        try:
            one_run(dying)
        except Killed:
            deaths += 1
        else:
            break
        assert is_sound(api)
        assert one_run(port) is State.FREEZE
        assert api.get(f"{KEDA}/generate")["spec"]["maxReplicaCount"] == 16
    assert deaths >= 7  # ceilings, their targets, memory, nodes, patches, memory again
    Loop(api, "generate").step(-20)
    states = [one_run(port, minutes) for minutes in range(60, 1800, 20)]
    assert states[-1] is State.OK
    assert api.get(f"{KEDA}/generate")["spec"]["maxReplicaCount"] == 20


def test_the_priority_that_the_description_gives_is_read_from_the_object(
    cluster: tuple[Api, KubernetesCluster],
) -> None:
    assert {one.stage: one.priority for one in cluster[1].ceilings()} == {"generate": "low", "prepare": "normal"}


def test_dry_run_changes_no_ceiling_on_the_server(cluster: tuple[Api, KubernetesCluster]) -> None:
    api, port = cluster
    Loop(api, "generate").step(10)
    outcome = tick(port, LIMITS, BOOK, cloud="aws", placement="p", at=START, act=False)
    assert {change.target.name for change in outcome.changes} == {"generate", "prepare"}
    assert api.get(f"{KEDA}/generate")["spec"]["maxReplicaCount"] == 20
    assert api.get(f"{HPA}/prepare")["spec"]["maxReplicas"] == 6


def test_an_object_that_somebody_else_changed_meanwhile_is_left_alone(cluster: tuple[Api, KubernetesCluster]) -> None:
    api, port = cluster
    generate = next(one for one in port.ceilings() if one.stage == "generate")
    api.patch(f"{KEDA}/generate", {"metadata": {"annotations": {"harmless": "yes"}}})
    port.change(Change(generate, 5, False, "a new version with the same bounds is no conflict"))
    assert api.get(f"{KEDA}/generate")["spec"]["maxReplicaCount"] == 5
    with pytest.raises(OutsideError, match="409"):
        port.change(Change(generate, 4, False, "the bounds are not those that were read"))


def test_what_cannot_be_reached_ends_in_a_message(lab: Supervised) -> None:
    away = lab.kubeconfig("c")
    away["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    with pytest.raises(OutsideError, match="GET /api/v1/nodes"):
        connect(NAMESPACE, away).nodes()
