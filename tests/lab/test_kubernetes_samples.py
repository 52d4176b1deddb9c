"""The sample stacks on real control planes: every object is taken, every pod comes up where its stage belongs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from intertie.graph import Graph
from intertie.lab.world import Pool
from intertie.plan import LABEL, Plan, resolve
from intertie.spec import read_file
from support.lab_clusters import Supervised, is_ready, pods, supervised, unschedulable
from support.lab_pools import adopted, kubernetes_objects, pools_of
from support.lab_stacks import Deployed, actions, connect, deploy, known
from support.stacks import ROOT, STACKS, config_of, graph_of

pytestmark = pytest.mark.kubernetes

USUAL = ("aws-use1", "azure-swc", "gcp-euw4", "pilot-azure", "large-aws", "trainium-use2")
"""Each cloud, hot and scaled to nothing, on one node and on several; the others take their turn in the long run."""
METAL = {"cpu": "64", "memory": "512Gi", "ephemeral-storage": "2000Gi", "pods": "110"}
OWN_PLUGIN: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "their-own", "namespace": "kube-system"},
    "spec": {
        "selector": {"matchLabels": {"app": "their-own"}},
        "template": {
            "metadata": {"labels": {"app": "their-own"}},
            "spec": {
                "tolerations": [{"operator": "Exists"}],
                "volumes": [{"name": "v", "hostPath": {"path": "/var/lib/kubelet/device-plugins"}}],
                "containers": [
                    {
                        "name": "c",
                        "image": "nvcr.io/nvidia/k8s-device-plugin:v0.17.4",
                        "volumeMounts": [{"name": "v", "mountPath": "/var/lib/kubelet/device-plugins"}],
                    }
                ],
            },
        },
    },
}
"""What the adopted cluster of the samples provides, as its description says."""


@dataclass(frozen=True)
class Applied:
    """A sample stack after its apply."""

    lab: Supervised
    graph: Graph
    plan: Plan
    done: Deployed

    @property
    def pods(self) -> list[dict[str, Any]]:
        return pods(self.lab.api("c"))


def parameters() -> list[Any]:
    return [
        pytest.param(
            stack, marks=[pytest.mark.xdist_group(f"lab-{stack}"), *([] if stack in USUAL else [pytest.mark.soak])]
        )
        for stack in STACKS
    ]


@pytest.fixture(scope="module", params=parameters())
def applied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    stack: str = request.param
    config = config_of(stack)
    spec, graph = read_file(ROOT / "stacks" / config["inference:spec"]), graph_of(stack)
    plan = resolve(spec, config["inference:placement"])
    with supervised(tmp_path_factory.mktemp(stack) / "lab") as lab:
        api = lab.cluster("c", plan.cloud, pools(plan, graph), plan.region)
        if plan.cloud == "other":
            api.apply(OWN_PLUGIN, "their-own", force=True)
        session = connect(lab.kubeconfig("c"), lab.home.world)
        yield Applied(lab, graph, plan, deploy(graph, session, lab.home.world))


def pools(plan: Plan, graph: Graph) -> list[Pool]:
    if plan.cloud == "other":
        adopt = plan.spec.placements[plan.placement].model_dump(mode="json")
        return adopted(adopt, "c", METAL)
    return pools_of(graph, "c")


def test_the_api_server_takes_every_object_and_each_comes_up(applied: Applied) -> None:
    told = {name: str(error) for name, error in applied.done.failures.items()}
    assert told == {}
    assert len(applied.done.ids) == len(kubernetes_objects(applied.graph))


def test_every_pod_is_ready(applied: Applied) -> None:
    waiting = {
        pod["metadata"]["name"]: unschedulable(pod) or pod["status"] for pod in applied.pods if not is_ready(pod)
    }
    assert waiting == {}
    assert applied.pods


def test_the_pods_of_a_stage_are_on_its_pools_as_many_as_it_shall_have(applied: Applied) -> None:
    nodes = {node["metadata"]["name"]: node for node in applied.lab.api("c").items("/api/v1/nodes")}
    for stage in applied.plan.stages:
        own = [pod for pod in applied.pods if pod["metadata"]["labels"].get(f"{LABEL}/stage") == stage.name]
        size = stage.sizing.nodes if stage.sizing is not None else 1
        assert len(own) == stage.min_replicas * size
        for pod in own:
            node = nodes[pod["spec"]["nodeName"]]
            assert pool_of(node) in stage.pools
        if size > 1:
            assert set(Counter(pod["spec"]["nodeName"] for pod in own).values()) == {1}


def pool_of(node: dict[str, Any]) -> str:
    labels = node["metadata"]["labels"]
    return labels.get(f"{LABEL}/pool") or labels["example.com/pool"]


def test_the_same_stack_once_more_has_nothing_to_change(applied: Applied) -> None:
    session = connect(applied.lab.kubeconfig("c"), applied.lab.home.world)
    world = applied.lab.home.world
    for resource in kubernetes_objects(applied.graph):
        act, olds = actions(session, world, resource), applied.done.states[resource.name]
        news = act.check(resource.type, resource.name, known(resource.inputs), inputs_in(olds), resource.urn.encode())
        changes, _ = act.diff(olds, news)
        assert changes == [], resource.name


def inputs_in(state: dict[str, Any]) -> dict[str, Any]:
    return state.get("__inputs") or state
