"""What NVIDIA's network operator does in a cluster: cards are found and labelled, their driver is built on each machine
of theirs, and where it is loaded the device plugin offers them.

Sources: Mellanox/network-operator v26.4, manifests of the states OFED and SR-IOV device plugin, and the controller that
sets the label that the plugin waits for; NVIDIA/aicr, rule for cards on AKS.
"""

import contextlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intertie.lab import nodes
from intertie.lab.device_plugins import SOCKETS
from intertie.lab.kube.client import Api, ApiError
from intertie.lab.world import Pool, World

OPERATOR = "network-operator"
FINDERS = ("node-feature-discovery-master", "node-feature-discovery-worker")
CARD = "rdma/ib"
HAS_CARDS = "feature.node.kubernetes.io/pci-15b3.present"
WAITS = "network.nvidia.com/operator.mofed.wait"
_DRIVER = "nvidia.com/ofed-driver"
_RULES = "/apis/nfd.k8s-sigs.io/v1alpha1/nodefeaturerules"
_POLICIES = "/apis/mellanox.com/v1alpha1/nicclusterpolicies"
_VENDOR = "15b3"
_BUILT_IN = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}

Object = Mapping[str, Any]


def function_of(machine: str) -> str:
    """What the cards of a machine type call themselves: the virtual function of ConnectX-6, or of those after it."""
    return "101c" if machine.endswith("_v4") else "101e"


def labels_of(rule: Object, machine: str) -> dict[str, str]:
    """What a NodeFeatureRule says of machines of a type with InfiniBand cards."""
    device = {"vendor": _VENDOR, "device": function_of(machine), "class": "0207"}
    found: dict[str, str] = {}
    for each in rule["spec"].get("rules") or ():
        features = each.get("matchFeatures") or ()
        if features and all(_matches(feature, device) for feature in features):
            found |= each.get("labels") or {}
    return found


def _matches(feature: Object, device: Mapping[str, str]) -> bool:
    asked = feature.get("matchExpressions") or {}
    return feature["feature"] == "pci.device" and all(
        expression["op"] == "In" and device.get(key) in expression["value"] for key, expression in asked.items()
    )


def daemons(policy: Object, namespace: str) -> list[dict[str, Any]]:
    """The DaemonSets of a policy: the cards' driver, and the plugin if it is told to offer cards under their name."""
    spec = policy["spec"]
    made: list[dict[str, Any]] = []
    if driver := spec.get("ofedDriver"):
        made.append(_daemon(policy, namespace, "mofed-ubuntu", driver, labels={_DRIVER: ""}))
    plugin = spec.get("sriovDevicePlugin")
    if plugin and CARD in _offered(plugin):
        waits = {WAITS: "false"}
        daemon = _daemon(policy, namespace, "network-operator-sriov-device-plugin", plugin, selector=waits)
        pod = daemon["spec"]["template"]["spec"]
        pod["containers"][0]["volumeMounts"] = [{"name": "devicesock", "mountPath": SOCKETS}]
        pod["volumes"] = [{"name": "devicesock", "hostPath": {"path": SOCKETS}}]
        made.append(daemon)
    return made


def _offered(plugin: Object) -> set[str]:
    """Names under which the plugin's configuration offers InfiniBand cards."""
    found = set()
    for each in json.loads(plugin["config"])["resourceList"]:
        chosen = each["selectors"]
        if (
            _VENDOR in chosen.get("vendors", ())
            and "infiniband" in chosen.get("linkTypes", ())
            and chosen.get("isRdma")
        ):
            found.add(f"{each.get('resourcePrefix', 'nvidia.com')}/{each['resourceName']}")
    return found


def _daemon(
    policy: Object,
    namespace: str,
    name: str,
    image: Object,
    *,
    labels: Mapping[str, str] | None = None,
    selector: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    spec, about = policy["spec"], policy["metadata"]
    chosen = {"name": name}
    owner = {"apiVersion": policy["apiVersion"], "kind": policy["kind"], "name": about["name"], "uid": about["uid"]}
    reference = f"{image['repository']}/{image['image']}:{image['version']}"
    pod: dict[str, Any] = {
        "containers": [{"name": name, "image": reference, "securityContext": {"privileged": True}}],
        "nodeSelector": {HAS_CARDS: "true", **(selector or {})},
        "tolerations": [*(spec.get("tolerations") or ()), _BUILT_IN],
        "affinity": {"nodeAffinity": spec["nodeAffinity"]} if spec.get("nodeAffinity") else {},
        "priorityClassName": "system-node-critical",
        "automountServiceAccountToken": False,
    }
    template = {"metadata": {"labels": {**chosen, **(labels or {})}}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": namespace, "ownerReferences": [owner]},
        "spec": {"selector": {"matchLabels": chosen}, "template": template},
    }


def waiting(node: Object, pods: Iterable[Object]) -> str:
    """The label that the plugin waits for: "false" once the driver's pod on the node is ready."""
    name = node["metadata"]["name"]
    loaded = any(each["spec"].get("nodeName") == name and _DRIVER in _labels(each) for each in pods)
    return "false" if loaded else "true"


def _labels(thing: Object) -> Mapping[str, str]:
    return thing["metadata"].get("labels") or {}


@dataclass(slots=True)
class NetworkOperator:
    """The operator of one cluster, and the finder of features beside it. Each works while a pod of it is ready."""

    api: Api
    world: World
    _made: dict[str, str] = field(default_factory=dict)  # generation by uid

    def step(self, pools: Sequence[Pool], there: Sequence[Object], ready_pods: Iterable[Object]) -> None:
        """Look once, and set going what is missing."""
        ready = list(ready_pods)
        running = {_labels(pod).get("app.kubernetes.io/name", ""): pod for pod in ready}
        if FINDERS[0] in running:
            self._find(pools, there, ready)
        if OPERATOR in running:
            self._reconcile(there, ready, running[OPERATOR]["metadata"]["namespace"])

    def _find(self, pools: Sequence[Pool], there: Sequence[Object], ready: Sequence[Object]) -> None:
        """Labels on machines with cards that a worker looks at."""
        looked = {pod["spec"]["nodeName"] for pod in ready if _labels(pod).get("app.kubernetes.io/name") == FINDERS[1]}
        machines = {pool.name: pool.machine for pool in pools if CARD in pool.resources}
        rules = self.api.items(_RULES)
        for node in there:
            machine = machines.get(nodes.pool_of(node), "")
            if machine and node["metadata"]["name"] in looked:
                for rule in rules:
                    self._label(node, labels_of(rule, machine))

    def _reconcile(self, there: Sequence[Object], ready: Sequence[Object], namespace: str) -> None:
        for policy in self.api.items(_POLICIES):
            about = policy["metadata"]
            if self._made.get(about["uid"]) != str(about["generation"]):
                for daemon in daemons(policy, namespace):
                    self.api.apply(daemon, "network-operator", force=True)
                self._made[about["uid"]] = str(about["generation"])
            for node in there:
                if _labels(node).get(HAS_CARDS) == "true":
                    self._label(node, {WAITS: waiting(node, ready)})

    def _label(self, node: Object, wanted: Mapping[str, str]) -> None:
        if all(_labels(node).get(key) == value for key, value in wanted.items()):
            return
        name = node["metadata"]["name"]
        with contextlib.suppress(ApiError):  # the node has gone meanwhile
            self.api.patch(f"/api/v1/nodes/{name}", {"metadata": {"labels": dict(wanted)}})
            self.world.record("network operator", "labelled", name, ", ".join(f"{k}={v}" for k, v in wanted.items()))
