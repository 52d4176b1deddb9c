"""What must be there before the first `pulumi up` on AWS: state bucket, key, trust in the CI's tokens, deploy role."""

import json
from typing import Any

import pulumi
from pulumi_aws import iam, kms, s3

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.eks import bootstrap_role
from intertie.platforms.eks import storage_buckets as buckets
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
    """Named after cluster and account: after a destroy, `pulumi import` takes the same one back."""
    name, opts = child(options, "state", protect=True, retain_on_delete=True)
    bucket = s3.Bucket(
        name, region=plan.region, bucket=f"{plan.cluster}-state-{account}", tags=tags(plan, "aws"), opts=opts
    )
    buckets.versioned(plan, options, bucket, "state", retained=True)
    buckets.encrypted(plan, options, bucket, "state", key=key.arn, retained=True)
    # Former states are a way back for a while, and then only a risk.
    rules = [buckets.former_versions("expire-former-states", _OLD_STATES_DAYS)]
    buckets.expiring(plan, options, bucket, "state", rules, retained=True)
    buckets.private(plan, options, bucket, "state", retained=True)
    return bucket


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
