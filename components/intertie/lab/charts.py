"""What a Helm chart brings into a cluster of the lab: its workloads as plain objects. Pure.

Charts cannot be rendered here, so what matters of those that stacks use is a table (`data/charts.yaml`): the rest of a
chart decides nothing in a lab.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from intertie.lab.autoscaler import PRIORITIES
from intertie.lab.device_plugins import SOCKETS


@dataclass(frozen=True, slots=True)
class Release:
    """A release as it was asked for."""

    name: str
    namespace: str
    chart: str
    version: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of the table."""

    name: str
    definitions: tuple[str, ...] = ()  # components of `crds`
    keeps: bool = False  # its definitions stay when it goes
    controllers: tuple[str, ...] = ()  # run beside the cluster
    needs: tuple[str, ...] = ()  # kinds that other charts define: group/version/kind
    at: Mapping[str, str] = field(default_factory=dict)
    workloads: tuple[Mapping[str, Any], ...] = ()
    priorities: str = ""  # path of the autoscaler's table
    instances: str = ""  # path of the labels of nodes that it is for


def chart(reference: str) -> Chart | None:
    """The chart that a reference names: `keda`, `oci://host/path/keda`, `repo/keda`. None: the table has none."""
    name = reference.rstrip("/").rpartition("/")[2]
    row = _table().get(name)
    if row is None:
        return None
    return Chart(
        name,
        tuple(row.get("definitions", ())),
        row.get("keeps", False),
        tuple(row.get("controllers", ())),
        tuple(row.get("needs", ())),
        row.get("at", {}),
        tuple(row.get("workloads", ())),
        row.get("priorities", ""),
        row.get("instances", ""),
    )


@cache
def _table() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(files("intertie.lab").joinpath("data", "charts.yaml").read_text(encoding="utf-8"))


def objects(known: Chart, release: Release) -> list[dict[str, Any]]:
    """Workloads and settings of a release, without its definitions."""
    made = [_workload(known, workload, release) for workload in known.workloads]
    table = at(release.values, known.priorities) if known.priorities else None
    if table:
        data = {"priorities": yaml.safe_dump(table)}
        made.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": _about(PRIORITIES, release), "data": data})
    return made


def at(values: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path; None when it is not there."""
    found: Any = values
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _about(name: str, release: Release) -> dict[str, Any]:
    labels = {"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": release.name}
    return {"name": name, "namespace": release.namespace, "labels": labels}


def _workload(known: Chart, workload: Mapping[str, Any], release: Release) -> dict[str, Any]:
    """A Deployment, or a DaemonSet, with what its values say of where it runs."""
    given = _given(known, workload, release)
    name = given.get("name") or workload["name"]
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": release.name}
    kind = workload.get("kind", "Deployment")
    spec: dict[str, Any] = {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": _pod(known, workload, release, name)},
    }
    if kind == "Deployment":
        spec["replicas"] = at(release.values, workload["replicas"]) or 1 if "replicas" in workload else 1
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": _about(name, release), "spec": spec}


def _given(known: Chart, workload: Mapping[str, Any], release: Release) -> dict[str, Any]:
    """What the values say of a workload: at the chart's paths, or at paths of its own."""
    return {what: at(release.values, path) for what, path in {**known.at, **workload.get("at", {})}.items()}


def _pod(known: Chart, workload: Mapping[str, Any], release: Release, name: str) -> dict[str, Any]:
    given = _given(known, workload, release)
    tag = given.get("tag") or release.version or "latest"
    resources = given.get("resources") or {"requests": workload.get("requests", {})}
    container: dict[str, Any] = {"name": name, "image": f"{workload['image']}:{tag}", "resources": resources}
    pod: dict[str, Any] = {
        "containers": [container],
        "nodeSelector": given.get("nodeSelector") or {},
        "tolerations": [*workload.get("tolerations", ()), *(given.get("tolerations") or ())],
        "affinity": _instances(known, release) or given.get("affinity") or workload.get("affinity") or {},
        "automountServiceAccountToken": False,
    }
    if workload.get("priority"):
        pod["priorityClassName"] = workload["priority"]
    if workload.get("plugin"):
        container["volumeMounts"] = [{"name": "device-plugin", "mountPath": SOCKETS}]
        pod["volumes"] = [{"name": "device-plugin", "hostPath": {"path": SOCKETS}}]
    return pod


def _instances(known: Chart, release: Release) -> dict[str, Any] | None:
    """Node affinity to the machine types that the values list; None for charts without such a list."""
    listed = at(release.values, known.instances) if known.instances else None
    if not listed:
        return None
    terms = [
        {"matchExpressions": [{"key": key, "operator": "In", "values": listed["values"]}]} for key in listed["keys"]
    ]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
