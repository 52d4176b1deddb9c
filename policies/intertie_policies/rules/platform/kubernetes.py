"""Kubernetes objects, and the cluster and network that they are meant for."""

from collections.abc import Iterator

from intertie_policies.accessor import Value
from intertie_policies.pools import GKE_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, rule, stack_rule
from intertie_policies.rules.capacity.agents import CHARTS
from intertie_policies.workloads import WORKLOADS, Nearby, namespace_of, workloads_of

_GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
_SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
_INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
_REGIONAL = ("gke-l7-rilb", "gke-l7-regional-external-managed", "gce-internal")
_DEFAULT = "::default"
# Components of the SDK: the objects that they make carry the provider, they themselves need not.
_COMPONENTS = ("kubernetes:yaml", "kubernetes:kustomize", "kubernetes:helm.sh/v3:Chart", "kubernetes:helm.sh/v4:Chart")


@rule(
    "kubernetes-provider-explicit",
    "platform",
    description="Every Kubernetes object names the provider of its cluster.",
    rationale="Without one it goes to whatever cluster the machine that runs the update happens to point at.",
    remediation="Give it a kubernetes.Provider made from this stack's kubeconfig.",
    references=["Pulumi Kubernetes provider, configuration"],
)
def kubernetes_provider_explicit(resource: Resource, _context: Context) -> Iterator[Violation]:
    if resource.cloud != "kubernetes" or resource.is_provider or not resource.node.custom:
        return
    if resource.type.startswith(_COMPONENTS):
        return
    urn = resource.node.provider or (resource.node.provider_node.urn if resource.node.provider_node else "")
    if not urn or _DEFAULT in urn:
        yield fail(resource, "it goes to the cluster of the current kubeconfig context")


@stack_rule(
    "proxy-subnet-exists",
    "platform",
    types=(_GATEWAY, _INGRESS),
    description="A regional Gateway or internal Ingress of GKE has a proxy-only subnet in its network.",
    rationale="Without one the load balancer is never made, and the Gateway stays without an address.",
    remediation="Make a subnetwork with purpose REGIONAL_MANAGED_PROXY and role ACTIVE.",
    references=["Google Cloud documentation, proxy-only subnets for Envoy-based load balancers"],
)
def proxy_subnet_exists(stack: Stack, _context: Context) -> Iterator[Violation]:
    subnets = stack.of_type(_SUBNETWORK)
    if not subnets:
        return  # the network is made elsewhere
    for gateway in stack.of_type(_GATEWAY, _INGRESS):
        value = _class_of(gateway)
        if value.text not in _REGIONAL:
            continue
        purposes = [subnet["purpose"] for subnet in subnets]
        if not any(purpose.text == "REGIONAL_MANAGED_PROXY" or purpose.unknown for purpose in purposes):
            yield fail(gateway, "no subnetwork of this stack is for proxies", *value.path)


def _class_of(gateway: Resource) -> Value:
    """Which load balancer a Gateway asks for; an Ingress says it in an annotation."""
    if gateway.type == _GATEWAY:
        return gateway["spec"]["gatewayClassName"]
    return gateway["metadata"]["annotations"]["kubernetes.io/ingress.class"]


_CRITICAL = ("system-node-critical", "system-cluster-critical")
_QUOTA = "kubernetes:core/v1:ResourceQuota"
_CRITICAL_CHARTS = ("gpu-operator", "nvidia-device-plugin", "nvidia-dra-driver-gpu")
"""Charts whose pods are critical unless they are told otherwise. Source: their values.yaml, NVIDIA (Apache-2.0)."""


@stack_rule(
    "critical-pods-admitted",
    "platform",
    types=(*WORKLOADS, *CHARTS),
    baseline=Level.MANDATORY,
    description="On GKE, a namespace with critical pods has a quota for their priority classes.",
    rationale="GKE admits critical pods outside of kube-system only where a quota allows them: none of them starts.",
    remediation="Make a ResourceQuota in the namespace whose scopeSelector names the PriorityClass.",
    references=["Kubernetes documentation, limit priority class consumption by default", "NVIDIA GPU Operator on GKE"],
    apply_time_only=["namespace"],
)
def critical_pods_admitted(stack: Stack, _context: Context) -> Iterator[Violation]:
    if not stack.of_type(GKE_CLUSTER):
        return
    quotas = Nearby(stack, _QUOTA)
    for resource in stack.of_type(*WORKLOADS):
        here, classes = namespace_of(resource), [each.pod["priorityClassName"] for each in workloads_of(resource)]
        for value in classes:
            name = value.text
            if name in _CRITICAL and here not in (None, "kube-system") and not _admits(quotas.within(here), name):
                yield fail(resource, f"no quota of {here} admits pods of {name}", *value.path)
    for chart in stack.of_type(*CHARTS):
        if (chart["chart"].text or "").rpartition("/")[2] in _CRITICAL_CHARTS:
            here = chart["namespace"].text
            if here not in (None, "kube-system") and not _admits(quotas.within(here), _CRITICAL[0]):
                yield fail(chart, f"no quota of {here} admits pods of {_CRITICAL[0]}", "namespace")


def _admits(quotas: list[Resource], priority: str) -> bool:
    """Whether a quota is for pods of this priority class."""
    expressions = [each for quota in quotas for each in quota["spec"]["scopeSelector"]["matchExpressions"].items]
    return any(each["scopeName"].text == "PriorityClass" and priority in each["values"].texts for each in expressions)
