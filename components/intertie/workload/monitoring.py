"""What is measured and who looks at it: a monitor per part, alert rules, a dashboard.

The collector is the cluster's. Its kinds differ in name and spelling; what they say is the same.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from intertie.contract import ClusterHandle, MetricsBinding
from intertie.plan import LABEL, Plan
from intertie.plan.alerts import GATEWAY_NAMESPACE, alerts, rule_groups
from intertie.workload import dashboard
from intertie.workload.autoscaling import metrics_port
from intertie.workload.manifest import Manifest, labels, metadata, selector

INTERVAL = "30s"
PROXY_PORT = 19001
"""Where the gateway's proxies show their metrics. Source: Envoy Gateway documentation, proxy observability."""
PROXY_PATH = "/stats/prometheus"


def objects(plan: Plan, handle: ClusterHandle, agents: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """Monitors, rules and the dashboard. `agents`: what is installed on nodes with the pipeline.

    () in a tier without replicas, but for the rules that speak of what is paid all the same.
    """
    binding = handle.metrics
    made: list[Manifest] = []
    exporters = _exporters(agents)
    if binding is not None and binding.monitor != ("", "") and plan.tier != "pilot":
        made += _monitors(plan, binding, exporters)
    if binding is not None and binding.rules != ("", "") and binding.alerts and alerts(plan):
        made.append(rules("alerts", binding, metadata(plan, plan.spec.name), rule_groups(plan)))
    return (*made, _dashboard(plan))


def annotations(plan: Plan, handle: ClusterHandle, port: int, path: str = "/metrics") -> dict[str, str]:
    """What a pod says of its metrics where the collector goes by annotations, or where none is known."""
    binding: MetricsBinding | None = handle.metrics
    if plan.tier == "pilot" or (binding is not None and binding.monitor != ("", "")):
        return {}
    return {"prometheus.io/scrape": "true", "prometheus.io/port": str(port), "prometheus.io/path": path}


def collectors(handle: ClusterHandle) -> list[dict[str, Any]]:
    """Whoever collects metrics, as network policies choose them; [] where nobody is known."""
    binding = handle.metrics
    if binding is None:
        return []
    named = "kubernetes.io/metadata.name"
    sources: list[dict[str, Any]] = [
        {"namespaceSelector": {"matchLabels": {named: name}}} for name in binding.namespaces
    ]
    return [*sources, *({"ipBlock": {"cidr": cidr}} for cidr in binding.ranges)]


def _exporters(agents: Iterable[Manifest]) -> dict[str, int]:
    """Name and port of every agent that shows metrics."""
    pods = {each.name: each.body["spec"]["template"]["spec"] for each in agents if each.kind == "DaemonSet"}
    ports = {name: port for name, pod in pods.items() for port in pod["containers"][0].get("ports", ())}
    return {name: port["containerPort"] for name, port in ports.items()}


def _monitors(plan: Plan, binding: MetricsBinding, exporters: Mapping[str, int]) -> list[Manifest]:
    made = [
        monitor(binding, f"{stage.name}-monitor", metadata(plan, stage.name, stage.name), selector(plan, stage.name),
                 metrics_port(stage), "/metrics")
        for stage in plan.stages
        if str(stage.spec.runtime) != "custom" or stage.spec.scaling.metric not in (None, "cpu", "queue")
    ]  # fmt: skip
    for name, port in exporters.items():
        about = {"name": name, "namespace": "kube-system", "labels": labels(plan)}
        made.append(monitor(binding, f"{name}-monitor", about, {"app.kubernetes.io/name": name}, port, "/metrics"))
    if plan.endpoint is not None:
        about = {"name": plan.spec.name, "namespace": GATEWAY_NAMESPACE, "labels": labels(plan)}
        owner = {"gateway.envoyproxy.io/owning-gateway-namespace": plan.namespace}
        made.append(monitor(binding, "gateway-monitor", about, owner, PROXY_PORT, PROXY_PATH, needs=("envoy-gateway",)))
    return made


def monitor(  # noqa: PLR0917
    binding: MetricsBinding,
    role: str,
    about: dict[str, Any],
    chosen: dict[str, str],
    port: int,
    path: str,
    needs: tuple[str, ...] = (),
) -> Manifest:
    """Pods by their labels. The stage's name becomes a label of every series, so that alerts can tell stages apart."""
    where = {"interval": INTERVAL, "path": path}
    spec: dict[str, Any] = {"selector": {"matchLabels": chosen}}
    if binding.monitor[1] == "PodMonitoring":
        spec["endpoints"] = [{"port": port, **where}]
        spec["targetLabels"] = {"metadata": ["pod", "container", "node"], "fromPod": [_stage_label("from", "to")]}
    else:
        named = {"sourceLabels": [f"__meta_kubernetes_pod_label_{_legal(LABEL)}_stage"], "targetLabel": "stage"}
        spec["podMetricsEndpoints"] = [{"portNumber": port, **where, "relabelings": [named]}]
    return _made(role, binding.monitor, binding, about, spec, needs)


def rules(role: str, binding: MetricsBinding, about: dict[str, Any], groups: list[dict[str, Any]]) -> Manifest:
    """Groups of rules, where they are objects of the cluster."""
    return _made(role, binding.rules, binding, about, {"groups": groups})


def _made(  # noqa: PLR0917
    role: str,
    kind: tuple[str, str],
    binding: MetricsBinding,
    about: dict[str, Any],
    spec: dict[str, Any],
    needs: tuple[str, ...] = (),
) -> Manifest:
    """With the labels by which the collector chooses. They win over our own, by which nobody chooses."""
    named = {**about, "labels": dict(sorted({**about["labels"], **binding.labels}.items()))}
    body = {"apiVersion": kind[0], "kind": kind[1], "metadata": named, "spec": spec}
    return Manifest(role, body, needs=("namespace", *needs))


def _stage_label(source: str, target: str) -> dict[str, str]:
    return {source: f"{LABEL}/stage", target: "stage"}


def _legal(label: str) -> str:
    """A label of Kubernetes as Prometheus writes it."""
    return "".join(letter if letter.isalnum() else "_" for letter in label)


def _dashboard(plan: Plan) -> Manifest:
    """Found by Grafana's sidecar through its label; for a managed Grafana, the same JSON is imported."""
    about = metadata(plan, f"{plan.spec.name}-dashboard")
    about["labels"] = dict(sorted({**about["labels"], "grafana_dashboard": "1"}.items()))
    text = json.dumps(dashboard.dashboard(plan), indent=1, sort_keys=True) + "\n"
    data = {f"{plan.spec.name}-{plan.placement}.json": text}
    return Manifest("dashboard", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": data},
                    needs=("namespace",))  # fmt: skip
