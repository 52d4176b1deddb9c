"""What must be there before the first `pulumi up` on Google Cloud: state bucket, key, trust in CI's tokens, role."""

import pulumi
from pulumi_gcp import iam, kms, projects, serviceaccount, storage

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.naming import digest, safe_name
from intertie.platforms.children import child
from intertie.platforms.rights import every
from intertie.platforms.tags import tags
from intertie.platforms.trust import Bootstrapped, Trust

APIS = ("cloudkms", "cloudresourcemanager", "iam", "iamcredentials", "serviceusage", "storage", "sts")
"""APIs without which neither this nor the first deployment starts; the others are enabled by the stack."""
_OLD_STATES_DAYS = 90
_ROTATION = "7776000s"  # 90 days
_KUBERNETES = "roles/container.developer"
"""Kubernetes objects of every kind but those that `RBAC` writes."""
RBAC = tuple(
    f"container.{kind}.{verb}"
    for kind, verbs in {
        "clusterRoleBindings": ("create", "delete", "update"),
        "clusterRoles": ("bind", "create", "delete", "escalate", "update"),
        "mutatingWebhookConfigurations": ("create", "delete", "update"),
        "roleBindings": ("create", "delete", "update"),
        "roles": ("bind", "create", "delete", "escalate", "update"),
        "validatingWebhookConfigurations": ("create", "delete", "update"),
    }.items()
    for verb in verbs
)
"""Rights within the cluster, and hooks: charts bring both, and the role above only reads them. Until the first of them
is written, nobody has a right from the cluster itself. Source: Google Cloud, IAM roles and permissions index."""


def build(plan: Plan, options: BuildOptions, *, account: str, trust: Trust) -> Bootstrapped:
    """In the placement's own region. Key and bucket are protected and outlive this stack: without them no state opens.

    Pulumi locks a stack with a file in the bucket: whoever may write the state may lock it, and nobody else.
    """
    enabled = _apis(options, account)
    key = _key(plan, options, account, enabled)
    bucket = _bucket(plan, options, account, enabled)
    deployer = _deployer(plan, options, account, enabled)
    _trust(plan, options, account, trust, deployer)
    _rights(plan, options, account, deployer)
    _state_rights(options, deployer, bucket, key)
    return Bootstrapped(
        backend=pulumi.Output.concat("gs://", bucket.name),
        secrets_provider=pulumi.Output.concat("gcpkms://", key.id),
        deployer=deployer.email,
    )


def _apis(options: BuildOptions, project: str) -> list[pulumi.Resource]:
    made: list[pulumi.Resource] = []
    for api in APIS:
        name, opts = child(options, f"api-{api}", retain_on_delete=True)
        made.append(
            projects.Service(
                name, project=project, service=f"{api}.googleapis.com", disable_on_destroy=False, opts=opts
            )
        )
    return made


def _key(plan: Plan, options: BuildOptions, project: str, after: list[pulumi.Resource]) -> kms.CryptoKey:
    """Key rings are never deleted: after a destroy, `pulumi import` takes this one back by its name."""
    name, opts = child(options, "state-ring", depends_on=after, protect=True, retain_on_delete=True)
    ring = kms.KeyRing(name, name=f"{plan.cluster}-state", project=project, location=plan.region, opts=opts)
    name, opts = child(options, "state-key", protect=True, retain_on_delete=True)
    return kms.CryptoKey(
        name,
        name="pulumi",
        key_ring=ring.id,
        purpose="ENCRYPT_DECRYPT",
        rotation_period=_ROTATION,
        labels=tags(plan, "gcp"),
        opts=opts,
    )


def _bucket(plan: Plan, options: BuildOptions, project: str, after: list[pulumi.Resource]) -> storage.Bucket:
    """Bucket names are the whole world's: the project's, which is too, keeps it apart."""
    name, opts = child(options, "state", depends_on=after, protect=True, retain_on_delete=True)
    return storage.Bucket(
        name,
        name=safe_name(f"{plan.cluster}-state-{digest(project, 8)}", 63),
        project=project,
        location=plan.region.upper(),
        labels=tags(plan, "gcp"),
        uniform_bucket_level_access=True,
        public_access_prevention="enforced",
        versioning=storage.BucketVersioningArgs(enabled=True),
        lifecycle_rules=[
            storage.BucketLifecycleRuleArgs(
                action=storage.BucketLifecycleRuleActionArgs(type="Delete"),
                condition=storage.BucketLifecycleRuleConditionArgs(
                    days_since_noncurrent_time=_OLD_STATES_DAYS, with_state="ARCHIVED"
                ),
            )
        ],
        opts=opts,
    )


def _deployer(plan: Plan, options: BuildOptions, project: str, after: list[pulumi.Resource]) -> serviceaccount.Account:
    name, opts = child(options, "deployer", depends_on=after)
    return serviceaccount.Account(
        name,
        account_id=safe_name(f"{plan.cluster}-deploy", 30),
        project=project,
        display_name=f"Deploys {plan.cluster}",
        opts=opts,
    )


def _trust(plan: Plan, options: BuildOptions, project: str, trust: Trust, deployer: serviceaccount.Account) -> None:
    """A pool of this placement alone, which takes tokens of the one subject and of nobody else.

    Its name does not begin with the pipeline's, which may be `gcp-…`: that beginning is Google's own.
    """
    name, opts = child(options, "ci", depends_on=[deployer])
    pool = iam.WorkloadIdentityPool(
        name, workload_identity_pool_id=safe_name(f"ci-{plan.cluster}", 32), project=project, opts=opts
    )
    name, opts = child(options, "ci-issuer")
    provider = iam.WorkloadIdentityPoolProvider(
        name,
        project=project,
        workload_identity_pool_id=pool.workload_identity_pool_id,
        workload_identity_pool_provider_id="ci",
        attribute_mapping={"google.subject": "assertion.sub"},
        attribute_condition=f"assertion.sub == '{trust.subject}'",
        oidc=iam.WorkloadIdentityPoolProviderOidcArgs(
            issuer_uri=trust.issuer,
            # Without any, tokens must name this provider in full, as Google's sign-in action asks for them.
            allowed_audiences=[trust.audience] if trust.audience else None,
        ),
        opts=opts,
    )
    name, opts = child(options, "ci-deploys", depends_on=[provider])
    serviceaccount.IAMMember(
        name,
        service_account_id=deployer.name,
        role="roles/iam.workloadIdentityUser",
        member=pulumi.Output.concat("principal://iam.googleapis.com/", pool.name, "/subject/", trust.subject),
        opts=opts,
    )


def _rights(plan: Plan, options: BuildOptions, project: str, deployer: serviceaccount.Account) -> None:
    """A role of its own with the permissions that the stacks' types take, none of them a pattern."""
    name, opts = child(options, "deploy-role")
    role = projects.IAMCustomRole(
        name,
        project=project,
        role_id=f"{plan.cluster}-deploy".replace("-", "_"),
        title=f"Deploys {plan.cluster}",
        permissions=sorted({*every("gke"), *RBAC}),
        opts=opts,
    )
    for part, granted in (("deploy", role.name), ("kubernetes", _KUBERNETES)):
        name, opts = child(options, f"deployer-{part}")
        projects.IAMMember(name, project=project, role=granted, member=_member(deployer), opts=opts)


def _state_rights(
    options: BuildOptions, deployer: serviceaccount.Account, bucket: storage.Bucket, key: kms.CryptoKey
) -> None:
    """The state's own bucket and key, and no other."""
    name, opts = child(options, "deployer-state")
    storage.BucketIAMMember(
        name, bucket=bucket.name, role="roles/storage.objectAdmin", member=_member(deployer), opts=opts
    )
    name, opts = child(options, "deployer-key")
    kms.CryptoKeyIAMMember(
        name,
        crypto_key_id=key.id,
        role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
        member=_member(deployer),
        opts=opts,
    )


def _member(account: serviceaccount.Account) -> pulumi.Output[str]:
    return pulumi.Output.concat("serviceAccount:", account.email)
