"""What every bucket of ours has: versions, no public access, TLS alone, and an end to what was overwritten.

`role` is the part that the bucket plays ("weights", "state"); `retained` keeps the setting when the stack goes.
"""

from collections.abc import Sequence

import pulumi
from pulumi_aws import s3

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child

EVERYTHING = s3.BucketLifecycleConfigurationRuleFilterArgs(prefix="")


def versioned(plan: Plan, options: BuildOptions, bucket: s3.Bucket, role: str, *, retained: bool = False) -> None:
    """What is overwritten or deleted can be had back."""
    name, opts = child(options, f"{role}-versioning", retain_on_delete=retained or None)
    s3.BucketVersioning(
        name,
        region=plan.region,
        bucket=bucket.bucket,
        versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        opts=opts,
    )


def encrypted(
    plan: Plan,
    options: BuildOptions,
    bucket: s3.Bucket,
    role: str,
    *,
    key: pulumi.Input[str] | None = None,
    retained: bool = False,
) -> None:
    """With `key`, else with keys of S3's own: a key of KMS would be paid for every range that a replica reads."""
    default = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="AES256" if key is None else "aws:kms", kms_master_key_id=key
    )
    rule = s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=default, bucket_key_enabled=None if key is None else True
    )
    name, opts = child(options, f"{role}-encryption", retain_on_delete=retained or None)
    s3.BucketServerSideEncryptionConfiguration(name, region=plan.region, bucket=bucket.bucket, rules=[rule], opts=opts)


def expiring(
    plan: Plan,
    options: BuildOptions,
    bucket: s3.Bucket,
    role: str,
    rules: Sequence[s3.BucketLifecycleConfigurationRuleArgs],
    *,
    retained: bool = False,
) -> None:
    """What nobody sees and everybody pays has an end."""
    name, opts = child(options, f"{role}-lifecycle", retain_on_delete=retained or None)
    s3.BucketLifecycleConfiguration(name, region=plan.region, bucket=bucket.bucket, rules=list(rules), opts=opts)


def former_versions(rule: str, days: int) -> s3.BucketLifecycleConfigurationRuleArgs:
    """Former versions go after so many days."""
    return s3.BucketLifecycleConfigurationRuleArgs(
        id=rule,
        status="Enabled",
        filter=EVERYTHING,
        noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=days
        ),
    )


def private(plan: Plan, options: BuildOptions, bucket: s3.Bucket, role: str, *, retained: bool = False) -> None:
    """No public access, then no plain HTTP: S3 refuses the two at the same time, so one waits for the other."""
    name, opts = child(options, f"{role}-private", retain_on_delete=retained or None)
    closed = s3.BucketPublicAccessBlock(
        name,
        region=plan.region,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})
    name, opts = child(options, f"{role}-tls", depends_on=[closed], retain_on_delete=retained or None)
    s3.BucketPolicy(name, region=plan.region, bucket=bucket.bucket, policy=policy, opts=opts)
