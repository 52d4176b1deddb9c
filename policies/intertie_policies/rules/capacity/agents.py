"""Node agents that rules look for: DaemonSets and charts that make accelerators known, or bring drivers."""

from collections.abc import Iterator
from dataclasses import dataclass

from intertie_policies.accessor import Value
from intertie_policies.resources import Resource, Stack

DAEMON_SET = "kubernetes:apps/v1:DaemonSet"
CHARTS = ("kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v3:Chart", "kubernetes:helm.sh/v4:Chart")

# Words in the chart's or the image's name, by vendor. Operators bring drivers and device plugin.
PLUGINS = {
    "nvidia": ("nvidia-device-plugin", "k8s-device-plugin", "gpu-operator"),
    "amd": (
        "amd-gpu-operator",
        "amdgpu-device-plugin",
        "amd-device-plugin",
        "k8s-device-plugin-amd",
        "gpu-operator-charts",
    ),
    "neuron": ("neuron-device-plugin", "neuron-helm-chart"),
}
OPERATORS = ("gpu-operator",)
_OTHERS = {"nvidia": ("amd", "aws-efa", "neuron"), "amd": (), "neuron": ()}


@dataclass(frozen=True, slots=True)
class Agent:
    """One installed agent."""

    resource: Resource
    vendor: str
    operator: bool

    @property
    def drives(self) -> bool:
        """Whether an operator installs drivers too: it does unless it is told not to."""
        return self.operator and self.resource["values"]["driver"]["enabled"].flag is not False


def agents(stack: Stack, vendor: str) -> Iterator[Agent]:
    """Agents of a vendor that make devices known."""
    for resource in stack.of_type(DAEMON_SET, *CHARTS):
        word = _word(resource, vendor)
        if word:
            yield Agent(resource, vendor, word in OPERATORS and resource.type != DAEMON_SET)


def _word(resource: Resource, vendor: str) -> str:
    names = [text for value in _names(resource) if (text := value.text)]
    for text in names:
        low = text.lower()
        if any(other in low for other in _OTHERS[vendor]):
            return ""
        for word in PLUGINS[vendor]:
            if word in low:
                return word
    return ""


def _names(resource: Resource) -> Iterator[Value]:
    if resource.type == DAEMON_SET:
        for container in resource["spec"]["template"]["spec"]["containers"].items:
            yield container["image"]
    else:
        yield resource["chart"]
