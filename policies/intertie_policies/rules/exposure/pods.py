"""What pods may do on their node and to each other."""

import re
from collections.abc import Iterator

from intertie_policies.accessor import State, Value
from intertie_policies.pools import AKS_CLUSTER, EKS_CLUSTER, GKE_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule
from intertie_policies.workloads import (
    NAMESPACE,
    WORKLOADS,
    Nearby,
    Selecting,
    Workload,
    name_of,
    namespace_of,
    shared,
    workloads_of,
)

_POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_OTHER_POLICIES = (
    "kubernetes:cilium.io/v2:CiliumNetworkPolicy", "kubernetes:cilium.io/v2:CiliumClusterwideNetworkPolicy",
    "kubernetes:crd.projectcalico.org/v1:NetworkPolicy", "kubernetes:projectcalico.org/v3:NetworkPolicy",
)  # fmt: skip
_CAPABILITIES = frozenset({"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "NET_ADMIN", "DAC_READ_SEARCH", "BPF"})
_HOST_PATHS = re.compile(r"^/?$|^/(?:etc|root|proc|sys|boot|var/run|run|var/lib/kubelet|var/lib/docker)(?:/|$)")


@stack_rule(
    "pods-unprivileged",
    "exposure",
    types=WORKLOADS,
    description="Pods have no rights on their node; node agents have, in their own namespaces.",
    rationale="A privileged pod is root on the node, and reads the secrets of every other pod there.",
    remediation=(
        "Drop privileged, host namespaces, host paths and capabilities; node agents belong into a namespace of "
        "`exposure.privileged_namespaces`."
    ),
    references=["Kubernetes documentation, Pod Security Standards (baseline)"],
    settings=["exposure"],
)
def pods_unprivileged(stack: Stack, context: Context) -> Iterator[Violation]:
    for resource in stack.of_type(*WORKLOADS):
        if not shared(namespace_of(resource), context.settings.exposure.privileged_namespaces):
            for workload in workloads_of(resource):
                for why, value in _privileges(workload):
                    yield fail(resource, why, *value.path)


def _privileges(workload: Workload) -> Iterator[tuple[str, Value]]:
    pod = workload.pod
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod[key].flag:
            yield f"{key} joins the node's own", pod[key]
    for volume in pod["volumes"].items:
        path = volume["hostPath"]["path"]
        if path.quietly().state is not State.ABSENT and _HOST_PATHS.match(path.text or "-"):
            yield f"the node's {path.text} is mounted", path
    for container in workload.containers:
        security = container["securityContext"]
        if security["privileged"].flag:
            yield "a container is privileged", security["privileged"]
        for capability in security["capabilities"]["add"].items:
            if (capability.text or "").upper().removeprefix("CAP_") in _CAPABILITIES:
                yield f"a container has the capability {capability.text}", capability


@stack_rule(
    "workloads-behind-network-policy",
    "exposure",
    types=WORKLOADS,
    description="A network policy says who may reach the pods of a workload.",
    rationale="Without one, every pod of the cluster can talk to the model server, past gateway and authentication.",
    remediation="Add a NetworkPolicy with policyTypes Ingress that selects the pods, or all pods of the namespace.",
    references=["Kubernetes documentation, network policies"],
    settings=["tagging"],
)
def workloads_behind_network_policy(stack: Stack, context: Context) -> Iterator[Violation]:
    if stack.of_type(*_OTHER_POLICIES):
        return  # other kinds of policy, which select in other ways
    policies = Selecting(stack, "podSelector", _POLICY)
    for resource in stack.of_type(*WORKLOADS):
        namespace = namespace_of(resource)
        if namespace is None or shared(namespace, context.settings.tagging.shared_namespaces):
            continue
        for workload in workloads_of(resource):
            if not policies.any(resource, workload.labels, _is_for_ingress):
                yield fail(resource, "no network policy says who may reach its pods")


def _is_for_ingress(policy: Resource) -> bool:
    """Whether it says who may come in. An empty rule lets in everybody."""
    types = policy["spec"]["policyTypes"]
    if not types.absent and "Ingress" not in types.texts:
        return False
    return not any(each.known and not each.entries for each in policy["spec"]["ingress"].items)


@stack_rule(
    "network-policy-enforced",
    "exposure",
    types=[EKS_CLUSTER, AKS_CLUSTER, GKE_CLUSTER],
    description="Clusters enforce network policies.",
    rationale="A cluster without an enforcer accepts every network policy and keeps none of them.",
    remediation=(
        "EKS: enableNetworkPolicy in the add-on vpc-cni, Auto Mode, Cilium or Calico. "
        "AKS: networkProfile.networkPolicy. GKE: datapathProvider ADVANCED_DATAPATH or networkPolicy.enabled."
    ),
    references=["Amazon EKS user guide, network policies", "AKS documentation, network policies",
                "GKE documentation, Dataplane V2"],
)  # fmt: skip
def network_policy_enforced(stack: Stack, _context: Context) -> Iterator[Violation]:
    for cluster in stack.of_type(EKS_CLUSTER):
        if not cluster["computeConfig"]["enabled"].flag and not _eks_enforcer(stack):
            yield fail(cluster, "nothing enforces network policies: the add-on vpc-cni does not, by default")
    for cluster in stack.of_type(AKS_CLUSTER):
        policy = cluster["networkProfile"]["networkPolicy"]
        if (policy.text or "none").lower() == "none" and not policy.unknown:
            yield fail(cluster, "no networkPolicy is chosen", *policy.path)
    for cluster in stack.of_type(GKE_CLUSTER):
        if cluster["enableAutopilot"].flag or cluster["datapathProvider"].text == "ADVANCED_DATAPATH":
            continue
        switch = cluster["networkPolicy"]["enabled"]
        if not switch.flag and not switch.unknown and not cluster["datapathProvider"].unknown:
            yield fail(cluster, "neither Dataplane V2 nor networkPolicy is on", *switch.path)


def _eks_enforcer(stack: Stack) -> bool:
    for addon in stack.of_type("aws:eks/addon:Addon"):
        if addon["addonName"].text == "vpc-cni":
            text = addon["configurationValues"].text or ""
            if re.search(r'enableNetworkPolicy"?\s*:\s*"?true', text) or addon["configurationValues"].unknown:
                return True
    charts = stack.of_type("kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Chart")
    return any((chart["chart"].text or "").rpartition("/")[2] in ("cilium", "tigera-operator") for chart in charts)


@stack_rule(
    "namespaces-hold-pods-to-a-standard",
    "exposure",
    types=[NAMESPACE],
    description="Namespaces enforce a Pod Security Standard: baseline or restricted.",
    rationale="Without it, whoever may create a pod may create one that owns the node.",
    remediation="Label the namespace pod-security.kubernetes.io/enforce: baseline (or restricted).",
    references=["Kubernetes documentation, Pod Security Admission"],
    settings=["exposure"],
)
def namespaces_hold_pods_to_a_standard(stack: Stack, context: Context) -> Iterator[Violation]:
    running = Nearby(stack, *WORKLOADS)
    for namespace in stack.of_type(NAMESPACE):
        if shared(name_of(namespace), context.settings.exposure.privileged_namespaces):
            continue
        level = namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        if level.text in ("baseline", "restricted") or level.unknown:
            continue
        if level.text == "privileged" and _locks_memory(running.within(name_of(namespace))):
            continue
        yield fail(namespace, f"it enforces {level.text or 'nothing'}; needed: baseline or restricted", *level.path)


def _locks_memory(running: list[Resource]) -> bool:
    """Whether pods of a namespace need IPC_LOCK for RDMA, which no standard but `privileged` lets them have."""
    return any(
        capability.text == "IPC_LOCK"
        for resource in running
        for workload in workloads_of(resource)
        for container in workload.containers
        for capability in container["securityContext"]["capabilities"]["add"].items
    )
