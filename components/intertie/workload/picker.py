"""The endpoint picker of a stage: it watches the replicas' queues and caches and names the one for each request.

Two of them choose at the same time. The extension's own chart lets one lead and the other wait; then a drain of the
leader's node is held up by its disruption budget, and its end is noticed after a lease. What a picker remembers beyond
what replicas show is which prompts it sent where, so two know a little less each than one would.
"""

import csv
import json
from functools import cache
from importlib.resources import files
from typing import Any

from intertie.contract import ClusterHandle
from intertie.plan import Plan, StagePlan
from intertie.workload import canary, monitoring, picker_certificate
from intertie.workload.images import image
from intertie.workload.manifest import Manifest, metadata, selector

PORT, HEALTH_PORT, METRICS_PORT = 9002, 9003, 9090
REPLICAS = 2
_SCORERS = {"queue-scorer": 2, "kv-cache-utilization-scorer": 2, "prefix-cache-scorer": 3}
"""What counts for how much. Source: Gateway API Inference Extension v1.5.0, chart inferencepool."""
_RBAC = "rbac.authorization.k8s.io"
_READ = ["get", "list", "watch"]
_USER = 65532
"""The user of the image. Source: Gateway API Inference Extension v1.5.0, Dockerfile (distroless, nonroot)."""
_CONFIG, _CERTIFICATE = "/config", "/certificate"


def name(stage: StagePlan) -> str:
    """Name of the picker's objects, and their role."""
    return f"{stage.name}-picker"


def pods(plan: Plan, stage: StagePlan) -> dict[str, str]:
    """Labels that find the picker's pods."""
    return {"app.kubernetes.io/part-of": plan.spec.name, "app.kubernetes.io/component": name(stage)}


def objects(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    """Rights, configuration, Deployment, service, disruption budget, network policy; a monitor where one is read."""
    return (
        *_rights(plan, stage),
        _made(plan, stage, "config", "v1", "ConfigMap", data={"plugins.json": _plugins(stage)}),
        _deployment(plan, stage, handle),
        _service(plan, stage),
        _made(plan, stage, "disruptions", "policy/v1", "PodDisruptionBudget",
              spec={"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow",
                    "selector": {"matchLabels": pods(plan, stage)}}),
        _network(plan, stage, handle),
        *_monitor(plan, stage, handle),
    )  # fmt: skip


def towards(plan: Plan, stage: StagePlan) -> dict[str, Any]:
    """The picker's pods, as policies choose them."""
    return {"podSelector": {"matchLabels": pods(plan, stage)}}


@cache
def _image() -> str:
    """By its digest."""
    text = files("intertie.workload").joinpath("data", "endpoint_picker.csv").read_text(encoding="utf-8")
    (row,) = csv.DictReader(text.splitlines())
    return f"{row['image']}@{row['digest']}"


def _rights(plan: Plan, stage: StagePlan) -> tuple[Manifest, ...]:
    """To read pools and pods of the namespace. Objectives and rewrites are read where the cluster has such kinds."""
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": _READ},
        {"apiGroups": ["inference.networking.k8s.io"], "resources": ["inferencepools"], "verbs": _READ},
        {"apiGroups": ["inference.networking.x-k8s.io"], "resources": ["inferenceobjectives", "inferencemodelrewrites"],
         "verbs": _READ},
    ]  # fmt: skip
    subject = {"kind": "ServiceAccount", "name": name(stage), "namespace": plan.namespace}
    role = {"apiGroup": _RBAC, "kind": "Role", "name": name(stage)}
    needs = (f"{name(stage)}-account", f"{name(stage)}-rights")
    return (
        _made(plan, stage, "account", "v1", "ServiceAccount", automountServiceAccountToken=False),
        _made(plan, stage, "rights", f"{_RBAC}/v1", "Role", rules=rules),
        _made(plan, stage, "binding", f"{_RBAC}/v1", "RoleBinding", needs, roleRef=role, subjects=[subject]),
    )


def _plugins(stage: StagePlan) -> str:
    """The picker's configuration. It scrapes what the stage's runtime shows under its own names."""
    plugins: list[dict[str, Any]] = [{"type": kind} for kind in _SCORERS]
    plugins.append({"type": "core-metrics-extractor", "parameters": {"defaultEngine": str(stage.spec.runtime)}})
    profile = [{"pluginRef": kind, "weight": weight} for kind, weight in _SCORERS.items()]
    told = {
        "apiVersion": "inference.networking.x-k8s.io/v1alpha1",
        "kind": "EndpointPickerConfig",
        "plugins": plugins,
        "schedulingProfiles": [{"name": "default", "plugins": profile}],
    }
    return json.dumps(told, indent=1) + "\n"


def _deployment(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> Manifest:
    about: dict[str, Any] = {"labels": pods(plan, stage)}
    if found := monitoring.annotations(plan, handle, METRICS_PORT):
        about["annotations"] = found
    spec = {
        "replicas": REPLICAS,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "revisionHistoryLimit": 3,
        "selector": {"matchLabels": pods(plan, stage)},
        "template": {"metadata": about, "spec": _pod(plan, stage, handle)},
    }
    parts = ("binding", "config", "certificate", "policy")
    needs = ("deny-all", f"{stage.name}-pool", *(f"{name(stage)}-{part}" for part in parts))
    return _made(plan, stage, "", "apps/v1", "Deployment", needs, spec=spec)


def _pod(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> dict[str, Any]:
    """On nodes of the system or general pool, as it tolerates no taint; the two apart from each other."""
    apart = [
        {"maxSkew": 1, "topologyKey": topology, "whenUnsatisfiable": "ScheduleAnyway",
         "labelSelector": {"matchLabels": pods(plan, stage)}}
        for topology in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]  # fmt: skip
    return {
        "serviceAccountName": name(stage),
        "automountServiceAccountToken": True,  # it watches pods and its pool
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": apart,
        "containers": [_container(plan, stage, handle)],
        "volumes": [
            {"name": "config", "configMap": {"name": name(stage)}},
            {"name": "certificate", "secret": {"secretName": picker_certificate.secret(stage), "defaultMode": 0o440}},
        ],
    }


def _container(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> dict[str, Any]:
    return {
        "name": "picker",
        "image": image(plan, _image(), handle.registry),
        "imagePullPolicy": "IfNotPresent",
        "args": _arguments(plan, stage),
        "env": [{"name": "NAMESPACE", "value": plan.namespace}],
        "ports": [
            {"name": called, "containerPort": port, "protocol": "TCP"}
            for called, port in (("grpc", PORT), ("health", HEALTH_PORT), ("metrics", METRICS_PORT))
        ],
        "readinessProbe": {"grpc": _HEALTH, "periodSeconds": 5, "failureThreshold": 2},
        "livenessProbe": {"grpc": _HEALTH, "initialDelaySeconds": 10, "periodSeconds": 10, "failureThreshold": 6},
        "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"memory": "2Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [
            {"name": "config", "mountPath": _CONFIG, "readOnly": True},
            {"name": "certificate", "mountPath": _CERTIFICATE, "readOnly": True},
        ],
    }


_HEALTH = {"port": HEALTH_PORT, "service": "inference-extension"}


def _arguments(plan: Plan, stage: StagePlan) -> list[str]:
    """At verbosity 1 no request's text is logged. Who may ask for metrics is the network policy's to say."""
    return [
        f"--pool-name={stage.name}",
        f"--pool-namespace={plan.namespace}",
        f"--config-file={_CONFIG}/plugins.json",
        f"--cert-path={_CERTIFICATE}",
        "--enable-cert-reload=true",
        "--metrics-endpoint-auth=false",
        "--enable-pprof=false",
        "--tracing=false",
        "--v=1",
    ]


def _service(plan: Plan, stage: StagePlan) -> Manifest:
    ports = [{"name": "grpc", "port": PORT, "targetPort": PORT, "protocol": "TCP"}]
    spec = {"type": "ClusterIP", "selector": pods(plan, stage), "ports": ports}
    return _made(plan, stage, "service", "v1", "Service", spec=spec)


def _network(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> Manifest:
    """Proxies ask it, the collector reads its metrics; it reads those of the replicas. Names and the Kubernetes API are
    open to all pods of the namespace."""
    ingress = [{"from": [canary.before(plan, stage)], "ports": [_port(PORT)]}]
    if sources := monitoring.collectors(handle):
        ingress.append({"from": sources, "ports": [_port(METRICS_PORT)]})
    replicas = {"podSelector": {"matchLabels": selector(plan, stage.name)}}
    spec = {
        "podSelector": {"matchLabels": pods(plan, stage)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress,
        "egress": [{"to": [replicas], "ports": [_port(stage.spec.port)]}],
    }
    return _made(plan, stage, "policy", "networking.k8s.io/v1", "NetworkPolicy", spec=spec)


def _port(port: int) -> dict[str, Any]:
    return {"port": port, "protocol": "TCP"}


def _monitor(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    binding = handle.metrics
    if binding is None or binding.monitor == ("", "") or plan.tier == "pilot":
        return ()
    about = metadata(plan, name(stage), stage.name)
    role = f"{name(stage)}-monitor"
    return (monitoring.monitor(binding, role, about, pods(plan, stage), METRICS_PORT, "/metrics"),)


def _made(  # noqa: PLR0917
    plan: Plan, stage: StagePlan, part: str, api: str, kind: str, needs: tuple[str, ...] = (), **fields: Any
) -> Manifest:
    body = {"apiVersion": api, "kind": kind, "metadata": metadata(plan, name(stage)), **fields}
    return Manifest(f"{name(stage)}-{part}".removesuffix("-"), body, needs=("namespace", *needs))
