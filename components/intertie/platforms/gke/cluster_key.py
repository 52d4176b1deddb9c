"""The key that encrypts the cluster's secrets before they are written to its database."""

import pulumi
from pulumi_gcp import kms, projects, serviceaccount

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.tags import tags

_USE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
_ROTATION = f"{90 * 24 * 3600}s"


def build(
    plan: Plan, options: BuildOptions, nodes: serviceaccount.Account, apis: list[pulumi.Resource]
) -> tuple[pulumi.Input[str], tuple[pulumi.Resource, ...]]:
    """(id of the key, what must be there before the cluster). A key that exists must let GKE's agent use it already.

    A ring can never be deleted, nor its name be used again. The number of the nodes' account is in the name: a stack
    that comes back has another account, while an update that is taken up again after a crash has the same one, and so
    leaves no ring behind that no state knows.
    """
    if plan.operations.key:
        return plan.operations.key, ()
    project = plan.where.account.id if plan.where.account else None
    name, opts = child(options, "secrets-keys", depends_on=apis)
    ring_name = pulumi.Output.concat(plan.cluster, "-", nodes.unique_id)
    ring = kms.KeyRing(name, name=ring_name, project=project, location=plan.region, opts=opts)
    name, opts = child(options, "secrets-key")
    key = kms.CryptoKey(
        name,
        name="cluster-secrets",
        key_ring=ring.id,
        purpose="ENCRYPT_DECRYPT",
        rotation_period=_ROTATION,
        labels=tags(plan, "gcp"),
        opts=opts,
    )
    name, opts = child(options, "gke-agent", depends_on=apis)
    agent = projects.ServiceIdentity(name, project=project, service="container.googleapis.com", opts=opts)
    name, opts = child(options, "secrets-key-user")
    user = kms.CryptoKeyIAMMember(name, crypto_key_id=key.id, role=_USE, member=agent.member, opts=opts)
    return key.id, (user,)
