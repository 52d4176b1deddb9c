"""The bucket with the weights: made here, or one that is there already."""

import pulumi
from pulumi_gcp import serviceaccount, storage

from intertie.contract import BuildOptions, StorageBinding
from intertie.plan import Plan
from intertie.plan.naming import digest
from intertie.platforms.children import child
from intertie.platforms.tags import tags

_WEEK = 7 * 24 * 3600  # seconds


def weights(
    plan: Plan, options: BuildOptions, account: serviceaccount.Account, apis: list[pulumi.Resource]
) -> StorageBinding:
    """The bucket that pods read weights from, and their right to read it. `placements.<name>.weights` names another."""
    named = plan.where.weights
    bucket = named or _bucket(plan, options, apis).name
    name, opts = child(options, "weights-reader")
    storage.BucketIAMMember(name, bucket=bucket, role="roles/storage.objectViewer", member=account.member, opts=opts)
    return StorageBinding(weights_uri=f"gs://{named}" if named else pulumi.Output.concat("gs://", bucket))


def bucket_name(plan: Plan) -> str:
    """A name that is the same in every run and that nobody else in the world should have: buckets share one space."""
    project = plan.where.account.id if plan.where.account else ""
    spec = plan.spec
    parts = (project or spec.owner, spec.cost_center, spec.name, plan.placement, plan.region)
    return f"{plan.cluster}-weights-{digest('/'.join(parts), 12)}"


def _bucket(plan: Plan, options: BuildOptions, apis: list[pulumi.Resource]) -> storage.Bucket:
    name, opts = child(options, "weights", depends_on=apis)
    return storage.Bucket(
        name,
        name=bucket_name(plan),
        project=plan.where.account.id if plan.where.account else None,
        location=plan.region.upper(),  # as the API gives it back: in lower case, every refresh would show a change
        labels=tags(plan, "gcp"),
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        versioning=storage.BucketVersioningArgs(enabled=True),
        soft_delete_policy=storage.BucketSoftDeletePolicyArgs(retention_duration_seconds=_WEEK),
        # A new revision of a model replaces hundreds of gigabytes: the former one is kept for a while, not for ever.
        lifecycle_rules=[
            storage.BucketLifecycleRuleArgs(
                action=storage.BucketLifecycleRuleActionArgs(type="Delete"),
                condition=storage.BucketLifecycleRuleConditionArgs(
                    days_since_noncurrent_time=30, with_state="ARCHIVED"
                ),
            )
        ],
        opts=opts,
    )
