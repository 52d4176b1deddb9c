"""What must be there before the first `pulumi up` on Azure: state container, key, trust in the CI's tokens, role."""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

import pulumi
from pulumi_azure_native import authorization, keyvault, managedidentity, resources, storage

from intertie.contract import Bound, BuildOptions
from intertie.plan import Plan
from intertie.plan.naming import digest
from intertie.platforms.children import child
from intertie.platforms.rights import every
from intertie.platforms.tags import tags
from intertie.platforms.trust import Bootstrapped, Trust

STATE_ROLES = {
    "state": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",  # Storage Blob Data Contributor
    "key": "12338af0-0e69-4776-bea7-57ae8d297424",  # Key Vault Crypto User
}
"""Built-in roles for the state's container and key. Source: Azure built-in roles."""
_KEPT_DAYS = 90


@dataclass(frozen=True, slots=True)
class _Home:
    """Where all of it is: a resource group of its own, which no stack's destroy touches."""

    plan: Plan
    options: BuildOptions
    subscription: str
    group: resources.ResourceGroup

    def name(self, start: str, longest: int) -> str:
        """A name that is unique in the world: storage accounts and vaults share one list of names."""
        return f"{start}{digest(f'{self.subscription}/{self.plan.cluster}', longest - len(start))}"


def build(plan: Plan, options: BuildOptions, *, account: str, trust: Trust) -> Bootstrapped:
    """In the placement's own region. Key and account are protected and outlive this stack: without them no state opens.

    Pulumi locks a stack with a file in the container: whoever may write the state may lock it, and nobody else.
    """
    name, opts = child(options, "group", protect=True, retain_on_delete=True)
    group = resources.ResourceGroup(
        name, resource_group_name=f"{plan.cluster}-state", location=plan.region, tags=tags(plan, "azure"), opts=opts
    )
    home = _Home(plan, options, account, group)
    deployer = _deployer(home, trust)
    store, container = _container(home)
    vault, key = _key(home, deployer.tenant_id)
    _role(home, deployer)
    _grant(home, "state", deployer, store.id, STATE_ROLES["state"])
    _grant(home, "key", deployer, vault.id, STATE_ROLES["key"])
    return Bootstrapped(
        backend=pulumi.Output.concat("azblob://", container.name, "?storage_account=", store.name),
        secrets_provider=pulumi.Output.concat("azurekeyvault://", vault.name, ".vault.azure.net/keys/", key.name),
        deployer=deployer.principal_id,
    )


def _container(home: _Home) -> tuple[storage.StorageAccount, storage.BlobContainer]:
    name, opts = child(home.options, "state-account", protect=True, retain_on_delete=True)
    account = storage.StorageAccount(
        name,
        account_name=home.name("state", 16),
        resource_group_name=home.group.name,
        location=home.plan.region,
        kind=storage.Kind.STORAGE_V2,
        sku=storage.SkuArgs(name=storage.SkuName.STANDARD_LRS),
        allow_blob_public_access=False,
        allow_shared_key_access=False,  # identities only: there is no key to leak
        default_to_o_auth_authentication=True,
        enable_https_traffic_only=True,
        minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
        tags=tags(home.plan, "azure"),
        opts=opts,
    )
    kept = storage.DeleteRetentionPolicyArgs(enabled=True, days=_KEPT_DAYS)
    name, opts = child(home.options, "state-service", retain_on_delete=True)
    storage.BlobServiceProperties(
        name,
        blob_services_name="default",
        account_name=account.name,
        resource_group_name=home.group.name,
        is_versioning_enabled=True,
        delete_retention_policy=kept,
        container_delete_retention_policy=kept,
        opts=opts,
    )
    name, opts = child(home.options, "state", protect=True, retain_on_delete=True)
    container = storage.BlobContainer(
        name,
        container_name="pulumi",
        account_name=account.name,
        resource_group_name=home.group.name,
        public_access=storage.PublicAccess.NONE,
        opts=opts,
    )
    return account, container


def _key(home: _Home, tenant: Bound) -> tuple[keyvault.Vault, keyvault.Key]:
    name, opts = child(home.options, "state-vault", protect=True, retain_on_delete=True)
    vault = keyvault.Vault(
        name,
        vault_name=home.name("state-", 16),
        resource_group_name=home.group.name,
        location=home.plan.region,
        properties=keyvault.VaultPropertiesArgs(
            tenant_id=tenant,
            sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
            enable_rbac_authorization=True,
            enable_soft_delete=True,
            enable_purge_protection=True,
            soft_delete_retention_in_days=_KEPT_DAYS,
        ),
        tags=tags(home.plan, "azure"),
        opts=opts,
    )
    name, opts = child(home.options, "state-key", protect=True, retain_on_delete=True)
    key = keyvault.Key(
        name,
        key_name="pulumi",
        vault_name=vault.name,
        resource_group_name=home.group.name,
        properties=keyvault.KeyPropertiesArgs(kty=keyvault.JsonWebKeyType.RSA, key_size=3072),
        tags=tags(home.plan, "azure"),
        opts=opts,
    )
    return vault, key


def _deployer(home: _Home, trust: Trust) -> managedidentity.UserAssignedIdentity:
    """An identity that is taken on with a token of the one subject: there is no secret to lose."""
    name, opts = child(home.options, "deployer")
    identity = managedidentity.UserAssignedIdentity(
        name,
        resource_name_=f"{home.plan.cluster}-deploy",
        resource_group_name=home.group.name,
        location=home.plan.region,
        tags=tags(home.plan, "azure"),
        opts=opts,
    )
    name, opts = child(home.options, "ci")
    managedidentity.FederatedIdentityCredential(
        name,
        federated_identity_credential_resource_name="ci",
        resource_group_name=home.group.name,
        resource_name_=identity.name,
        issuer=trust.issuer,
        subject=trust.subject,
        audiences=[trust.audience],
        opts=opts,
    )
    return identity


def _role(home: _Home, deployer: managedidentity.UserAssignedIdentity) -> None:
    """A role of its own with the actions that the stacks' types take, none of them a pattern."""
    scope = f"/subscriptions/{home.subscription}"
    guid = str(uuid5(NAMESPACE_URL, f"{scope}/{home.plan.cluster}/deploy"))
    name, opts = child(home.options, "deploy-role")
    role = authorization.RoleDefinition(
        name,
        role_definition_id=guid,
        role_name=f"{home.plan.cluster}-deploy",
        role_type="CustomRole",
        description=f"Deploys {home.plan.cluster}",
        scope=scope,
        assignable_scopes=[scope],
        permissions=[authorization.PermissionArgs(actions=list(every("aks")), not_actions=[])],
        opts=opts,
    )
    _assign(home, "deploy", deployer, scope, role.id)


def _grant(home: _Home, what: str, to: managedidentity.UserAssignedIdentity, scope: Bound, role: str) -> None:
    definition = f"/subscriptions/{home.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    _assign(home, what, to, scope, definition)


def _assign(home: _Home, what: str, to: managedidentity.UserAssignedIdentity, scope: Bound, definition: Bound) -> None:
    name, opts = child(home.options, f"deployer-{what}")
    authorization.RoleAssignment(
        name,
        principal_id=to.principal_id,
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        role_definition_id=definition,
        scope=scope,
        opts=opts,
    )
