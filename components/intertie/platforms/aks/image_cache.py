"""Images of public registries through a container registry of the placement's, which keeps what it has fetched once.

Each upstream has a rule for all of its repositories. Tokens of upstreams lie in a vault of their own, which the rules'
identities alone read; their values are never known here: `intertie replicate` writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pulumi
from pulumi_azure_native import authorization, containerregistry, keyvault, managedidentity

from intertie.plan.caches import Credentials, ImageCache, made, registry_name
from intertie.platforms.aks.identity import Control, assign, grant
from intertie.platforms.aks.network import Nodes, Place
from intertie.platforms.aks.network_endpoints import private
from intertie.platforms.aks.secret_store import make_vault
from intertie.platforms.children import child
from intertie.platforms.tags import tags

REGISTRY = ("registry", "privatelink.azurecr.io")
"""What of a registry is reached, and the zone of its names. Source: Azure private endpoint DNS zone values."""


def tokens(place: Place, holder: managedidentity.UserAssignedIdentity) -> keyvault.Vault | None:
    """The vault for the upstreams' tokens; None when no upstream is asked with one. `holder` tells the tenant."""
    if not any(cache.credentials for cache in made(place.plan)):
        return None
    return make_vault(place, "image-tokens", "images", holder)


def build(
    place: Place, nodes: Nodes, control: Control, vault: keyvault.Vault | None
) -> tuple[Control, tuple[pulumi.Resource, ...]]:
    """The identities with the nodes' right to pull through the caches, and what pods wait for."""
    found = made(place.plan)
    if not found:
        return control, ()
    registry = _registry(place)
    asked = _with_tokens(place, registry, vault, found)
    rules = [_rule(place, registry, cache, asked.get(cache.host)) for cache in found]
    pull = grant(place, "images", "AcrPull", to=control.kubelet, scope=registry.id)
    inside = private(place, nodes, "images", registry.id, REGISTRY) if place.plan.operations.endpoints else ()
    return replace(control, grants=(*control.grants, pull)), (*rules, *inside)


def _registry(place: Place) -> containerregistry.Registry:
    """Its highest tier where the network has private endpoints, which the lower ones do not take."""
    premium = place.plan.operations.endpoints
    name, opts = child(place.options, "images")
    return containerregistry.Registry(
        name,
        registry_name=registry_name(place.plan),
        resource_group_name=place.group.name,
        location=place.plan.region,
        sku=containerregistry.SkuArgs(
            name=containerregistry.SkuName.PREMIUM if premium else containerregistry.SkuName.STANDARD
        ),
        admin_user_enabled=False,
        anonymous_pull_enabled=False,
        tags=tags(place.plan, "azure"),
        opts=opts,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """With whom an upstream is asked, and the right to know."""

    set: containerregistry.CredentialSet
    right: authorization.RoleAssignment


def _with_tokens(
    place: Place,
    registry: containerregistry.Registry,
    vault: keyvault.Vault | None,
    found: tuple[ImageCache, ...],
) -> Mapping[str, _Asked]:
    return {
        cache.host: _asked(place, registry, vault, cache, cache.credentials)
        for cache in found
        if cache.credentials is not None and vault is not None
    }


def _asked(
    place: Place,
    registry: containerregistry.Registry,
    vault: keyvault.Vault,
    cache: ImageCache,
    given: Credentials,
) -> _Asked:
    """A credential set, whose own identity reads the vault."""
    start = vault.properties.apply(lambda properties: f"{properties.vault_uri}secrets/{given.key}")
    name, opts = child(place.options, f"cache-{cache.name}-token")
    made_set = containerregistry.CredentialSet(
        name,
        credential_set_name=f"cache-{cache.name}",
        registry_name=registry.name,
        resource_group_name=place.group.name,
        login_server=cache.upstream,
        identity=containerregistry.IdentityPropertiesArgs(
            type=containerregistry.ResourceIdentityType.SYSTEM_ASSIGNED
        ),
        auth_credentials=[
            containerregistry.AuthCredentialArgs(
                name=containerregistry.CredentialName.CREDENTIAL1,
                username_secret_identifier=pulumi.Output.concat(start, "-username"),
                password_secret_identifier=start,
            )
        ],
        opts=opts,
    )  # fmt: skip
    # joined to the id, which nobody knows before it exists: of the identity alone a preview shows what was asked for
    told = made_set.identity.apply(lambda identity: identity.principal_id if identity else None)
    principal = pulumi.Output.all(made_set.id, told).apply(lambda known: known[1])
    kind = authorization.PrincipalType.SERVICE_PRINCIPAL
    what = f"cache-{cache.name}-token"
    right = assign(place, what, "Key Vault Secrets User", principal=principal, scope=vault.id, kind=kind)
    return _Asked(made_set, right)


def _rule(
    place: Place, registry: containerregistry.Registry, cache: ImageCache, asked: _Asked | None
) -> containerregistry.CacheRule:
    name, opts = child(place.options, f"cache-{cache.name}", depends_on=[asked.right] if asked else None)
    return containerregistry.CacheRule(
        name,
        cache_rule_name=f"cache-{cache.name}",
        registry_name=registry.name,
        resource_group_name=place.group.name,
        source_repository=f"{cache.upstream}/*",
        target_repository=f"{cache.place}/*",
        credential_set_resource_id=asked.set.id if asked else None,
        opts=opts,
    )
