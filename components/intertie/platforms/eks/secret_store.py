"""Secrets Manager: one empty secret for each that the pipeline needs, and who may read them.

Values are never known here: `intertie replicate` writes them, so that none is ever in a state. External Secrets asks
as itself, for it cannot take on the identity of another service account through EKS Pod Identity.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi
from pulumi_aws import eks, iam, secretsmanager

from intertie.contract import SECRETS_CONTROLLER, BuildOptions, SecretsBinding
from intertie.plan import Plan
from intertie.plan.secrets import needs
from intertie.platforms.children import child
from intertie.platforms.eks.identity import pod_identity, pod_role
from intertie.platforms.tags import tags

READ = ("secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds")  # fmt: skip
"""What External Secrets asks of a secret. Source: External Secrets documentation, AWS Secrets Manager."""


@dataclass(frozen=True, slots=True)
class Store:
    """The role that reads the pipeline's secrets; None when it needs none."""

    reader: iam.Role | None


def build(plan: Plan, options: BuildOptions) -> Store:
    """The secrets, without values. They are deleted at once with the stack: what they held is elsewhere too."""
    found = needs(plan)
    if not found:
        return Store(None)
    made = [empty_secret(plan, options, f"secret-{need.name}", need.key, need.why) for need in found]
    statement = {"Effect": "Allow", "Action": list(READ), "Resource": [secret.arn for secret in made]}
    role, _ = pod_role(plan, options, "secrets", statements=[statement])
    return Store(role)


def empty_secret(plan: Plan, options: BuildOptions, role: str, key: str, why: str) -> secretsmanager.Secret:
    """A place for one secret."""
    name, opts = child(options, role)
    return secretsmanager.Secret(
        name,
        region=plan.region,
        name=key,
        description=f"Pipeline {plan.spec.name}: {why}",
        recovery_window_in_days=0,
        tags=tags(plan, "aws"),
        opts=opts,
    )


def bind(
    plan: Plan, options: BuildOptions, store: Store, cluster: eks.Cluster, after: Iterable[pulumi.Resource]
) -> tuple[pulumi.Resource, ...]:
    """Lets the controller read them."""
    if store.reader is None:
        return ()
    account = SECRETS_CONTROLLER
    return (
        pod_identity(
            plan, options, cluster, "secrets-identity", account=account, taken_on=store.reader, after=after
        ),
    )  # fmt: skip


def binding(plan: Plan, store: Store) -> SecretsBinding | None:
    """How External Secrets asks the store of this region."""
    if store.reader is None:
        return None
    return SecretsBinding({"aws": {"service": "SecretsManager", "region": plan.region}})
