"""Who decides how many replicas run: nobody (a fixed count), the CPU's autoscaler, or KEDA on waiting requests."""

from typing import Any

from intertie.plan import LABEL, Plan, StagePlan
from intertie.workload.manifest import Manifest, metadata
from intertie.workload.runtimes import runtime_module

CPU_TARGET = 70.0
"""Per cent of the CPU request that is held when the description says nothing."""
QUEUE_TARGET = 4.0
"""Requests that may wait per replica when the description says nothing."""
KEDA_API = "keda.sh/v1alpha1"


def queue_metric(stage: StagePlan) -> str | None:
    """Name of the runtime's gauge of requests that wait; None when it has none."""
    return runtime_module(str(stage.spec.runtime)).QUEUE_METRIC


def metrics_port(stage: StagePlan) -> int:
    """Port on which the stage shows its metrics."""
    return runtime_module(str(stage.spec.runtime)).METRICS_PORT or stage.spec.port


def metric(stage: StagePlan) -> str | None:
    """What replicas are scaled on: `cpu`, the name of a metric, or None for a fixed count."""
    asked = stage.spec.scaling.metric
    if stage.min_replicas >= stage.max_replicas:
        return None
    if asked == "queue" or (asked is None and stage.on_accelerators):
        return queue_metric(stage) or "cpu"
    return asked or "cpu"


def scaled(plan: Plan, stage: StagePlan) -> bool:
    """Whether an autoscaler owns the stage's replicas. In tier pilot nothing may grow."""
    return plan.tier != "pilot" and metric(stage) is not None


def uses_keda(plan: Plan) -> bool:
    return any(scaled(plan, stage) and metric(stage) != "cpu" for stage in plan.stages)


def shown_to_scaler(plan: Plan, stage: StagePlan) -> bool:
    """Whether the scaler reads metrics of the stage's replicas, for itself or for another stage."""
    own = scaled(plan, stage) and metric(stage) != "cpu" and stage.spec.scaling.stage is None
    return own or any(scaled(plan, each) and each.spec.scaling.stage == stage.name for each in plan.stages)


def replicas(plan: Plan, stage: StagePlan) -> int | None:
    """The fixed number of replicas; None when an autoscaler owns it, so that an update never resets it."""
    if plan.tier == "pilot":
        return 0
    return None if scaled(plan, stage) else stage.min_replicas


def autoscaler(plan: Plan, stage: StagePlan, workload: Manifest, *, pinned_keda: bool) -> Manifest | None:
    """The autoscaler of `workload`, if it has one. `pinned_keda`: KEDA is the pinned release, not the cluster's own."""
    if not scaled(plan, stage):
        return None
    target = {"apiVersion": workload.api_version, "kind": workload.kind, "name": workload.name}
    if metric(stage) == "cpu":
        return _on_cpu(plan, stage, target, workload.role)
    return _on_queue(plan, stage, target, workload.role, _trigger(plan, stage, pinned_keda=pinned_keda))


def _about(plan: Plan, stage: StagePlan) -> dict[str, Any]:
    """With the stage's priority, by which the budget guard degrades."""
    about = metadata(plan, stage.name, stage.name)
    word = stage.spec.priority
    return {**about, "annotations": {f"{LABEL}/priority": word.value}} if word is not None else about


def _on_cpu(plan: Plan, stage: StagePlan, target: dict[str, Any], workload: str) -> Manifest:
    utilization = round(stage.spec.scaling.target or CPU_TARGET)
    return Manifest(
        f"{stage.name}-autoscaler",
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": _about(plan, stage),
            "spec": {
                "scaleTargetRef": target,
                "minReplicas": max(stage.min_replicas, 1),
                "maxReplicas": stage.max_replicas,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "cpu",
                            "target": {"type": "Utilization", "averageUtilization": utilization},
                        },
                    }
                ],
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
            },
        },
        needs=(workload,),
    )


def _on_queue(plan: Plan, stage: StagePlan, target: dict[str, Any], workload: str, trigger: dict[str, Any]) -> Manifest:
    return Manifest(
        f"{stage.name}-autoscaler",
        {
            "apiVersion": KEDA_API,
            "kind": "ScaledObject",
            "metadata": _about(plan, stage),
            "spec": {
                "scaleTargetRef": target,
                "minReplicaCount": _floor(stage),
                "maxReplicaCount": stage.max_replicas,
                "pollingInterval": 15,
                # from one replica to none: not before what it took to load it has paid
                "cooldownPeriod": max(300, stage.load_seconds),
                # a replica that loads for many minutes must not be taken down by the next quiet one
                "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _behavior(stage)}},
                "triggers": [trigger],
            },
        },
        needs=(workload, "keda"),
    )


def _trigger(plan: Plan, stage: StagePlan, *, pinned_keda: bool) -> dict[str, Any]:
    """KEDA reads the runtime's own metrics, so that no metrics server has to be there.

    The pinned release asks every replica behind the service: their sum is divided by the target per replica. Releases
    before 2.20 add up wrongly, or not at all (kedacore/keda pull requests 6565, 7370 and 7642). A cluster's own KEDA
    asks one replica therefore, any that the service chooses, and the count is multiplied by what waits there over the
    target. That is right in every release while load is spread evenly.
    """
    shows = plan.stage(stage.spec.scaling.stage) if stage.spec.scaling.stage is not None else stage
    asked = {
        "url": f"http://{shows.name}.{plan.namespace}.svc.cluster.local:{metrics_port(shows)}/metrics",
        "format": "prometheus",
        "valueLocation": str(metric(stage)),
        "targetValue": _number(stage.spec.scaling.target or QUEUE_TARGET),
    }
    if not pinned_keda:
        return {"type": "metrics-api", "metricType": "Value", "metadata": asked}
    every = {"aggregateFromKubeServiceEndpoints": "true", "aggregationType": "sum"}
    return {"type": "metrics-api", "metricType": "AverageValue", "metadata": {**asked, **every}}


def _floor(stage: StagePlan) -> int:
    """None at all only where another stage's replicas show that somebody waits."""
    return stage.min_replicas if stage.spec.scaling.stage is not None else max(stage.min_replicas, 1)


def _behavior(stage: StagePlan) -> dict[str, Any]:
    settled = min(3600, max(300, stage.load_seconds))
    return {
        "scaleUp": {"stabilizationWindowSeconds": 30, "policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}]},
        "scaleDown": {
            "stabilizationWindowSeconds": settled,
            "policies": [{"type": "Pods", "value": 1, "periodSeconds": 120}],
        },
    }


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)
