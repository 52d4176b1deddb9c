"""Keys of one's own."""

from collections.abc import Callable, Iterator

from intertie_policies.accessor import Value
from intertie_policies.pools import AKS_CLUSTER, EKS_CLUSTER, GKE_CLUSTER
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Level, Violation, fail, stack_rule

_S3 = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
_S3_ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)
_KEY_OF: dict[str, dict[str, Callable[[Resource], Value]]] = {
    "clusters": {
        EKS_CLUSTER: lambda it: it["encryptionConfig"]["provider"]["keyArn"],
        GKE_CLUSTER: lambda it: it["databaseEncryption"]["keyName"],
    },
    "buckets": {
        "azure-native:storage:StorageAccount": lambda it: it["encryption"]["keyVaultProperties"]["keyName"],
        "gcp:storage/bucket:Bucket": lambda it: it["encryption"]["defaultKmsKeyName"],
    },
    "disks": {
        "aws:ebs/volume:Volume": lambda it: it["kmsKeyId"],
        "azure-native:compute:Disk": lambda it: it["encryption"]["diskEncryptionSetId"],
        "gcp:compute/disk:Disk": lambda it: it["diskEncryptionKey"]["kmsKeySelfLink"],
    },
    "registries": {
        "aws:ecr/repository:Repository": lambda it: it["encryptionConfigurations"][0]["kmsKey"],
        "azure-native:containerregistry:Registry": lambda it: it["encryption"]["keyVaultProperties"]["keyIdentifier"],
        "gcp:artifactregistry/repository:Repository": lambda it: it["kmsKeyName"],
    },
}
"""Where each type names the key that it is encrypted with. One row adds a type."""


@stack_rule(
    "customer-key",
    "exposure",
    types=[EKS_CLUSTER, AKS_CLUSTER, *_S3, *(type_ for types in _KEY_OF.values() for type_ in types)],
    baseline=Level.DISABLED,
    description="What the configuration names is encrypted with a key of one's own: at least the secrets of clusters.",
    rationale="Only with a key of your own can you see who decrypts, and make data unreadable when you must.",
    remediation="Make a key (KMS, Key Vault, Cloud KMS) and name it; `exposure.customer_keys` says what needs one.",
    references=["Amazon EKS user guide, secrets encryption", "AKS documentation, KMS etcd encryption",
                "GKE documentation, application-layer secrets encryption"],
    settings=["exposure"],
    apply_time_only=[
        "encryptionConfig.provider.keyArn", "databaseEncryption.keyName", "encryption.keyVaultProperties.keyName",
        "encryption.defaultKmsKeyName", "kmsKeyId", "encryption.diskEncryptionSetId", "kmsKeyName",
        "diskEncryptionKey.kmsKeySelfLink", "encryptionConfigurations[*].kmsKey",
        "encryption.keyVaultProperties.keyIdentifier", "rules[*].applyServerSideEncryptionByDefault.kmsMasterKeyId",
    ],
)  # fmt: skip
def customer_key(stack: Stack, context: Context) -> Iterator[Violation]:
    wanted = context.settings.exposure.customer_keys
    for kind in wanted:
        for type_, key_of in _KEY_OF[kind].items():
            for resource in stack.of_type(type_):
                key = key_of(resource)
                if key.absent or key.text == "":
                    yield fail(resource, "no key of one's own is named", *key.path)
    if "clusters" in wanted:
        yield from _switches(stack)
    if "buckets" in wanted:
        yield from _s3(stack)


def _switches(stack: Stack) -> Iterator[Violation]:
    """Clusters that may name a key, and not use it."""
    for cluster in stack.of_type(GKE_CLUSTER):
        state = cluster["databaseEncryption"]["state"]
        if state.text == "DECRYPTED":
            yield fail(cluster, "a key is named, and encryption is off", *state.path)
    for cluster in stack.of_type(AKS_CLUSTER):
        switch = cluster["securityProfile"]["azureKeyVaultKms"]["enabled"]
        if not switch.flag and not switch.unknown:
            yield fail(cluster, "secrets are not encrypted with a key from your vault", *switch.path)


def _s3(stack: Stack) -> Iterator[Violation]:
    """The key of a bucket lies in a resource beside it."""
    told: dict[str, bool] = {}
    for settings in stack.of_type(*_S3_ENCRYPTION):
        keyed = False
        for rule_ in settings["rules"].items:
            key = rule_["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"]
            keyed = keyed or not (key.absent or key.text == "")
        for bucket in settings.uses("bucket", *_S3):
            told[bucket.urn] = told.get(bucket.urn, False) or keyed
    for bucket in stack.of_type(*_S3):
        if not told.get(bucket.urn, False):
            yield fail(bucket, "no encryption with a key of one's own is configured for it")
