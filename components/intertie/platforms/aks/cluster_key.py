"""The key that encrypts the cluster's secrets before they are written to its database."""

from dataclasses import dataclass
from hashlib import sha256

import pulumi
from pulumi_azure_native import containerservice, keyvault, managedidentity

from intertie.plan import Plan
from intertie.platforms.aks.identity import grant
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child
from intertie.platforms.tags import tags

KEPT_DAYS = 7
"""How long a deleted vault keeps its name: the shortest that Azure takes."""


@dataclass(frozen=True, slots=True)
class Key:
    """The key with its version, and what must be there before the cluster uses it."""

    id: pulumi.Input[str]
    ready: tuple[pulumi.Resource, ...] = ()

    def profile(self) -> containerservice.AzureKeyVaultKmsArgs:
        """How AKS asks for it. Over Azure's own network: only a control plane inside ours could ask a private vault."""
        return containerservice.AzureKeyVaultKmsArgs(
            enabled=True, key_id=self.id, key_vault_network_access=containerservice.KeyVaultNetworkAccessTypes.PUBLIC
        )


def build(place: Place, plane: managedidentity.UserAssignedIdentity) -> Key:
    """A vault with one key, which the control plane may use. A key that exists must let it do so already."""
    plan = place.plan
    if plan.operations.key:
        return Key(plan.operations.key)
    name, opts = child(place.options, "key-vault")
    vault = keyvault.Vault(
        name,
        vault_name=vault_name(plan),
        resource_group_name=place.group.name,
        location=plan.region,
        properties=keyvault.VaultPropertiesArgs(
            tenant_id=plane.tenant_id,
            sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
            enable_rbac_authorization=True,
            enable_soft_delete=True,
            soft_delete_retention_in_days=KEPT_DAYS,
        ),
        tags=tags(plan, "azure"),
        opts=opts,
    )
    name, opts = child(place.options, "secrets-key")
    key = keyvault.Key(
        name,
        key_name="cluster-secrets",
        vault_name=vault.name,
        resource_group_name=place.group.name,
        properties=keyvault.KeyPropertiesArgs(kty=keyvault.JsonWebKeyType.RSA, key_size=2048),
        tags=tags(plan, "azure"),
        opts=opts,
    )
    right = grant(place, "secrets-key", "Key Vault Crypto User", to=plane, scope=vault.id)
    return Key(key.key_uri_with_version, (key, right))


def vault_name(plan: Plan) -> str:
    """3–24 letters and digits, unique among all vaults of Azure, the same in every run."""
    owner = plan.where.account.id if plan.where.account else plan.spec.owner
    parts = (owner, plan.spec.cost_center, plan.spec.name, plan.placement, plan.region, "cluster-key")
    return "kv" + plan.spec.name.replace("-", "")[:9] + sha256("\0".join(parts).encode()).hexdigest()[:13]
