"""The namespace, and who may talk to whom in it: nobody, except along `after`, from the gateway and from the scaler."""

from typing import Any

from intertie.contract import ClusterHandle
from intertie.plan import LABEL, Plan, StagePlan
from intertie.workload import canary, monitoring, picker, traces
from intertie.workload.autoscaling import metrics_port, shown_to_scaler
from intertie.workload.entry import entry
from intertie.workload.manifest import Manifest, labels, metadata, selector
from intertie.workload.placement import pins_memory
from intertie.workload.routing import is_pooled

_NAME_OF_NAMESPACE = "kubernetes.io/metadata.name"
_LINK_LOCAL = "169.254.0.0/16"


def namespace(plan: Plan, handle: ClusterHandle) -> Manifest:
    """Pods with host access are refused; what is short of the strictest profile is warned about.

    A fabric between nodes needs pinned pages, a right that the baseline profile does not know: then nothing is refused.
    """
    pinned = any(pins_memory(stage, handle) for stage in plan.stages)
    security = {
        "pod-security.kubernetes.io/enforce": "privileged" if pinned else "baseline",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
    }
    about = {"name": plan.namespace, "labels": dict(sorted({**labels(plan), **security}.items()))}
    return Manifest("namespace", {"apiVersion": "v1", "kind": "Namespace", "metadata": about})


def policies(plan: Plan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    """Deny all, then allow: names and services of the cloud, each stage's callers, each stage's followers."""
    shared = (_policy(plan, "deny-all", {}, {"policyTypes": ["Ingress", "Egress"]}), _outside(plan))
    return (*shared, *(_stage(plan, stage, handle) for stage in plan.stages))


def _policy(plan: Plan, role: str, chosen: dict[str, str], rules: dict[str, Any]) -> Manifest:
    pods = {"matchLabels": chosen} if chosen else {}
    stage = chosen.get(f"{LABEL}/stage")
    body = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(plan, role, stage),
        "spec": {"podSelector": pods, **rules},
    }
    return Manifest(role, body, needs=("namespace",))


def _outside(plan: Plan) -> Manifest:
    """Name service, HTTPS to anywhere (weights, images' layers, tokens), and link-local name and identity services."""
    dns = [_port(53, "UDP"), _port(53, "TCP")]
    system = {"namespaceSelector": {"matchLabels": {_NAME_OF_NAMESPACE: "kube-system"}}}
    local = {"ipBlock": {"cidr": _LINK_LOCAL}}
    everywhere = {"ipBlock": {"cidr": "0.0.0.0/0"}}
    egress = [
        {"to": [system, local], "ports": dns},
        {"to": [everywhere], "ports": [_port(443)]},
        {"to": [local], "ports": [_port(80), _port(988)]},
    ]
    return _policy(plan, "allow-outside", {}, {"policyTypes": ["Egress"], "egress": egress})


def _stage(plan: Plan, stage: StagePlan, handle: ClusterHandle) -> Manifest:
    """Who may open connections to the stage, and to which stages it may open them."""
    group = [{"from": [_pods(plan, stage.name)]}] if stage.multi_node else []
    own = [{"to": [_pods(plan, stage.name)]}] if stage.multi_node else []
    later = [_towards(plan, other) for other in plan.stages if stage.name in other.spec.after and not other.canary_of]
    rules: dict[str, Any] = {
        "policyTypes": ["Ingress"],
        "ingress": [*_callers(plan, stage), *group, *_collector(stage, handle)],
    }
    if egress := [*later, *own, *traces.egress(plan, stage)]:
        rules = {**rules, "policyTypes": ["Ingress", "Egress"], "egress": egress}
    return _policy(plan, f"{stage.name}-ingress", selector(plan, stage.name), rules)


def _towards(plan: Plan, other: StagePlan) -> dict[str, Any]:
    """A stage that comes after, or the gateway that splits its requests: on the port that its proxies listen on."""
    if canary.is_split(plan, other):
        return {"to": [canary.proxies(plan, other)], "ports": [_port(canary.LISTENS)]}
    return {"to": [_pods(plan, other.name)], "ports": [_port(other.spec.port)]}


def _callers(plan: Plan, stage: StagePlan) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = []
    if canary.is_split(plan, stage):
        rules.append({"from": [canary.proxies(plan, stage)], "ports": [_port(stage.spec.port)]})
    elif stage.spec.after:
        rules.append({"from": [_pods(plan, name) for name in stage.spec.after], "ports": [_port(stage.spec.port)]})
    if canary.original(plan, stage).name == entry(plan).name:
        rules.append({"from": [_gateway(plan)], "ports": [_port(stage.spec.port)]})
    elif not stage.spec.after and plan.endpoint is None:
        rules.append({"from": [_anywhere_inside()], "ports": [_port(stage.spec.port)]})
    if is_pooled(stage):
        rules.append({"from": [picker.towards(plan, stage)], "ports": [_port(metrics_port(stage))]})
    if shown_to_scaler(plan, stage):
        rules.append({"from": [_scaler()], "ports": [_port(metrics_port(stage))]})
    return rules


def _collector(stage: StagePlan, handle: ClusterHandle) -> list[dict[str, Any]]:
    """Whoever collects metrics may ask for them, and for nothing else where they have a port of their own."""
    sources = monitoring.collectors(handle)
    return [{"from": sources, "ports": [_port(metrics_port(stage))]}] if sources else []


def _gateway(plan: Plan) -> dict[str, Any]:
    """The gateway's proxies; without an endpoint, whoever runs in the cluster."""
    if plan.endpoint is None:
        return _anywhere_inside()
    return canary.of_gateway(plan, plan.spec.name)


def _scaler() -> dict[str, Any]:
    """KEDA's operator: in its own namespace, or with the system where a managed add-on put it."""
    here = {"matchExpressions": [{"key": _NAME_OF_NAMESPACE, "operator": "In", "values": ["keda", "kube-system"]}]}
    return {"namespaceSelector": here, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "keda-operator"}}}


def _anywhere_inside() -> dict[str, Any]:
    return {"namespaceSelector": {}}


def _pods(plan: Plan, stage: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": selector(plan, stage)}}


def _port(port: int, protocol: str = "TCP") -> dict[str, Any]:
    return {"port": port, "protocol": protocol}
