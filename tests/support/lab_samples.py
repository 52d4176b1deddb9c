"""A sample stack applied to a real control plane of its cloud, for tests to look at."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intertie.graph import Graph
from intertie.lab import device_plugins
from intertie.lab.kube.client import Api
from intertie.lab.world import Pool
from intertie.plan import LABEL, Plan, StagePlan, resolve
from intertie.spec import read_file
from support.lab_clusters import Supervised, is_ready, pods, supervised, unschedulable, wait_for
from support.lab_pools import adopted, collecting, pools_of
from support.lab_probes import Template
from support.lab_stacks import Deployed, connect, deploy
from support.stacks import ROOT, config_of, graph_of

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
    pools: list[Pool]
    done: Deployed

    @property
    def api(self) -> Api:
        return self.lab.api("c")

    @property
    def pods(self) -> list[dict[str, Any]]:
        return pods(self.api)

    @property
    def complete(self) -> bool:
        """Whether all pods that shall be there are, and are ready."""
        there = Counter(pod["metadata"]["labels"].get(f"{LABEL}/stage") for pod in self.pods)
        wanted = {stage.name: stage.min_replicas * nodes_of(stage) for stage in self.plan.stages}
        return all(there[name] == count for name, count in wanted.items()) and all(map(is_ready, self.pods))


@contextmanager
def applying(stack: str, folder: Path) -> Iterator[Applied]:
    """A sample in a lab of its own."""
    config = config_of(stack)
    spec, graph = read_file(ROOT / "stacks" / config["inference:spec"]), graph_of(stack)
    plan = resolve(spec, config["inference:placement"])
    with supervised(folder) as lab:
        own = pools(plan, graph)
        api = lab.cluster("c", plan.cloud, own, plan.region, definitions(plan))
        if plan.cloud == "other":
            api.apply(OWN_PLUGIN, "their-own", force=True)
        session = connect(lab.kubeconfig("c"), lab.home.world)
        found = Applied(lab, graph, plan, own, deploy(graph, session, lab.home.world))
        with contextlib.suppress(AssertionError):  # groups and autoscaled stages, which an apply does not wait for;
            wait_for(lambda: found.complete, 60)  # what is missing then is for the tests to say
        yield found


def pools(plan: Plan, graph: Graph) -> list[Pool]:
    if plan.cloud == "other":
        adopt = plan.spec.placements[plan.placement].model_dump(mode="json")
        return adopted(adopt, "c", METAL)
    return pools_of(graph, "c")


def definitions(plan: Plan) -> list[str]:
    """What the cluster defines that is there already."""
    there = plan.spec.placements[plan.placement].model_dump(mode="json")
    return collecting(there) if there["adopt"] else []


def nodes_of(stage: StagePlan) -> int:
    """Nodes, and so pods, of one replica."""
    return stage.sizing.nodes if stage.sizing is not None else 1


def pool_of(labels: Mapping[str, str]) -> str:
    """The pool as the plan calls it."""
    return labels.get(f"{LABEL}/pool") or labels["example.com/pool"]


def devices(api: Api) -> set[str]:
    """Extended resources that some node has to give."""
    return {
        name
        for node in api.items("/api/v1/nodes")
        for name, amount in node["status"]["allocatable"].items()
        if "/" in name and amount != "0"
    }


def limits(pod: Mapping[str, Any]) -> dict[str, str]:
    """What the containers of a pod may have."""
    return {
        name: amount
        for each in pod["spec"]["containers"]
        for name, amount in ((each.get("resources") or {}).get("limits") or {}).items()
    }


def plugged(applied: Applied, template: Template) -> set[str]:
    """Extended resources that a workload makes allocatable: empty when it is no device plugin."""
    cloud, found = applied.plan.cloud, set()
    for pool in applied.pools:
        without = device_plugins.offered(cloud, pool, [])
        found |= device_plugins.offered(cloud, pool, [{"spec": template.spec}]).keys() - without.keys()
    return found


def lose(applied: Applied, resources: set[str]) -> None:
    """Wait until nobody can have these; and until pods that come anew and ask for them wait for them in vain."""
    wait_for(lambda: not devices(applied.api) & resources, 60, lambda: devices(applied.api))
    for pod in applied.pods:
        if limits(pod).keys() & resources:
            about = pod["metadata"]
            path = f"/api/v1/namespaces/{about['namespace']}/pods/{about['name']}"
            applied.api.remove(path, gracePeriodSeconds=0)
    for resource in resources & {name for pod in applied.pods for name in limits(pod)}:
        told = lambda resource=resource: [  # noqa: E731
            text
            for pod in applied.pods
            if resource in limits(pod) and f"Insufficient {resource}" in (text := unschedulable(pod))
        ]
        wait_for(lambda told=told: bool(told()), 60, lambda: [unschedulable(pod) for pod in applied.pods])
