"""What must be there before the first `pulumi up` on AWS: state bucket, key, trust in the CI's tokens, deploy role."""

import json
from typing import Any

import pulumi
from pulumi_aws import iam, kms, s3

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.eks import bootstrap_role
from intertie.platforms.eks.identity import partition
from intertie.platforms.tags import tags
from intertie.platforms.trust import Bootstrapped, Trust

_OLD_STATES_DAYS = 90
_SESSION_SECONDS = 2 * 60 * 60  # a cluster with its node groups takes most of an hour


def build(plan: Plan, options: BuildOptions, *, account: str, trust: Trust) -> Bootstrapped:
    """In the placement's own region. Key and bucket are protected and outlive this stack: without them no state opens.

    Pulumi locks a stack with a file in the bucket: whoever may write the state may lock it, and nobody else.
    """
    key = _key(plan, options)
    bucket = _bucket(plan, options, key, account)
    role = _role(plan, options, account, trust)
    documents = bootstrap_role.documents(plan, account)
    for number, document in enumerate(documents):
        _policy(plan, options, role, f"deploy-{number + 1}", pulumi.Output.json_dumps(document))
    _policy(plan, options, role, "state", _state_rights(bucket, key))
    return Bootstrapped(
        backend=pulumi.Output.concat("s3://", bucket.bucket, f"?region={plan.region}"),
        secrets_provider=f"awskms://alias/{plan.cluster}-state?region={plan.region}",
        deployer=role.arn,
    )


def _key(plan: Plan, options: BuildOptions) -> kms.Key:
    name, opts = child(options, "state-key", protect=True, retain_on_delete=True)
    key = kms.Key(
        name,
        region=plan.region,
        description=f"State and secrets of {plan.cluster}",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        tags=tags(plan, "aws"),
        opts=opts,
    )
    name, opts = child(options, "state-key-alias", retain_on_delete=True)
    kms.Alias(name, region=plan.region, name=f"alias/{plan.cluster}-state", target_key_id=key.key_id, opts=opts)
    return key


def _bucket(plan: Plan, options: BuildOptions, key: kms.Key, account: str) -> s3.Bucket:
    """Named after cluster and account, so that a second run finds the same one."""
    name, opts = child(options, "state", protect=True, retain_on_delete=True)
    bucket = s3.Bucket(
        name, region=plan.region, bucket=f"{plan.cluster}-state-{account}", tags=tags(plan, "aws"), opts=opts
    )
    name, opts = child(options, "state-versioning", retain_on_delete=True)
    s3.BucketVersioning(
        name,
        region=plan.region,
        bucket=bucket.bucket,
        versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
        opts=opts,
    )
    _encryption(plan, options, bucket, key)
    _lifecycle(plan, options, bucket)
    _privacy(plan, options, bucket)
    return bucket


def _encryption(plan: Plan, options: BuildOptions, bucket: s3.Bucket, key: kms.Key) -> None:
    name, opts = child(options, "state-encryption", retain_on_delete=True)
    default = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="aws:kms", kms_master_key_id=key.arn
    )
    s3.BucketServerSideEncryptionConfiguration(
        name,
        region=plan.region,
        bucket=bucket.bucket,
        rules=[
            s3.BucketServerSideEncryptionConfigurationRuleArgs(
                apply_server_side_encryption_by_default=default, bucket_key_enabled=True
            )
        ],
        opts=opts,
    )


def _lifecycle(plan: Plan, options: BuildOptions, bucket: s3.Bucket) -> None:
    """Former states are a way back for a while, and then only a risk."""
    name, opts = child(options, "state-lifecycle", retain_on_delete=True)
    s3.BucketLifecycleConfiguration(
        name,
        region=plan.region,
        bucket=bucket.bucket,
        rules=[
            s3.BucketLifecycleConfigurationRuleArgs(
                id="expire-former-states",
                status="Enabled",
                filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                noncurrent_version_expiration=s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                    noncurrent_days=_OLD_STATES_DAYS
                ),
            )
        ],
        opts=opts,
    )


def _privacy(plan: Plan, options: BuildOptions, bucket: s3.Bucket) -> None:
    """No public access, then no plain HTTP: S3 refuses the two at the same time."""
    name, opts = child(options, "state-private", retain_on_delete=True)
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
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]})
    name, opts = child(options, "state-tls", depends_on=[private], retain_on_delete=True)
    s3.BucketPolicy(name, region=plan.region, bucket=bucket.bucket, policy=policy, opts=opts)


def _role(plan: Plan, options: BuildOptions, account: str, trust: Trust) -> iam.Role:
    """Taken on with a token of the one subject, and with nothing else: there is no key to lose."""
    arn = f"arn:{partition(plan.region)}:iam::{account}:oidc-provider/{trust.host}"
    after: list[pulumi.Resource] = []
    if not trust.known:
        name, opts = child(options, "ci")
        after.append(
            iam.OpenIdConnectProvider(
                name, url=trust.issuer, client_id_lists=[trust.audience], tags=tags(plan, "aws"), opts=opts
            )
        )
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{trust.host}:aud": trust.audience, f"{trust.host}:sub": trust.subject}},
    }
    name, opts = child(options, "deploy-role", depends_on=after or None)
    return iam.Role(
        name,
        name=f"{plan.cluster}-deploy",
        description=f"Deploys {plan.cluster}",
        assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        max_session_duration=_SESSION_SECONDS,
        tags=tags(plan, "aws"),
        opts=opts,
    )


def _policy(plan: Plan, options: BuildOptions, role: iam.Role, part: str, document: pulumi.Input[str]) -> None:
    name, opts = child(options, f"{part}-policy")
    policy = iam.Policy(name, name=f"{plan.cluster}-{part}", policy=document, tags=tags(plan, "aws"), opts=opts)
    name, opts = child(options, f"{part}-attachment")
    iam.RolePolicyAttachment(name, role=role.name, policy_arn=policy.arn, opts=opts)


def _state_rights(bucket: s3.Bucket, key: kms.Key) -> pulumi.Output[str]:
    """The state's own bucket and key, and no other."""
    objects = pulumi.Output.concat(bucket.arn, "/*")
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:ListBucket"], "Resource": bucket.arn},
        {"Effect": "Allow", "Action": ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], "Resource": objects},
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
            "Resource": key.arn,
        },
    ]
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements})
