"""The bucket with the weights: private, versioned, encrypted, reachable over TLS only. Or the one that exists."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import s3

from intertie.contract import Bound, BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.eks import storage_buckets as buckets
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
    buckets.versioned(plan, options, bucket, "weights")
    buckets.encrypted(plan, options, bucket, "weights")
    buckets.expiring(plan, options, bucket, "weights", _rules())
    buckets.private(plan, options, bucket, "weights")
    return Weights(bucket.arn, pulumi.Output.concat("s3://", bucket.bucket))


def _bucket(plan: Plan, options: BuildOptions) -> s3.Bucket:
    """Bucket names are shared by everyone in the world: ours is a prefix, and the rest is made up by the provider."""
    name, opts = child(options, "weights")
    suffix = "-weights-"
    prefix = plan.cluster[: _PREFIX_ROOM - len(suffix)].rstrip("-") + suffix
    return s3.Bucket(name, region=plan.region, bucket_prefix=prefix, tags=tags(plan, "aws"), opts=opts)


def _rules() -> list[s3.BucketLifecycleConfigurationRuleArgs]:
    """Broken uploads and overwritten weights are hundreds of gigabytes that nobody sees and everybody pays."""
    abandoned = s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
        days_after_initiation=_MULTIPART_DAYS
    )
    broken = s3.BucketLifecycleConfigurationRuleArgs(
        id="abort-incomplete-uploads",
        status="Enabled",
        filter=buckets.EVERYTHING,
        abort_incomplete_multipart_upload=abandoned,
    )
    return [broken, buckets.former_versions("expire-overwritten", _NONCURRENT_DAYS)]
