"""Device plugins: one DaemonSet per vendor, on the pools of that vendor and nowhere else."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from intertie.contract import ClusterHandle, Toleration
from intertie.plan import LABEL, Plan
from intertie.workload.manifest import MANAGER, Manifest
from intertie.workload.placement import any_of, toleration
from intertie.workload.pod import image

NAMESPACE = "kube-system"
"""Pods of the priority that device plugins need are only let in here on every cloud."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """One row of `data/device_plugins.csv`. `mounts` are name and path, the same on the host and in the container."""

    vendor: str
    image: str
    command: tuple[str, ...]
    mounts: tuple[tuple[str, str], ...]
    source: str
    as_of: str


@cache
def plugins() -> dict[str, Plugin]:
    """Plugins by vendor, pinned, with their sources."""
    text = files("intertie.workload").joinpath("data", "device_plugins.csv").read_text(encoding="utf-8")
    return {row["vendor"]: _plugin(row) for row in csv.DictReader(text.splitlines())}


def _plugin(row: dict[str, str]) -> Plugin:
    mounts = tuple((name, path) for name, _, path in (mount.partition("=") for mount in row["mounts"].split(";")))
    command = tuple(row["command"].split(";")) if row["command"] else ()
    return Plugin(row["vendor"], row["image"], command, mounts, row["source"], row["as_of"])


def device_plugin(plan: Plan, handle: ClusterHandle, vendor: str) -> tuple[Manifest, ...]:
    """The objects of one vendor's plugin; () for a vendor whose plugin comes only with the cloud."""
    plugin = plugins().get(vendor)
    if plugin is None:
        return ()
    name = f"{vendor}-device-plugin"
    if vendor != "neuron":
        return (_daemon_set(plan, handle, plugin, name, account=None),)
    return (*_rights(name), _daemon_set(plan, handle, plugin, name, account=name))


def _daemon_set(plan: Plan, handle: ClusterHandle, plugin: Plugin, name: str, account: str | None) -> Manifest:
    pod: dict[str, Any] = {
        "priorityClassName": "system-node-critical",
        "automountServiceAccountToken": account is not None,
        **_nodes(plan, handle, plugin.vendor),
        "tolerations": _tolerations(plan, handle, plugin.vendor),
        "containers": [_container(handle, plugin, name)],
        "volumes": [{"name": volume, "hostPath": {"path": path}} for volume, path in plugin.mounts],
    }
    if account is not None:
        pod["serviceAccountName"] = account
    spec = {
        "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
        "updateStrategy": {"type": "RollingUpdate"},
        "template": {"metadata": {"labels": _labels(name)}, "spec": pod},
    }
    body = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": _metadata(name), "spec": spec}
    rights = (f"{name}-account", f"{name}-role", f"{name}-binding") if account else ()
    return Manifest(name, body, needs=rights)


def _nodes(plan: Plan, handle: ClusterHandle, vendor: str) -> dict[str, Any]:
    """Nodes of the vendor: by Intertie's label, or by the pools' own where others have made them."""
    pools = [pool for pool in plan.accelerator_pools() if pool.vendor == vendor]
    label = (f"{LABEL}/vendor", vendor)
    if all(label in pool.labels for pool in pools):
        return {"nodeSelector": dict([label])}
    selectors = [handle.pools[pool.name].selector for pool in pools if pool.name in handle.pools]
    return {"affinity": {"nodeAffinity": any_of(selectors)}} if selectors and all(selectors) else {}


def _container(handle: ClusterHandle, plugin: Plugin, name: str) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": name,
        "image": image(plugin.image, handle.registry),
        "env": [{"name": "NODE_NAME", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": volume, "mountPath": path} for volume, path in plugin.mounts],
    }
    if plugin.command:
        container["command"] = list(plugin.command)
    return container


def _tolerations(plan: Plan, handle: ClusterHandle, vendor: str) -> list[dict[str, Any]]:
    """What the vendor's pools keep others away with: theirs in the plan, and what the cloud adds to them."""
    found: list[Toleration] = []
    for pool in plan.accelerator_pools():
        if pool.vendor == vendor and pool.name in handle.pools:
            found += [given for given in handle.pools[pool.name].tolerations if given not in found]
    return [toleration(given) for given in found]


def _rights(name: str) -> tuple[Manifest, ...]:
    """This plugin reads and annotates nodes and pods (AWS Neuron documentation, k8s-neuron-device-plugin-rbac)."""
    rules = [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "update", "patch"]},
        {"apiGroups": [""], "resources": ["nodes/status"], "verbs": ["patch", "update"]},
    ]
    rbac = "rbac.authorization.k8s.io"
    everywhere = {"name": name, "labels": _labels(name)}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata(name)}
    role = {"apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": everywhere, "rules": rules}
    binding = {
        "apiVersion": f"{rbac}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": everywhere,
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}],
    }
    return (
        Manifest(f"{name}-account", account),
        Manifest(f"{name}-role", role),
        Manifest(f"{name}-binding", binding, needs=(f"{name}-account", f"{name}-role")),
    )


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/managed-by": MANAGER, "app.kubernetes.io/name": name}


def _metadata(name: str) -> dict[str, Any]:
    return {"name": name, "namespace": NAMESPACE, "labels": _labels(name)}
