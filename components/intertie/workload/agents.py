"""Agents on nodes: what makes a vendor's devices known, and what measures them. One DaemonSet per vendor and component,
on the pools of that vendor and nowhere else."""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from intertie.contract import ClusterHandle, Toleration
from intertie.plan import LABEL, Plan
from intertie.plan.digests import digested
from intertie.workload.images import image
from intertie.workload.manifest import MANAGER, Manifest
from intertie.workload.placement import any_of, toleration

COMPONENTS = ("device-plugin", "metrics-exporter")
"""Components of `data/node_agents.csv`, as the catalogue's table of owners calls them."""

NAMESPACE = "kube-system"
"""Pods of the priority that these agents need are only let in here on every cloud."""

_THIS_NODE = "$node"
_PRIVILEGES: dict[str, dict[str, Any]] = {
    "none": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    # the counters of a GPU's engines are open to the system's administrator alone
    "profiling": {
        "allowPrivilegeEscalation": False,
        "runAsUser": 0,
        "capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]},
    },
    "privileged": {"privileged": True},
}
_RESOURCES: dict[str, dict[str, Any]] = {
    "device-plugin": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
    "metrics-exporter": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}},
}


@dataclass(frozen=True, slots=True)
class Agent:
    """One row of `data/node_agents.csv`.

    `mounts` are name and path, the same on the host and in the container; `env` are name and value, `$node` for the
    node's name; `rights` are a resource of Kubernetes' core and the verbs on it; `port` is where metrics are, 0: none.
    """

    component: str
    vendor: str
    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    mounts: tuple[tuple[str, str], ...]
    port: int
    rights: tuple[tuple[str, tuple[str, ...]], ...]
    privileges: str  # none | profiling | privileged
    source: str
    as_of: str

    @property
    def name(self) -> str:
        """As in `ClusterHandle.provided` and `adopt.provides`: `nvidia-device-plugin`."""
        return f"{self.vendor}-{self.component}"


@cache
def agents() -> dict[str, Agent]:
    """Agents by name, pinned, with their sources."""
    text = files("intertie.workload").joinpath("data", "node_agents.csv").read_text(encoding="utf-8")
    found = [_agent(row) for row in csv.DictReader(text.splitlines())]
    return {agent.name: agent for agent in found}


def _agent(row: dict[str, str]) -> Agent:
    return Agent(
        component=row["component"],
        vendor=row["vendor"],
        image=row["image"],
        command=_words(row["command"]),
        args=_words(row["args"]),
        env=_pairs(row["env"]),
        mounts=_pairs(row["mounts"]),
        port=int(row["port"] or 0),
        rights=tuple((resource, tuple(verbs.split(","))) for resource, verbs in _pairs(row["rights"])),
        privileges=row["privileges"],
        source=row["source"],
        as_of=row["as_of"],
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, _, value in (word.partition("=") for word in _words(text)))


def objects(plan: Plan, handle: ClusterHandle, vendor: str, component: str) -> tuple[Manifest, ...]:
    """The objects of one vendor's agent; () for a vendor whose agent comes only with the cloud."""
    agent = agents().get(f"{vendor}-{component}")
    if agent is None:
        return ()
    return (*_rights(agent), _daemon_set(plan, handle, agent))


def _daemon_set(plan: Plan, handle: ClusterHandle, agent: Agent) -> Manifest:
    pod: dict[str, Any] = {
        "priorityClassName": "system-node-critical",
        "automountServiceAccountToken": bool(agent.rights),
        **_nodes(plan, handle, agent.vendor),
        "tolerations": tolerations(plan, handle, agent.vendor),
        "containers": [_container(plan, handle, agent)],
    }
    if agent.mounts:
        pod["volumes"] = [{"name": volume, "hostPath": {"path": path}} for volume, path in agent.mounts]
    if agent.rights:
        pod["serviceAccountName"] = agent.name
    about: dict[str, Any] = {"labels": _labels(agent)}
    if agent.port:
        about["annotations"] = {"prometheus.io/scrape": "true", "prometheus.io/port": str(agent.port)}
    spec = {
        "selector": {"matchLabels": {"app.kubernetes.io/name": agent.name}},
        "updateStrategy": {"type": "RollingUpdate"},
        "template": {"metadata": about, "spec": pod},
    }
    body = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": _metadata(agent), "spec": spec}
    needs = tuple(f"{agent.name}-{part}" for part in ("account", "role", "binding")) if agent.rights else ()
    return Manifest(agent.name, body, needs=needs)


def _nodes(plan: Plan, handle: ClusterHandle, vendor: str) -> dict[str, Any]:
    """Nodes of the vendor: by Intertie's label, or by the pools' own where others have made them."""
    pools = [pool for pool in plan.accelerator_pools() if pool.vendor == vendor]
    label = (f"{LABEL}/vendor", vendor)
    if all(label in pool.labels for pool in pools):
        return {"nodeSelector": dict([label])}
    selectors = [handle.pools[pool.name].selector for pool in pools if pool.name in handle.pools]
    return {"affinity": {"nodeAffinity": any_of(selectors)}} if selectors and all(selectors) else {}


def tolerations(plan: Plan, handle: ClusterHandle, vendor: str) -> list[dict[str, Any]]:
    """What the vendor's pools keep others away with: theirs in the plan, and what the cloud adds to them."""
    found: list[Toleration] = []
    for pool in plan.accelerator_pools():
        if pool.vendor == vendor and pool.name in handle.pools:
            found += [given for given in handle.pools[pool.name].tolerations if given not in found]
    return [toleration(given) for given in found]


def _container(plan: Plan, handle: ClusterHandle, agent: Agent) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": agent.name,
        "image": image(plan, digested(plan.spec, agent.image), handle.registry),
        "command": list(agent.command),
        "args": list(agent.args),
        "env": [_variable(name, value) for name, value in agent.env],
        "ports": [{"name": "metrics", "containerPort": agent.port, "protocol": "TCP"}] if agent.port else [],
        "resources": _RESOURCES[agent.component],
        "securityContext": _PRIVILEGES[agent.privileges],
        "volumeMounts": [{"name": volume, "mountPath": path} for volume, path in agent.mounts],
    }
    return {name: value for name, value in fields.items() if value != []}


def _variable(name: str, value: str) -> dict[str, Any]:
    if value == _THIS_NODE:
        return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    return {"name": name, "value": value}


def _rights(agent: Agent) -> tuple[Manifest, ...]:
    """What the agent may do with Kubernetes' own objects; () for those that never ask the API server."""
    if not agent.rights:
        return ()
    rules = [{"apiGroups": [""], "resources": [resource], "verbs": list(verbs)} for resource, verbs in agent.rights]
    rbac, name = "rbac.authorization.k8s.io", agent.name
    everywhere = {"name": name, "labels": _labels(agent)}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata(agent)}
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


def _labels(agent: Agent) -> dict[str, str]:
    return {"app.kubernetes.io/managed-by": MANAGER, "app.kubernetes.io/name": agent.name}


def _metadata(agent: Agent) -> dict[str, Any]:
    return {"name": agent.name, "namespace": NAMESPACE, "labels": _labels(agent)}
