"""What AMD's GPU operator does in a cluster: drivers on the nodes that a DeviceConfig selects, then the device plugin.

Source: ROCm/gpu-operator v1.5, documentation and `internal/plugin`: with `driver.enable` the plugin goes only to nodes
that carry the label of the loaded driver, and each of its parts has tolerations of its own.
"""

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intertie.lab.agenda import Scope
from intertie.lab.device_plugins import SOCKETS
from intertie.lab.kube.client import Api, ApiError
from intertie.lab.scheduling import tolerates
from intertie.lab.world import World

OPERATOR = "amd-gpu-operator-controller-manager"
BUILD_SECONDS = 900
"""From a selected node to a loaded driver: built in the cluster, pushed, pulled and loaded. A prior of the lab."""
_CONFIGS = "/apis/amd.com/v1alpha1/deviceconfigs"
_READY = "kmm.node.kubernetes.io/{namespace}.{name}.ready"

Object = Mapping[str, Any]


def has_driver(node: Object) -> bool:
    """Whether the operator has loaded its driver on a node."""
    labels = node["metadata"].get("labels") or {}
    return any(key.startswith("kmm.node.kubernetes.io/") and key.endswith(".ready") for key in labels)


def ready_label(config: Object) -> str:
    """The label of nodes on which a configuration's driver is loaded."""
    return _READY.format(**{key: config["metadata"][key] for key in ("namespace", "name")})


def lacking(config: Object, nodes: Iterable[Object]) -> list[str]:
    """The nodes that a configuration's driver is still to be loaded on."""
    driver = config["spec"].get("driver") or {}
    if not driver.get("enable"):
        return []
    label, selector = ready_label(config), config["spec"].get("selector") or {}
    return [
        node["metadata"]["name"]
        for node in nodes
        if selector.items() <= (node["metadata"].get("labels") or {}).items()
        and label not in node["metadata"]["labels"]
        and tolerates(driver.get("tolerations") or [], node["spec"].get("taints") or [])
    ]


def plugin(config: Object) -> dict[str, Any] | None:
    """The device plugin's DaemonSet of a configuration; None when it has none."""
    asked = config["spec"].get("devicePlugin") or {}
    if not asked.get("enableDevicePlugin", True):
        return None
    selector = dict(config["spec"].get("selector") or {})
    if (config["spec"].get("driver") or {}).get("enable"):
        selector[ready_label(config)] = ""
    about = config["metadata"]
    labels = {"daemonset-name": about["name"]}
    container = {
        "name": "device-plugin",
        "image": asked.get("devicePluginImage") or "rocm/k8s-device-plugin:latest",
        "volumeMounts": [{"name": "kubelet-device-plugins", "mountPath": SOCKETS}],
    }
    pod = {
        "containers": [container],
        "nodeSelector": selector,
        "tolerations": list(asked.get("devicePluginTolerations") or []),
        "priorityClassName": "system-node-critical",
        "automountServiceAccountToken": False,
        "volumes": [{"name": "kubelet-device-plugins", "hostPath": {"path": SOCKETS}}],
    }
    owner = {"apiVersion": "amd.com/v1alpha1", "kind": "DeviceConfig", "name": about["name"], "uid": about["uid"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {
            "name": f"{about['name']}-device-plugin",
            "namespace": about["namespace"],
            "ownerReferences": [owner],
        },
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


@dataclass(slots=True)
class AmdOperator:
    """The operator of one cluster. It works while a pod of it is ready."""

    api: Api
    world: World
    agenda: Scope
    _made: dict[str, str] = field(default_factory=dict)  # generation by uid

    def step(self, nodes: Sequence[Object], ready_pods: Iterable[Object]) -> None:
        """Look once, and set going what is missing."""
        if not any(
            (pod["metadata"].get("labels") or {}).get("app.kubernetes.io/name") == OPERATOR for pod in ready_pods
        ):
            return
        for config in self.api.items(_CONFIGS):
            about = config["metadata"]
            made = plugin(config)
            if made is not None and self._made.get(about["uid"]) != str(about["generation"]):
                self.api.apply(made, "amd-gpu-operator", force=True)
                self._made[about["uid"]] = str(about["generation"])
            for node in lacking(config, nodes):
                if not self.agenda.has("driver", node):
                    due = self.world.now() + BUILD_SECONDS * 1000
                    label = ready_label(config)
                    self.agenda.put(("driver", node), due, lambda n=node, key=label: self._loaded(n, key))

    def _loaded(self, node: str, label: str) -> None:
        with contextlib.suppress(ApiError):  # the node has gone meanwhile
            self.api.patch(f"/api/v1/nodes/{node}", {"metadata": {"labels": {label: ""}}})
            self.world.record("amd operator", "loaded", node, "driver")
