"""Key Vault: one vault for the placement's secrets, and who may read them.

Values are never known here: `intertie replicate` writes them, so that none is ever in a state. A vault has no empty
secrets: they come to be with their values.
"""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization, containerservice, keyvault, managedidentity

from intertie.contract import SECRETS_ACCOUNT, SecretsBinding
from intertie.plan.secrets import needs, vault_name
from intertie.platforms.aks.identity import AUDIENCE, grant, user_assigned
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child
from intertie.platforms.tags import tags

KEPT_DAYS = 7
"""How long a deleted vault keeps its name: the shortest that Azure takes."""


@dataclass(frozen=True, slots=True)
class Store:
    """The vault and the identity that reads it."""

    vault: keyvault.Vault
    reader: managedidentity.UserAssignedIdentity
    right: authorization.RoleAssignment
    tenant: pulumi.Output[str]


def build(place: Place) -> Store | None:
    """The vault; None when the pipeline needs no secrets."""
    plan = place.plan
    if not needs(plan):
        return None
    reader = user_assigned(place, "secrets")
    vault = make_vault(place, "secret-store", "secrets", reader)
    right = grant(place, "secrets", "Key Vault Secrets User", to=reader, scope=vault.id)
    return Store(vault, reader, right, reader.tenant_id)


def bind(place: Place, store: Store | None, cluster: containerservice.ManagedCluster) -> tuple[pulumi.Resource, ...]:
    """Lets the service account of the namespace's secret store be the reader."""
    if store is None:
        return ()
    url = cluster.oidc_issuer_profile.apply(lambda profile: profile.issuer_url if profile else None)
    name, opts = child(place.options, "federation-secrets")
    credential = managedidentity.FederatedIdentityCredential(
        name,
        federated_identity_credential_resource_name=SECRETS_ACCOUNT,
        resource_group_name=place.group.name,
        resource_name_=store.reader.name,
        # joined to the id for the reason that is given with the stages' credentials
        issuer=pulumi.Output.all(cluster.id, url).apply(lambda known: known[1]),
        subject=f"system:serviceaccount:{place.plan.namespace}:{SECRETS_ACCOUNT}",
        audiences=[AUDIENCE],
        opts=opts,
    )
    return (store.right, credential)


def binding(store: Store | None) -> SecretsBinding | None:
    """How External Secrets asks: as the service account of the store's namespace."""
    if store is None:
        return None
    vault = {
        "authType": "WorkloadIdentity",
        "vaultUrl": store.vault.properties.apply(lambda properties: properties.vault_uri),
        "serviceAccountRef": {"name": SECRETS_ACCOUNT},
    }
    account = {
        "azure.workload.identity/client-id": store.reader.client_id,
        "azure.workload.identity/tenant-id": store.tenant,
    }
    return SecretsBinding({"azurekv": vault}, account)


def make_vault(place: Place, role: str, use: str, holder: managedidentity.UserAssignedIdentity) -> keyvault.Vault:
    """A vault for one use. Rights come by role: access policies are not used. `holder` tells the tenant."""
    name, opts = child(place.options, role)
    return keyvault.Vault(
        name,
        vault_name=vault_name(place.plan, use),
        resource_group_name=place.group.name,
        location=place.plan.region,
        properties=keyvault.VaultPropertiesArgs(
            tenant_id=holder.tenant_id,
            sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
            enable_rbac_authorization=True,
            enable_soft_delete=True,
            soft_delete_retention_in_days=KEPT_DAYS,
            # never False: Azure keeps it on once it was, and refuses to hear otherwise
            enable_purge_protection=True if place.plan.operations.purge_protection else None,
        ),
        tags=tags(place.plan, "azure"),
        opts=opts,
    )
