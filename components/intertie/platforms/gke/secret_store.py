"""Secret Manager: one empty secret for each that the pipeline needs, and who may read them.

Values are never known here: `intertie replicate` writes them, so that none is ever in a state.
"""

from dataclasses import dataclass

import pulumi
from pulumi_gcp import container, secretmanager, serviceaccount

from intertie.contract import SECRETS_ACCOUNT, BuildOptions, SecretsBinding
from intertie.plan import Plan
from intertie.plan.secrets import needs
from intertie.platforms.children import child
from intertie.platforms.gke.identity import account_of
from intertie.platforms.tags import tags


@dataclass(frozen=True, slots=True)
class Store:
    """The service account that reads the pipeline's secrets; None when it needs none."""

    reader: serviceaccount.Account | None
    grants: tuple[pulumi.Resource, ...] = ()


def build(plan: Plan, options: BuildOptions, apis: list[pulumi.Resource]) -> Store:
    """The secrets, without values, kept in the placement's region alone: residency holds for them too."""
    found = needs(plan)
    if not found:
        return Store(None)
    reader = account_of(plan, options, "secrets", f"Secrets of pipeline {plan.spec.name}", apis)
    grants: list[pulumi.Resource] = []
    for need in found:
        secret = empty_secret(plan, options, need.name, need.key, apis)
        name, opts = child(options, f"secret-{need.name}-reader")
        grants.append(
            secretmanager.SecretIamMember(
                name,
                project=secret.project,
                secret_id=secret.secret_id,
                role="roles/secretmanager.secretAccessor",
                member=reader.member,
                opts=opts,
            )
        )
    return Store(reader, tuple(grants))


def bind(
    plan: Plan, options: BuildOptions, store: Store, project: pulumi.Input[str], cluster: container.Cluster
) -> tuple[pulumi.Resource, ...]:
    """Lets the service account of the namespace's secret store act as the reader."""
    if store.reader is None:
        return ()
    subject = f"{plan.namespace}/{SECRETS_ACCOUNT}"
    name, opts = child(options, "secrets-identity", depends_on=[cluster])
    bound = serviceaccount.IAMMember(
        name,
        service_account_id=store.reader.name,
        role="roles/iam.workloadIdentityUser",
        member=pulumi.Output.concat("serviceAccount:", project, f".svc.id.goog[{subject}]"),
        opts=opts,
    )
    return (*store.grants, bound)


def binding(plan: Plan, store: Store, project: pulumi.Input[str]) -> SecretsBinding | None:
    """How External Secrets asks: as the service account of the store's namespace."""
    if store.reader is None:
        return None
    identity = {
        "serviceAccountRef": {"name": SECRETS_ACCOUNT},
        "clusterLocation": plan.region,
        "clusterName": plan.cluster,
        "clusterProjectID": project,
    }
    provider = {"gcpsm": {"projectID": project, "auth": {"workloadIdentity": identity}}}
    return SecretsBinding(provider, {"iam.gke.io/gcp-service-account": store.reader.email})


def empty_secret(
    plan: Plan, options: BuildOptions, role: str, key: str, apis: list[pulumi.Resource]
) -> secretmanager.Secret:
    """A place for one secret, in the placement's region."""
    name, opts = child(options, f"secret-{role}", depends_on=apis)
    here = secretmanager.SecretReplicationUserManagedReplicaArgs(location=plan.region)
    return secretmanager.Secret(
        name,
        project=plan.where.account.id if plan.where.account else None,
        secret_id=key,
        replication=secretmanager.SecretReplicationArgs(
            user_managed=secretmanager.SecretReplicationUserManagedArgs(replicas=[here])
        ),
        labels=tags(plan, "gcp"),
        opts=opts,
    )
