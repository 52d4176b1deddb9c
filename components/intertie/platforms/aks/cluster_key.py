"""The key that encrypts the cluster's secrets before they are written to its database."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import containerservice, keyvault, managedidentity

from intertie.platforms.aks.identity import grant
from intertie.platforms.aks.network import Place
from intertie.platforms.aks.secret_store import make_vault
from intertie.platforms.children import child
from intertie.platforms.tags import tags


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
    vault = make_vault(place, "key-vault", "cluster-key", plane)
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
