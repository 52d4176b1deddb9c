"""What must be made before something else, and taken away after it."""

import re
from collections.abc import Iterator

from intertie_policies.pools import AKS_CLUSTER, EKS, EKS_CLUSTER, GKE, GKE_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, rule, stack_rule

_GOOGLE_KEY, _AZURE_KEY = "gcp:kms/cryptoKey:CryptoKey", "azure-native:keyvault:Key"
_GRANTS = {
    _GOOGLE_KEY: tuple(
        f"gcp:kms/{kind[0].lower()}{kind[1:]}:{kind}"
        for what in ("CryptoKey", "KeyRing")
        for kind in (f"{what}IAMMember", f"{what}IAMBinding", f"{what}IAMPolicy")
    ),
    _AZURE_KEY: ("azure-native:authorization:RoleAssignment", "azure-native:keyvault:AccessPolicy"),
}
"""What lets a service use a key. AWS services use keys through whoever makes the resource."""
_ENCRYPTED = {
    GKE_CLUSTER: ("databaseEncryption", _GOOGLE_KEY),
    GKE: ("nodeConfig", _GOOGLE_KEY),
    "gcp:storage/bucket:Bucket": ("encryption", _GOOGLE_KEY),
    "gcp:compute/disk:Disk": ("diskEncryptionKey", _GOOGLE_KEY),
    "gcp:artifactregistry/repository:Repository": ("kmsKeyName", _GOOGLE_KEY),
    AKS_CLUSTER: ("securityProfile", _AZURE_KEY),
}


@stack_rule(
    "key-usable-first",
    "platform",
    types=_ENCRYPTED,
    baseline=Level.MANDATORY,
    description="What is encrypted with a key of its stack is made after somebody was let use the key.",
    rationale="The service's own identity uses the key, and is refused when its right is not there yet.",
    remediation="depends_on the grant of the key (CryptoKeyIAMMember; a role assignment on the vault).",
    references=["GKE documentation, application-layer secrets encryption", "AKS documentation, KMS etcd encryption"],
)
def key_usable_first(stack: Stack, _context: Context) -> Iterator[Violation]:
    for resource in stack.of_type(*_ENCRYPTED):
        prop, kind = _ENCRYPTED[resource.type]
        if resource[prop].quietly().absent or not resource.uses(prop, kind):
            continue
        if not any(before.type in _GRANTS[kind] for before in stack.before(resource)):
            yield fail(resource, "it depends on nothing that lets its service use the key", prop)


_SERVICE = "kubernetes:core/v1:Service"
_FROM_INSIDE = (
    _SERVICE,
    "kubernetes:networking.k8s.io/v1:Ingress",
    "kubernetes:gateway.networking.k8s.io/v1:Gateway",
    "kubernetes:karpenter.sh/v1:NodePool",
)
_NODES = (EKS, "aws:eks/fargateProfile:FargateProfile", "aws:autoscaling/group:Group")


@stack_rule(
    "made-from-inside-goes-first",
    "platform",
    types=_FROM_INSIDE,
    description="What makes load balancers and machines from inside an EKS cluster goes before the cluster's nodes.",
    rationale="A controller that goes first leaves its load balancers and machines behind, and they hold the network.",
    remediation="Let it depend on the node groups that its controller runs on (`depends_on`), or use EKS Auto Mode.",
    references=["AWS Load Balancer Controller, uninstall", "Karpenter documentation, uninstalling"],
)
def made_from_inside_goes_first(stack: Stack, _context: Context) -> Iterator[Violation]:
    if not stack.of_type(*_NODES):
        return  # its nodes are made elsewhere, or by the cluster itself
    for resource in stack.of_type(*_FROM_INSIDE):
        if resource.type == _SERVICE and resource["spec"]["type"].text != "LoadBalancer":
            continue
        before = stack.before(resource)
        clusters = [each for each in before if each.type == EKS_CLUSTER]
        if clusters and not _by_itself(clusters[0]) and not any(each.type in _NODES for each in before):
            yield fail(resource, f"the nodes of {clusters[0].name} may go before it")


def _by_itself(cluster: Resource) -> bool:
    """Whether the control plane runs the controllers: EKS Auto Mode."""
    return bool(cluster["computeConfig"]["enabled"].flag)


_LASTING = {
    "gcp:kms/keyRing:KeyRing": "name",
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": "workloadIdentityPoolId",
    "gcp:projects/iAMCustomRole:IAMCustomRole": "roleId",
    "azure-native:keyvault:Vault": "vaultName",
    "azure-native:keyvault:ManagedHsm": "name",
    "aws:secretsmanager/secret:Secret": "name",
}
"""Types whose names stay taken after they are deleted, and the property with the name."""
_CHANGING = re.compile(r"(?:^|[-_])(?=[a-z0-9]*\d)[a-z0-9]{4,}$")


@rule(
    "lasting-names-vary",
    "platform",
    types=_LASTING,
    description="What keeps its name after it is deleted has a part in its name that differs each time.",
    rationale="Key rings stay for ever, vaults, secrets and identity pools for weeks: the stack cannot be made again.",
    remediation="Let Pulumi name it, end the name in a suffix of its own (`inference-7c1d`), or protect it.",
    references=["Cloud KMS documentation, object lifetimes", "Azure Key Vault documentation, soft-delete",
                "AWS Secrets Manager user guide, delete a secret"],
    apply_time_only=sorted(set(_LASTING.values())),
)  # fmt: skip
def lasting_names_vary(resource: Resource, _context: Context) -> Iterator[Violation]:
    name = resource[_LASTING[resource.type]]
    if resource.node.protect or name.absent or resource["recoveryWindowInDays"].quietly().number == 0:
        return
    if name.text is not None and not _CHANGING.search(name.text):
        yield fail(resource, f"the name {name.text[:80]!r} stays taken when it is deleted", *name.path)
