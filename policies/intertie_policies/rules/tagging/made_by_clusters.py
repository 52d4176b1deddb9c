"""Tags of what a cluster makes by itself: nodes, volumes, load balancers."""

from collections.abc import Iterator

from intertie_policies.accessor import State, Value
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule
from intertie_policies.tags import find, plain
from intertie_policies.templates import templates, unseen

_EKS_POOL = "aws:eks/nodeGroup:NodeGroup"
_ASG = "aws:autoscaling/group:Group"
_AKS_POOL, _AKS = "azure-native:containerservice:AgentPool", "azure-native:containerservice:ManagedCluster"
_GKE_POOL, _GKE = "gcp:container/nodePool:NodePool", "gcp:container/cluster:Cluster"
_KARPENTER = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
_STORAGE = "kubernetes:storage.k8s.io/v1:StorageClass"
_SERVICE = "kubernetes:core/v1:Service"
_ADDON = "aws:eks/addon:Addon"
_HELM = ("kubernetes:helm.sh/v3:Release", "kubernetes:helm.sh/v4:Chart")


@stack_rule(
    "node-tags",
    "tagging",
    types=[_EKS_POOL, _ASG, _AKS_POOL, _AKS, _GKE_POOL, _KARPENTER],
    description="The required tags reach the machines and disks that node pools make.",
    rationale="Accelerator machines are most of the bill, and a pool's own tags stay on the pool.",
    remediation=(
        "EKS: a launch template with tagSpecifications for instance and volume. Autoscaling groups: tags with "
        "propagateAtLaunch. AKS: tags of each pool. GKE: nodeConfig.resourceLabels, or the cluster's resourceLabels."
    ),
    references=["Amazon EKS user guide, tags of managed node groups", "AKS documentation, Azure tags",
                "GKE documentation, cluster and node pool labels"],
    settings=["tagging"],
)  # fmt: skip
def node_tags(stack: Stack, context: Context) -> Iterator[Violation]:
    required = tuple(context.settings.tagging.required)
    for pool in stack.of_type(_EKS_POOL):
        yield from _of_group(pool, required)
    for group in stack.of_type(_ASG):
        yield from _of_scaling_group(group, required)
    for pool in stack.of_type(_AKS_POOL):
        yield from _lacking(pool, pool["tags"], required, "the pool's machines")
    for cluster in stack.of_type(_AKS):
        for profile in cluster["agentPoolProfiles"].items:
            yield from _lacking(cluster, profile["tags"], required, "the machines of a pool in the cluster")
    for pool in stack.of_type(_GKE_POOL):
        yield from _of_google(pool, required)
    for nodes in stack.of_type(_KARPENTER):
        yield from _lacking(nodes, nodes["spec"]["tags"], required, "machines that Karpenter starts")


def _of_group(pool: Resource, required: tuple[str, ...]) -> Iterator[Violation]:
    if pool["launchTemplate"].quietly().state is State.ABSENT:
        yield fail(pool, "no launch template: the group's tags do not reach its machines and disks", "launchTemplate")
        return
    if required:
        yield from unseen(pool, "which tags its machines and disks get")
    for template in templates(pool):
        specifications = template["tagSpecifications"]
        if specifications.unknown:
            continue  # and noted as such
        by_type = {each["resourceType"].text: each["tags"] for each in specifications.items}
        for kind in ("instance", "volume"):
            if kind in by_type:
                yield from _lacking(template, by_type[kind], required, f"tags for {kind}")
            else:
                yield fail(template, f"no tagSpecifications for {kind}", "tagSpecifications")


def _of_scaling_group(group: Resource, required: tuple[str, ...]) -> Iterator[Violation]:
    carried = {plain(each["key"].text or "") for each in group["tags"].items if each["propagateAtLaunch"].flag}
    missing = [key for key in required if plain(key) not in carried]
    if missing:
        yield fail(group, f"its machines get no tags {', '.join(missing)} (propagateAtLaunch)", "tags")


def _of_google(pool: Resource, required: tuple[str, ...]) -> Iterator[Violation]:
    """Labels of a cluster are passed on to the machines of its pools."""
    labels = pool["nodeConfig"]["resourceLabels"]
    clusters = pool.uses("cluster", _GKE)
    for key in required:
        own = find(labels, key)
        inherited = any(find(cluster["resourceLabels"], key).quietly().known for cluster in clusters)
        if own.absent and not inherited:
            yield fail(pool, f"the pool's machines get no label {key!r}", *labels.path, key)


def _lacking(resource: Resource, tags: Value, required: tuple[str, ...], what: str) -> Iterator[Violation]:
    missing = [key for key in required if find(tags, key).absent]
    if missing:
        yield fail(resource, f"{what} lack {', '.join(missing)}", *tags.path)


# --------------------------------------------------------------------- volumes

_PROVISIONERS = {
    "ebs.csi.aws.com": ("aws", "tagSpecification_"),
    "ebs.csi.eks.amazonaws.com": ("aws", "tagSpecification_"),
    "disk.csi.azure.com": ("azure", "tags"),
    "file.csi.azure.com": ("azure", "tags"),
    "pd.csi.storage.gke.io": ("gcp", "labels"),
}
"""Who makes volumes, and the parameter in which it is told their tags."""


@stack_rule(
    "volume-class-tags",
    "tagging",
    types=[_STORAGE],
    description="Storage classes give the required tags to the volumes that they make.",
    rationale="Volumes outlive the pods that asked for them, and nobody knows whose they were.",
    remediation=(
        "Set the parameters tagSpecification_1, _2, … (EBS), tags (Azure) or labels (Google) of the storage class, "
        "or extraVolumeTags of the EBS driver."
    ),
    references=[
        "aws-ebs-csi-driver, volume tagging",
        "azuredisk-csi-driver, parameters",
        "gcp-pd-csi-driver, parameters",
    ],
    settings=["tagging"],
)
def volume_class_tags(stack: Stack, context: Context) -> Iterator[Violation]:
    for class_ in stack.of_type(_STORAGE):
        known = _PROVISIONERS.get(class_["provisioner"].text or "")
        if known is None:
            continue
        cloud, prefix = known
        parameters = class_["parameters"].entries
        told = ",".join(value.text or "" for key, value in parameters.items() if key.startswith(prefix))
        missing = _not_told(told, context)
        if missing and not (cloud == "aws" and _driver_tags(stack)):
            yield fail(class_, f"volumes of this class lack {', '.join(missing)}", "parameters")


def _not_told(told: str, context: Context) -> list[str]:
    """Required tags that are not among `key=value,key=value`."""
    carried = {plain(pair.partition("=")[0]) for pair in told.split(",")}
    return [key for key in context.settings.tagging.required if plain(key) not in carried]


def _driver_tags(stack: Stack) -> bool:
    """Whether the EBS driver itself tags all volumes."""
    for addon in stack.of_type(_ADDON):
        if addon["addonName"].text == "aws-ebs-csi-driver":
            text = addon["configurationValues"].text
            if text and "extraVolumeTags" in text:
                return True
    return False


# --------------------------------------------------------------------- load balancers

_NLB_TAGS = "service.beta.kubernetes.io/aws-load-balancer-additional-resource-tags"


@stack_rule(
    "load-balancer-tags",
    "tagging",
    types=[_SERVICE],
    description="Load balancers that a cluster on AWS makes carry the required tags.",
    rationale="A load balancer is made by a controller, so the provider's default tags never reach it.",
    remediation=f"Annotate the Service with {_NLB_TAGS}, or give the load balancer controller defaultTags.",
    references=["AWS Load Balancer Controller, Service annotations", "AKS: a cluster's tags reach its load balancers"],
    settings=["tagging"],
)
def load_balancer_tags(stack: Stack, context: Context) -> Iterator[Violation]:
    if not stack.of_type("aws:eks/cluster:Cluster"):
        return  # Azure hands the cluster's tags on; Google's forwarding rules take no labels from a Service
    for service in stack.of_type(_SERVICE):
        if service["spec"]["type"].text != "LoadBalancer":
            continue
        told = service["metadata"]["annotations"][_NLB_TAGS].text or ""
        missing = _not_told(told, context)
        if missing and not _controller_tags(stack):
            yield fail(service, f"its load balancer lacks {', '.join(missing)}", "metadata", "annotations", _NLB_TAGS)


def _controller_tags(stack: Stack) -> bool:
    return any(
        release["chart"].text in ("aws-load-balancer-controller",) and release["values"]["defaultTags"].given
        for release in stack.of_type(*_HELM)
    )
