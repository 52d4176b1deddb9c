"""The bucket with the weights: private, versioned, encrypted, reachable over TLS only. Or the one that exists."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import s3

from intertie.contract import Bound, BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.eks.identity import partition
from intertie.platforms.tags import tags

_PREFIX_ROOM = 37  # S3 adds 26 characters to a prefix, and ends at 63
_MULTIPART_DAYS = 7
_NONCURRENT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Weights:
    """Where the weights are."""

    arn: Bound
    uri: Bound  # s3://bucket


def weights(plan: Plan, options: BuildOptions) -> Weights:
    """The bucket that the placement names, else a new one."""
    named = plan.where.weights
    if named is not None:
        return Weights(f"arn:{partition(plan.region)}:s3:::{named}", f"s3://{named}")
    bucket = _bucket(plan, options)
    _versioning(plan, options, bucket)
    _encryption(plan, options, bucket)
    _lifecycle(plan, options, bucket)
    _privacy(plan, options, bucket)
    return Weights(bucket.arn, pulumi.Output.concat("s3://", bucket.bucket))


def _bucket(plan: Plan, options: BuildOptions) -> s3.Bucket:
    """Bucket names are shared by everyone in the world: ours is a prefix, and the rest is made up by the provider."""
    name, opts = child(options, "weights")
    suffix = "-weights-"
    prefix = plan.cluster[: _PREFIX_ROOM - len(suffix)].rstrip("-") + suffix
    return s3.Bucket(name, region=plan.region, bucket_prefix=prefix, tags=tags(plan, "aws"), opts=opts)


def _versioning(plan: Plan, options: BuildOptions, bucket: s3.Bucket) -> None:
    name, opts = child(options, "weights-versioning")
    s3.BucketVersioning(
        name,
        region=plan.region,
        bucket=bucket.bucket,
        versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        opts=opts,
    )


def _encryption(plan: Plan, options: BuildOptions, bucket: s3.Bucket) -> None:
    """Keys of S3's own: a key per request would be paid for every range that a loading replica reads."""
    name, opts = child(options, "weights-encryption")
    default = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="AES256"
    )
    s3.BucketServerSideEncryptionConfiguration(
        name,
        region=plan.region,
        bucket=bucket.bucket,
        rules=[
            s3.BucketServerSideEncryptionConfigurationRuleArgs(apply_server_side_encryption_by_default=default),
        ],
        opts=opts,
    )


def _lifecycle(plan: Plan, options: BuildOptions, bucket: s3.Bucket) -> None:
    """Broken uploads and overwritten weights are hundreds of gigabytes that nobody sees and everybody pays."""
    name, opts = child(options, "weights-lifecycle")
    s3.BucketLifecycleConfiguration(
        name,
        region=plan.region,
        bucket=bucket.bucket,
        rules=[
            s3.BucketLifecycleConfigurationRuleArgs(
                id="abort-incomplete-uploads",
                status="Enabled",
                filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                abort_incomplete_multipart_upload=(
                    s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                        days_after_initiation=_MULTIPART_DAYS
                    )
                ),
            ),
            s3.BucketLifecycleConfigurationRuleArgs(
                id="expire-overwritten",
                status="Enabled",
                filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                    noncurrent_days=_NONCURRENT_DAYS
                ),
            ),
        ],
        opts=opts,
    )


def _privacy(plan: Plan, options: BuildOptions, bucket: s3.Bucket) -> None:
    """No public access, then no plain HTTP: S3 refuses the two at the same time, so one waits for the other."""
    name, opts = child(options, "weights-private")
    private = s3.BucketPublicAccessBlock(
        name,
        region=plan.region,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    name, opts = child(options, "weights-tls", depends_on=[private])
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.BucketPolicy(name, region=plan.region, bucket=bucket.bucket, policy=policy, opts=opts)
