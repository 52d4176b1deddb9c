"""The budget guard and the cost exporter in the cluster, where the description's `budget.watch` asks for them.

The guard runs every five minutes, with rights to read nodes and the namespace's workloads, to patch autoscalers, and to
keep its memory in one ConfigMap. Neither has a credential of the cloud or of the stack.
"""

import json
from typing import Any

from intertie.contract import ClusterHandle
from intertie.plan import Plan
from intertie.plan.budgets import share
from intertie.plan.cost_rules import rule_groups, watched
from intertie.spec.budget import Watch
from intertie.workload import cost_dashboard, cost_prices, monitoring
from intertie.workload.images import image
from intertie.workload.manifest import Manifest, labels, metadata

PORT = 9408
GUARD, EXPORTER = "intertie-guard", "intertie-exporter"
FACTS = "/etc/intertie/facts.json"
FORECAST = "/etc/intertie-forecast/forecast.json"
"""Dollars ahead, from a ConfigMap that whoever forecasts writes; there is none until then."""
_RBAC = "rbac.authorization.k8s.io"
_READ = ["get", "list"]
_EVERY = "*/5 * * * *"
_PART = "app.kubernetes.io/component"


def objects(plan: Plan, handle: ClusterHandle, prices: str = "") -> tuple[Manifest, ...]:
    """Guard, exporter, their rights, monitor, rules and dashboard. () without `budget.watch`.

    `prices`: a price file of what the organisation pays for machines, checked; "" for list prices.
    """
    watch = plan.spec.budget.watch if plan.spec.budget is not None else None
    if watch is None or not watched(plan):
        return ()
    made = (*_rights(plan), *_guard(plan, handle, watch, prices), *_exporter(plan, handle, watch, prices))
    return (*cost_prices.objects(plan, prices), *made, *_shown(plan, handle))


def _rights(plan: Plan) -> tuple[Manifest, ...]:
    """Nodes are the cluster's: to see them takes a role of the cluster. All else ends at the namespace."""
    scale = [
        _rule("keda.sh", ["scaledobjects"], [*_READ, "patch"]),
        _rule("autoscaling", ["horizontalpodautoscalers"], [*_READ, "patch"]),
        _rule("apps", ["deployments"], _READ),
        _rule("leaderworkerset.x-k8s.io", ["leaderworkersets"], _READ),
        _rule("", ["configmaps"], ["get", "patch"], names=[GUARD]),
        _rule("", ["configmaps"], ["create"]),  # `create` cannot be held to a name
    ]
    see = [_rule("", ["configmaps"], ["get"], names=[GUARD])]
    made = [_account(plan, GUARD), _account(plan, EXPORTER)]
    made += _granted(plan, GUARD, scale, cluster=False)
    made += _granted(plan, EXPORTER, see, cluster=False)
    for name in (GUARD, EXPORTER):
        made += _granted(plan, name, [_rule("", ["nodes"], _READ)], cluster=True)
    return tuple(made)


def _rule(group: str, resources: list[str], verbs: list[str], names: list[str] | None = None) -> dict[str, Any]:
    held = {"resourceNames": names} if names else {}
    return {"apiGroups": [group], "resources": resources, "verbs": verbs, **held}


def _account(plan: Plan, name: str) -> Manifest:
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(plan, name)}
    return Manifest(f"{name}-account", body, needs=("namespace",))


def _granted(plan: Plan, name: str, rules: list[dict[str, Any]], *, cluster: bool) -> list[Manifest]:
    kind = "ClusterRole" if cluster else "Role"
    whole = f"{plan.namespace}-{name}-nodes"
    about = {"name": whole, "labels": labels(plan)} if cluster else metadata(plan, name)
    role = f"{name}-{'nodes' if cluster else 'rights'}"
    granted = {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": about, "rules": rules}
    bound = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": f"{kind}Binding",
        "metadata": about,
        "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": about["name"]},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": plan.namespace}],
    }
    needs = ("namespace", f"{name}-account", role)
    return [Manifest(role, granted, needs=("namespace",)), Manifest(f"{role}-binding", bound, needs=needs)]


def _guard(plan: Plan, handle: ClusterHandle, watch: Watch, prices: str) -> tuple[Manifest, ...]:
    words = ["guard", "--namespace", plan.namespace, "--cloud", handle.prices, "--placement", plan.placement]
    words += ["--budget", f"{budget(plan):.2f}", "--format", "json"]
    words += [] if str(plan.spec.environment) == "production" else ["--development"]
    words += ["--act"] if watch.act else []
    pod = cost_prices.priced(_pod(plan, handle, watch, GUARD, words), prices)
    spec = {
        "schedule": _EVERY,
        "concurrencyPolicy": "Forbid",
        "startingDeadlineSeconds": 120,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {
            "spec": {
                "backoffLimit": 0,  # the next run is as good as another try
                "activeDeadlineSeconds": 240,
                "template": {
                    "metadata": {"labels": _chosen(plan, GUARD)},
                    "spec": {**pod, "restartPolicy": "Never"},
                },
            }
        },
    }
    body = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata(plan, GUARD), "spec": spec}
    needs = ("namespace", cost_prices.NAME, f"{GUARD}-rights-binding", f"{GUARD}-nodes-binding")
    return (Manifest(GUARD, body, needs),)


def budget(plan: Plan) -> float:
    """Dollars a month that this placement is held to."""
    assert plan.spec.budget is not None
    return share(plan.spec.budget, plan.placement)


def facts(plan: Plan, handle: ClusterHandle) -> dict[str, Any]:
    """What the exporter knows of the pipeline: `intertie.facts/v1`."""
    return {
        "schema": "intertie.facts/v1",
        "pipeline": plan.spec.name,
        "placement": plan.placement,
        "cloud": handle.prices,
        "namespace": plan.namespace,
        "owner": plan.spec.owner,
        "cost_center": plan.spec.cost_center,
        "models": {stage.name: stage.spec.model.id for stage in plan.stages if stage.spec.model is not None},
        "budget_usd": budget(plan),
        "commitments": _reserved(plan, handle),
    }


def _reserved(plan: Plan, handle: ClusterHandle) -> list[dict[str, Any]]:
    """Machines that are paid for whether they run or not: the reserved steps of the ladders."""
    return [
        {
            "name": getattr(pool.claim, "id", None) or getattr(pool.claim, "name", None) or pool.name,
            "kind": pool.kind,
            "region": handle.region,
            "machine": pool.machine,
            "quantity": pool.max_nodes,
        }
        for pool in plan.accelerator_pools()
        if pool.kind not in ("on-demand", "spot", "flex-start") and not pool.retiring and pool.max_nodes > 0
    ]


def _exporter(plan: Plan, handle: ClusterHandle, watch: Watch, prices: str) -> tuple[Manifest, ...]:
    chosen = _chosen(plan, EXPORTER)
    noted = {**monitoring.annotations(plan, handle, PORT), **cost_prices.annotations(prices)}
    template = {
        "metadata": {"labels": chosen, "annotations": noted},
        "spec": cost_prices.priced(_exporter_pod(plan, handle, watch), prices),
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(plan, EXPORTER),
        "spec": {
            "replicas": 1,  # two would count what is spent twice
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": chosen},
            "template": template,
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(plan, EXPORTER),
        "spec": {"selector": chosen, "ports": [{"name": "metrics", "port": PORT, "targetPort": PORT}]},
    }
    told = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(plan, f"{EXPORTER}-facts"),
        "data": {"facts.json": json.dumps(facts(plan, handle), indent=1, sort_keys=True) + "\n"},
    }
    needs = ("namespace", f"{EXPORTER}-facts", cost_prices.NAME)
    needs += (f"{EXPORTER}-rights-binding", f"{EXPORTER}-nodes-binding")
    return (
        Manifest(f"{EXPORTER}-facts", told, needs=("namespace",)),
        Manifest(EXPORTER, deployment, needs=needs),
        Manifest(f"{EXPORTER}-service", service, needs=("namespace",)),
        _let_in(plan, handle, chosen),
    )


def _exporter_pod(plan: Plan, handle: ClusterHandle, watch: Watch) -> dict[str, Any]:
    pod = _pod(plan, handle, watch, EXPORTER, ["exporter", "--facts", FACTS, "--forecast", FORECAST,
                                          "--listen", f"0.0.0.0:{PORT}"])  # fmt: skip
    (container,) = pod["containers"]
    container |= {
        "ports": [{"name": "metrics", "containerPort": PORT}],
        "volumeMounts": [
            {"name": name, "mountPath": path.rpartition("/")[0], "readOnly": True}
            for name, path in (("facts", FACTS), ("forecast", FORECAST))
        ],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": PORT}, "periodSeconds": 10},
    }
    pod["volumes"] = [
        {"name": "facts", "configMap": {"name": f"{EXPORTER}-facts"}},
        {"name": "forecast", "configMap": {"name": f"{EXPORTER}-forecast", "optional": True}},
    ]
    return pod


def _let_in(plan: Plan, handle: ClusterHandle, chosen: dict[str, str]) -> Manifest:
    """The collector, where it is known; else whoever runs in the cluster."""
    sources = monitoring.collectors(handle)
    spec = {
        "podSelector": {"matchLabels": chosen},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": sources or [{"namespaceSelector": {}}], "ports": [{"port": PORT, "protocol": "TCP"}]}],
    }
    body = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata(plan, EXPORTER),
            "spec": spec}  # fmt: skip
    return Manifest(f"{EXPORTER}-policy", body, needs=("namespace",))


def _shown(plan: Plan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    """Monitor and rules in the kinds of the cluster's collector, and the dashboard."""
    binding, made = handle.metrics, []
    if binding is not None and binding.monitor != ("", ""):
        about = metadata(plan, EXPORTER)
        chosen = _chosen(plan, EXPORTER)
        made.append(monitoring.monitor(binding, f"{EXPORTER}-monitor", about, chosen, PORT, "/metrics"))
    if binding is not None and binding.rules != ("", ""):
        recordings, alerts = rule_groups(plan.spec.name, plan.placement)
        groups = [recordings, alerts] if binding.alerts else [recordings]
        made.append(monitoring.rules("cost-rules", binding, metadata(plan, EXPORTER), groups))
    about = metadata(plan, f"{plan.spec.name}-cost-dashboard")
    about["labels"] = dict(sorted({**about["labels"], "grafana_dashboard": "1"}.items()))
    text = json.dumps(cost_dashboard.dashboard(f"{plan.spec.name}: cost"), indent=1, sort_keys=True) + "\n"
    data = {f"{plan.spec.name}-{plan.placement}-cost.json": text}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": about, "data": data}
    return (*made, Manifest("cost-dashboard", body, needs=("namespace",)))


def _chosen(plan: Plan, name: str) -> dict[str, str]:
    return {"app.kubernetes.io/part-of": plan.spec.name, _PART: name}


def _pod(plan: Plan, handle: ClusterHandle, watch: Watch, name: str, words: list[str]) -> dict[str, Any]:
    """One container without any privilege; on nodes of the system or general pool, as it tolerates no taint."""
    container: dict[str, Any] = {
        "name": name,
        "image": image(plan, watch.image, handle.registry),
        "command": ["intertie", *words],
        "resources": {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }
    return {
        "serviceAccountName": name,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
    }
