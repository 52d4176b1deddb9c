"""What a mistaken `destroy` takes with it."""

from collections.abc import Iterator

from intertie_policies.accessor import Value
from intertie_policies.pools import AKS_CLUSTER, EKS_CLUSTER, GKE_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Change, Context, Level, Violation, fail, rule, stack_rule

_GUARD = {
    EKS_CLUSTER: "deletionProtection",
    GKE_CLUSTER: "deletionProtection",
    "aws:rds/cluster:Cluster": "deletionProtection",
    "aws:rds/instance:Instance": "deletionProtection",
    "gcp:sql/databaseInstance:DatabaseInstance": "deletionProtection",
    "azure-native:keyvault:Vault": "properties",
}
"""Where each type says that it refuses to be deleted."""
_ON_BY_DEFAULT = (GKE_CLUSTER, "gcp:sql/databaseInstance:DatabaseInstance")
_VAULT = "azure-native:keyvault:Vault"


def _guard(resource: Resource) -> Value:
    own = resource[_GUARD[resource.type]]
    return own["enablePurgeProtection"] if resource.type == _VAULT else own


def _protect(resource: Resource, _context: Context) -> Iterator[Change]:
    guard = _guard(resource)
    open_ = guard.flag is False or (guard.absent and resource.type not in _ON_BY_DEFAULT)
    if open_ and resource.type != _VAULT:  # purge protection of a vault can never be taken back
        yield Change(guard.path, True)


@rule(
    "deletion-protected",
    "resilience",
    types=_GUARD,
    baseline=Level.DISABLED,
    description="Clusters, databases and vaults refuse to be deleted until somebody says so first.",
    rationale="One `destroy` in the wrong stack ends the service; its accelerators are not had again at once.",
    remediation="Set deletionProtection (EKS, GKE, databases) or enablePurgeProtection (vaults), or protect it.",
    references=["Amazon EKS API, deletionProtection", "GKE documentation, deletion protection",
                "Azure Key Vault, purge protection"],
    remedy=_protect,
)  # fmt: skip
def deletion_protected(resource: Resource, _context: Context) -> Iterator[Violation]:
    if resource.node.protect and resource.type != _VAULT:
        return
    guard = _guard(resource)
    if guard.flag is False or (guard.absent and resource.type not in _ON_BY_DEFAULT):
        yield fail(resource, "nothing keeps it from being deleted", *guard.path)


_LOCKS = (
    "azure-native:authorization:ManagementLockByScope", "azure-native:authorization:ManagementLockAtResourceGroupLevel",
    "azure-native:authorization:ManagementLockAtResourceLevel",
    "azure-native:authorization:ManagementLockAtSubscriptionLevel",
)  # fmt: skip


@stack_rule(
    "aks-deletion-protected",
    "resilience",
    types=[AKS_CLUSTER],
    baseline=Level.DISABLED,
    description="An AKS cluster is protected in Pulumi, or has a management lock: AKS has no switch of its own.",
    rationale="One `destroy` in the wrong stack ends the service; its accelerators are not had again at once.",
    remediation="Set protect=True on the cluster or its parent component, or add a management lock.",
    references=["Azure Resource Manager, locks", "Pulumi documentation, protect"],
)
def aks_deletion_protected(stack: Stack, _context: Context) -> Iterator[Violation]:
    levels = [lock["level"] for lock in stack.of_type(*_LOCKS)]
    if any(level.unknown or level.text in ("CanNotDelete", "ReadOnly") for level in levels):
        return
    for cluster in stack.of_type(AKS_CLUSTER):
        if not cluster.node.protect:
            yield fail(cluster, "neither protect nor a management lock keeps it from being deleted")


_FORCED = {
    "aws:s3/bucket:Bucket": "forceDestroy",
    "aws:s3/bucketV2:BucketV2": "forceDestroy",
    "aws:ecr/repository:Repository": "forceDelete",
    "aws:rds/cluster:Cluster": "skipFinalSnapshot",
    "aws:rds/instance:Instance": "skipFinalSnapshot",
    "gcp:storage/bucket:Bucket": "forceDestroy",
    "gcp:bigquery/dataset:Dataset": "deleteContentsOnDestroy",
}
_AZURE_SOFT = "azure-native:storage:BlobServiceProperties"


def _keep(resource: Resource, _context: Context) -> Iterator[Change]:
    if resource.type in _FORCED and resource[_FORCED[resource.type]].flag:
        yield Change((_FORCED[resource.type],), False)


@rule(
    "data-not-deleted-with-stack",
    "resilience",
    types=[*_FORCED, _AZURE_SOFT],
    description="Buckets, registries and databases that still hold something are not deleted with their stack.",
    rationale="Fine-tuned weights that are deleted with a stack are trained again, at the accelerators' price.",
    remediation="Take forceDestroy, forceDelete or skipFinalSnapshot out; on Azure keep deleted blobs for some days.",
    references=["Pulumi AWS and Google Cloud providers, forceDestroy", "Azure Storage, soft delete for blobs"],
    remedy=_keep,
)
def data_not_deleted_with_stack(resource: Resource, _context: Context) -> Iterator[Violation]:
    if resource.type == _AZURE_SOFT:
        switch = resource["deleteRetentionPolicy"]["enabled"]
        if not switch.flag and not switch.unknown:
            yield fail(resource, "deleted blobs are gone at once", *switch.path)
        return
    forced = resource[_FORCED[resource.type]]
    if forced.flag:
        yield fail(resource, "it is deleted with all that it holds", *forced.path)
