"""Storage account and container for the weights, or the existing ones that the placement names."""

import re
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import managedidentity, storage

from intertie import catalog
from intertie.contract import Bound, StorageBinding
from intertie.errors import Problem
from intertie.plan import Plan
from intertie.plan.accounts import CONTAINER, account_name
from intertie.platforms.aks.identity import grant
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child
from intertie.platforms.tags import tags

KEPT_DAYS = 14
"""How long deleted weights can be had back."""

_EXISTING = re.compile(r"(?P<account>[a-z0-9]{3,24})(\.(?P<container>[a-z0-9](-?[a-z0-9]){2,62}))?")


@dataclass(frozen=True, slots=True)
class Weights:
    """Where the weights are, and what must exist before a pod can read them."""

    binding: StorageBinding
    ready: tuple[Any, ...] = ()


def problems(plan: Plan) -> list[Problem]:
    """The name of an existing account, if one is given, must be one that Azure could have given out."""
    named = plan.where.weights
    if named is None or _EXISTING.fullmatch(named):
        return []
    return [
        Problem(
            path=f"placements.{plan.placement}.weights",
            found=repr(named),
            allowed="a storage account (3–24 lower case letters and digits), or <account>.<container>",
            hint=f"without a container, {CONTAINER!r} is meant",
            source="Azure naming rules, Microsoft.Storage",
        )
    ]


def weights(place: Place, reader: managedidentity.UserAssignedIdentity) -> Weights:
    """The container with the weights, readable by `reader`. An existing account is only pointed at."""
    named = place.plan.where.weights
    if named is not None:
        match = _EXISTING.fullmatch(named)
        assert match is not None  # problems() has looked
        return Weights(_binding(match["account"], match["container"] or CONTAINER))
    made = account(place, "weights-account", "", storage.AccessTier.HOT)
    _undelete(place, made)
    name, opts = child(place.options, "weights")
    container = storage.BlobContainer(
        name,
        container_name=CONTAINER,
        account_name=made.name,
        resource_group_name=place.group.name,
        public_access=storage.PublicAccess.NONE,
        opts=opts,
    )
    role = grant(place, "weights", "Storage Blob Data Reader", to=reader, scope=container.id)
    return Weights(_binding(made.name, container.name), (container, role))


def account(place: Place, role: str, use: str, tier: storage.AccessTier) -> storage.StorageAccount:
    """An account for one use, as copied as the region allows. Identities open it, and no key."""
    plan = place.plan
    zonal = any(row.name == plan.region and row.zones for row in catalog.regions("azure"))
    name, opts = child(place.options, role)
    return storage.StorageAccount(
        name,
        account_name=account_name(plan, use),
        resource_group_name=place.group.name,
        location=plan.region,
        kind=storage.Kind.STORAGE_V2,
        sku=storage.SkuArgs(name=storage.SkuName.STANDARD_ZRS if zonal else storage.SkuName.STANDARD_LRS),
        access_tier=tier,
        allow_blob_public_access=False,
        allow_cross_tenant_replication=False,
        allow_shared_key_access=False,  # identities only: there is no key to leak
        default_to_o_auth_authentication=True,
        enable_https_traffic_only=True,
        minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
        tags=tags(plan, "azure"),
        opts=opts,
    )


def _undelete(place: Place, held: storage.StorageAccount) -> None:
    """Soft delete: a wrong `rm` of 140 GB of weights costs minutes, not hours."""
    kept = storage.DeleteRetentionPolicyArgs(enabled=True, days=KEPT_DAYS)
    name, opts = child(place.options, "weights-service")
    storage.BlobServiceProperties(
        name,
        blob_services_name="default",  # the only name that Azure takes
        account_name=held.name,
        resource_group_name=place.group.name,
        delete_retention_policy=kept,
        container_delete_retention_policy=kept,
        opts=opts,
    )


def _binding(account: Bound, container: Bound) -> StorageBinding:
    """As the Run:ai Model Streamer reads Azure: the account comes by environment, the login by workload identity."""
    uri = pulumi.Output.concat("az://", container)
    return StorageBinding(weights_uri=uri, env={"AZURE_STORAGE_ACCOUNT_NAME": account})
