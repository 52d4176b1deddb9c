"""Labels by which the cost of a shared cluster is split."""

from collections.abc import Iterator

from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule
from intertie_policies.tags import find
from intertie_policies.workloads import NAMESPACE, WORKLOADS, Workload, name_of, namespace_of, shared, workloads_of


@stack_rule(
    "cost-labels",
    "tagging",
    types=WORKLOADS,
    description="Pods, or their namespaces, carry the labels by which the cost of a cluster is split.",
    rationale="Two teams on one accelerator pool get one invoice, and nothing in it says whose hours they were.",
    remediation="Set the labels of `tagging.workload_labels` on the pod template or on the namespace.",
    references=["AWS, split cost allocation data with Kubernetes labels", "GKE documentation, cost allocation",
                "AKS documentation, cost analysis"],
    settings=["tagging"],
)  # fmt: skip
def cost_labels(stack: Stack, context: Context) -> Iterator[Violation]:
    settings = context.settings.tagging
    namespaces: dict[str, Resource] = {}
    for each in stack.of_type(NAMESPACE):
        namespaces.setdefault(name_of(each), each)
    for resource in stack.of_type(*WORKLOADS):
        namespace = namespace_of(resource)
        if namespace is None or shared(namespace, settings.shared_namespaces):
            continue
        around = namespaces.get(namespace)
        for workload in workloads_of(resource):
            missing = [key for key in settings.workload_labels if not _labelled(workload, around, key)]
            if missing:
                yield fail(
                    resource, f"neither its pods nor its namespace say {', '.join(missing)}", *workload.labels.path
                )


def _labelled(workload: Workload, around: Resource | None, key: str) -> bool:
    if not find(workload.labels, key).absent:
        return True
    return around is not None and not find(around["metadata"]["labels"], key).absent
