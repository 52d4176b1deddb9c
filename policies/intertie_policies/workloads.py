"""What runs on Kubernetes, in the same words for every kind of object that makes pods.

for workload in workloads_of(resource):
    workload.containers     # all containers, those that only initialise first
    workload.labels         # labels of its pods
    namespace_of(resource)  # name, or the URN of a namespace whose name only apply knows
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from intertie_policies.accessor import State, Value
from intertie_policies.resources import Resource, Stack

NAMESPACE = "kubernetes:core/v1:Namespace"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
DAEMON_SET = "kubernetes:apps/v1:DaemonSet"
REPLICA_SET = "kubernetes:apps/v1:ReplicaSet"
LEADER_WORKER_SET = "kubernetes:leaderworkerset.x-k8s.io/v1:LeaderWorkerSet"
_TEMPLATES: dict[str, tuple[tuple[str, ...], ...]] = {
    DEPLOYMENT: (("spec", "template"),),
    STATEFUL_SET: (("spec", "template"),),
    DAEMON_SET: (("spec", "template"),),
    REPLICA_SET: (("spec", "template"),),
    "kubernetes:core/v1:ReplicationController": (("spec", "template"),),
    "kubernetes:batch/v1:Job": (("spec", "template"),),
    "kubernetes:batch/v1:CronJob": (("spec", "jobTemplate", "spec", "template"),),
    "kubernetes:core/v1:Pod": ((),),
    LEADER_WORKER_SET: (
        ("spec", "leaderWorkerTemplate", "leaderTemplate"),
        ("spec", "leaderWorkerTemplate", "workerTemplate"),
    ),
}
WORKLOADS = tuple(_TEMPLATES)
SERVING = (DEPLOYMENT, STATEFUL_SET, LEADER_WORKER_SET)
"""Kinds with replicas that answer requests."""
REPLICATED = (DEPLOYMENT, STATEFUL_SET)

DEVICES = (
    "nvidia.com/", "amd.com/gpu", "aws.amazon.com/neuron", "google.com/tpu", "habana.ai/gaudi", "gpu.intel.com/",
)  # fmt: skip
"""How resources of accelerators begin."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Pods of one template. `template` holds their metadata and spec."""

    resource: Resource
    template: Value

    @property
    def pod(self) -> Value:
        return self.template["spec"]

    @property
    def labels(self) -> Value:
        return self.template["metadata"]["labels"]

    @property
    def containers(self) -> tuple[Value, ...]:
        """All containers, those that only initialise first."""
        return (*self.pod["initContainers"].items, *self.pod["containers"].items)

    @property
    def accelerated(self) -> bool:
        """Whether one of its containers asks for accelerators."""
        return any(asks_for_accelerators(container) for container in self.pod["containers"].items)


def asks_for_accelerators(container: Value) -> bool:
    """Whether a container asks for whole accelerators or parts of them."""
    resources = container["resources"]
    keys = [*resources["limits"].entries, *resources["requests"].entries]
    return any(key.startswith(DEVICES) for key in keys)


def workloads_of(resource: Resource) -> Iterator[Workload]:
    """The pod templates of a resource: one, but for kinds whose leaders differ from their workers."""
    for steps in _TEMPLATES.get(resource.type, ()):
        template = resource.props.at(*steps)
        if template.quietly().state is not State.ABSENT:
            yield Workload(resource, template)


def namespace_of(resource: Resource) -> str | None:
    """The namespace of an object, by name where one is known, else by URN of the Namespace; None: nobody knows."""
    named = resource["metadata"]["namespace"]
    state = named.quietly().state
    if state is State.ABSENT:
        return "default"
    text = named.quietly().text
    if text is not None:
        return text
    made = resource.uses("metadata", NAMESPACE)
    if made:
        return name_of(made[0])
    named.unknown  # noqa: B018  noted: nobody knows where it is
    return None


def name_of(resource: Resource) -> str:
    """The name in the cluster, or the URN where only apply knows it."""
    return resource["metadata"]["name"].quietly().text or resource.urn


def shared(namespace: str | None, patterns: tuple[str, ...]) -> bool:
    """Whether a namespace belongs to the cluster itself."""
    return namespace is not None and any(fnmatchcase(namespace, pattern) for pattern in patterns)


def selects(selector: Value, labels: Value) -> bool:
    """Whether a label selector chooses these labels. An empty one chooses everything."""
    wanted = selector["matchLabels"].entries
    if any(labels[key].text != value.text for key, value in wanted.items()):
        return False
    return all(_meets(each, labels) for each in selector["matchExpressions"].items)


def _meets(expression: Value, labels: Value) -> bool:
    key, operator = expression["key"].text or "", expression["operator"].text
    found, values = labels[key].text, expression["values"].texts
    if operator in ("Exists", "DoesNotExist"):
        return (found is not None) is (operator == "Exists")
    return (found in values) is (operator == "In")


class Nearby:
    """Objects of some types by their namespace, grouped once: stacks may have thousands."""

    def __init__(self, stack: Stack, *types: str) -> None:
        self._found: dict[str | None, list[Resource]] = {}
        for each in stack.of_type(*types):
            self._found.setdefault(namespace_of(each), []).append(each)

    def to(self, resource: Resource) -> list[Resource]:
        """Those in the namespace of another object; none where nobody knows the namespace."""
        return self.within(namespace_of(resource))

    def within(self, namespace: str | None) -> list[Resource]:
        """Those in a namespace."""
        return self._found.get(namespace, []) if namespace is not None else []


Pair = tuple[str, str]
"""A label with its value."""


class Selecting:
    """Objects with a label selector, by namespace and by one label that they ask for: few are looked at in earnest."""

    def __init__(self, stack: Stack, key: str, *types: str) -> None:
        self._key = key
        self._asking: dict[tuple[str | None, Pair | None], list[Resource]] = {}
        for each in stack.of_type(*types):
            self._asking.setdefault((namespace_of(each), _asked(each["spec"][key])), []).append(each)

    def any(self, resource: Resource, labels: Value, holds: Callable[[Resource], bool] = lambda _: True) -> bool:
        """Whether one in the resource's namespace, for which `holds` is true, selects these labels."""
        here = namespace_of(resource)
        written = [(key, value.text) for key, value in labels.entries.items()]
        pairs = [(key, text) for key, text in written if text is not None]
        if here is None:
            return False
        if len(pairs) < len(written):
            near = [each for (where, _), found in self._asking.items() if where == here for each in found]
        else:
            near = [each for pair in (*pairs, None) for each in self._asking.get((here, pair), ())]
        return any(holds(each) and selects(each["spec"][self._key], labels) for each in near)


def _asked(selector: Value) -> Pair | None:
    """One label that everything selected has; None where no label with a known value is asked for."""
    pairs = ((key, value.text) for key, value in selector["matchLabels"].entries.items())
    return next(((key, text) for key, text in pairs if text is not None), None)


class Labelled:
    """Workloads by namespace and by the labels of their pods, to find those that a selector chooses."""

    def __init__(self, stack: Stack, *types: str) -> None:
        self._with: dict[tuple[str | None, Pair | None], list[Workload]] = {}
        for each in stack.of_type(*types):
            workload, here = next(workloads_of(each), None), namespace_of(each)
            if workload is not None:
                labels = workload.labels.entries.items()
                for pair in (*((key, value.text or "") for key, value in labels), None):
                    self._with.setdefault((here, pair), []).append(workload)

    def chosen_by(self, resource: Resource, key: str) -> list[Resource]:
        """Workloads in the namespace of a resource that its selector chooses."""
        selector = resource["spec"][key]
        near = self._with.get((namespace_of(resource), _asked(selector)), ())
        return [each.resource for each in near if selects(selector, each.labels)]
