"""What workloads survive: drains, lost nodes and zones, slow starts."""

from collections.abc import Iterator

from intertie_policies.accessor import State, Value
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, rule, stack_rule
from intertie_policies.workloads import (
    REPLICATED,
    SERVING,
    Labelled,
    Selecting,
    Workload,
    asks_for_accelerators,
    namespace_of,
    shared,
    workloads_of,
)

BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
_HPA = ("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "kubernetes:autoscaling/v1:HorizontalPodAutoscaler")
_KEDA = "kubernetes:keda.sh/v1alpha1:ScaledObject"
_ZONE = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_HOST = "kubernetes.io/hostname"


class Replicas:
    """How many replicas workloads keep. Autoscalers are looked up by what they scale."""

    def __init__(self, stack: Stack) -> None:
        self._scalers: dict[tuple[str | None, str | None], Resource] = {}
        for scaler in stack.of_type(*_HPA, _KEDA):
            self._scalers.setdefault((namespace_of(scaler), scaler["spec"]["scaleTargetRef"]["name"].text), scaler)

    def of(self, resource: Resource) -> Value:
        """Fewest replicas that a workload keeps: its autoscaler's floor, else its own count."""
        name = resource["metadata"]["name"].quietly().text
        scaler = self._scalers.get((namespace_of(resource), name)) if name is not None else None
        if scaler is not None:
            return scaler["spec"]["minReplicaCount" if scaler.type == _KEDA else "minReplicas"]
        return resource["spec"]["replicas"]


def _served(stack: Stack, context: Context) -> Iterator[tuple[Resource, Workload]]:
    """What serves outside of the cluster's own namespaces, with the pods that answer."""
    for resource in stack.of_type(*SERVING):
        if not shared(namespace_of(resource), context.settings.tagging.shared_namespaces):
            first = next(workloads_of(resource), None)
            if first is not None:
                yield resource, first


@stack_rule(
    "disruption-budgets-let-nodes-drain",
    "resilience",
    types=[BUDGET],
    baseline=Level.MANDATORY,
    description="A PodDisruptionBudget lets at least one pod go, so that nodes can be drained.",
    rationale="A budget that lets no pod go blocks every upgrade, repair and scale-down until somebody deletes it.",
    remediation="Set maxUnavailable to 1 or more, or minAvailable below the number of replicas.",
    references=["Kubernetes documentation, disruptions", "AKS documentation, upgrade errors with disruption budgets"],
)
def disruption_budgets_let_nodes_drain(stack: Stack, _context: Context) -> Iterator[Violation]:
    replicas, served = Replicas(stack), Labelled(stack, *SERVING)
    for budget in stack.of_type(BUDGET):
        most, least = budget["spec"]["maxUnavailable"], budget["spec"]["minAvailable"]
        if most.text in ("0", "0%"):
            yield fail(budget, f"maxUnavailable {most.text} lets no pod go", *most.path)
        elif least.text == "100%":
            yield fail(budget, "minAvailable 100% lets no pod go", *least.path)
        elif least.quietly().number is not None:
            yield from _too_many(budget, least, served.chosen_by(budget, "selector"), replicas)


def _too_many(budget: Resource, least: Value, chosen: list[Resource], replicas: Replicas) -> Iterator[Violation]:
    """A floor that is as high as the number of replicas. What is scaled to nothing has no pods to keep."""
    wanted = least.number or 0
    for resource in chosen:
        kept = replicas.of(resource)
        count = 1 if kept.absent else kept.number
        if count and wanted >= count:
            message = f"minAvailable {wanted:g} of {count:g} replicas of {resource.name} lets no pod go"
            yield fail(budget, message, *least.path)


@stack_rule(
    "disruption-budget-present",
    "resilience",
    types=SERVING,
    description="What serves with several replicas has a PodDisruptionBudget.",
    rationale="An upgrade drains two nodes at once, and takes all replicas that stood on them.",
    remediation="Add a PodDisruptionBudget with maxUnavailable 1 whose selector matches the pods.",
    references=["Kubernetes documentation, specifying a disruption budget"],
    settings=["tagging"],
)
def disruption_budget_present(stack: Stack, context: Context) -> Iterator[Violation]:
    counts, budgets = Replicas(stack), Selecting(stack, "selector", BUDGET)
    for resource, workload in _served(stack, context):
        replicas = counts.of(resource)
        if replicas.absent or (replicas.number or 0) < 2:
            continue
        if not budgets.any(resource, workload.labels):
            yield fail(resource, f"{replicas.number:g} replicas, and no disruption budget selects them")


@stack_rule(
    "replicas-survive-a-node",
    "resilience",
    types=SERVING,
    baseline=Level.DISABLED,
    description="What serves in production has replicas enough to lose one.",
    rationale="With one replica, every lost node, upgrade and drain is an outage as long as a model takes to load.",
    remediation="Set replicas, or the autoscaler's minimum, to `resilience.min_replicas` or more.",
    references=["Kubernetes documentation, running multiple instances"],
    settings=["resilience", "tagging"],
)
def replicas_survive_a_node(stack: Stack, context: Context) -> Iterator[Violation]:
    settings, counts = context.settings.resilience, Replicas(stack)
    for resource, workload in _served(stack, context):
        if resource["spec"]["strategy"]["type"].text == "Recreate":
            continue  # made to run once: two of it must not be at the same time
        needed = settings.min_accelerated_replicas if workload.accelerated else settings.min_replicas
        replicas = counts.of(resource)
        count = 1.0 if replicas.absent else replicas.number
        if count is not None and 0 < count < needed:
            yield fail(resource, f"{count:g} replica; needed: {needed} (0: switched off)", *replicas.path)


@rule(
    "readiness-probed",
    "resilience",
    types=REPLICATED,
    description="Containers that listen on a port are asked whether they are ready.",
    rationale="Without a readiness probe a pod gets requests while it still loads its model, and each of them fails.",
    remediation="Add a readinessProbe; model servers have an endpoint for it (vLLM: /health).",
    references=["Kubernetes documentation, probes"],
)
def readiness_probed(resource: Resource, _context: Context) -> Iterator[Violation]:
    for workload in workloads_of(resource):
        containers = workload.pod["containers"].items
        listening = [each for each in containers if each["ports"].quietly().state is not State.ABSENT]
        if listening and all(each["readinessProbe"].absent for each in listening):
            yield fail(resource, "no container that listens has a readinessProbe", *listening[0].path, "readinessProbe")


@rule(
    "probes-outlast-model-load",
    "resilience",
    types=SERVING,
    description="Probes give a container with accelerators the time that its model takes to load.",
    rationale="A liveness probe that is too short kills the server before it is up, again and again, on paid machines.",
    remediation="Add a startupProbe with failureThreshold × periodSeconds of `resilience.model_load_seconds` or more.",
    references=["Kubernetes documentation, startup probes"],
    settings=["resilience"],
)
def probes_outlast_model_load(resource: Resource, context: Context) -> Iterator[Violation]:
    needed = context.settings.resilience.model_load_seconds
    for workload in workloads_of(resource):
        for container in workload.pod["containers"].items:
            if not asks_for_accelerators(container):
                continue
            startup, liveness = container["startupProbe"], container["livenessProbe"]
            probe = startup if startup.quietly().state is not State.ABSENT else liveness
            seconds = _patience(probe)
            if seconds is not None and seconds < needed:
                message = f"it is killed after {seconds:g} s of loading; needed: {needed} s"
                yield fail(resource, message, *probe.path)


def _patience(probe: Value) -> float | None:
    """Seconds until a probe gives up for the first time; None where there is none or nobody knows."""
    if probe.absent:
        return None
    told = [_or_default(probe[key], default) for key, default in _PROBE_DEFAULTS.items()]
    if None in told:
        return None
    delay, period, failures = (each or 0.0 for each in told)
    return delay + period * failures


_PROBE_DEFAULTS = {"initialDelaySeconds": 0.0, "periodSeconds": 10.0, "failureThreshold": 3.0}


def _or_default(value: Value, default: float) -> float | None:
    return default if value.absent else value.number


@stack_rule(
    "replicas-spread-over-zones",
    "resilience",
    types=REPLICATED,
    description="Replicas are spread over zones or at least over nodes.",
    rationale="The scheduler may put all replicas on one node; when that goes, or its zone, all are gone.",
    remediation="Add topologySpreadConstraints over topology.kubernetes.io/zone, or a podAntiAffinity.",
    references=["Kubernetes documentation, topology spread constraints"],
    settings=["tagging"],
)
def replicas_spread_over_zones(stack: Stack, context: Context) -> Iterator[Violation]:
    counts = Replicas(stack)
    for resource, workload in _served(stack, context):
        if resource.type not in REPLICATED:
            continue
        replicas = counts.of(resource)
        if replicas.absent or (replicas.number or 0) < 2:
            continue
        if not _spread(workload.pod):
            yield fail(
                resource, "its replicas may all stand on one node", *workload.pod.path, "topologySpreadConstraints"
            )


_APART = ("requiredDuringSchedulingIgnoredDuringExecution", "preferredDuringSchedulingIgnoredDuringExecution")


def _spread(pod: Value) -> bool:
    keys = [each["topologyKey"].text for each in pod["topologySpreadConstraints"].items]
    if any(key in (*_ZONE, _HOST) for key in keys) or None in keys:
        return True
    apart = pod["affinity"]["podAntiAffinity"]
    return any(apart[key].items or apart[key].unknown for key in _APART)
