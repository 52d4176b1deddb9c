"""Microsoft Azure: resource ids, texts of the Resource Manager, and AKS with its pools."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from intertie.lab import values
from intertie.lab.clouds.azure import aks, checks
from intertie.lab.clouds.cloud import Cloud, Request
from intertie.lab.clouds.kinds import Kind
from intertie.lab.clouds.template import Context, fill
from intertie.lab.errors import CloudError
from intertie.lab.world import Resource, World

_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_TENANT = "11111111-1111-1111-1111-111111111111"
_STATUS = {"NotFound": 404, "AlreadyExists": 409, "Taken": 409, "InUse": 400, "TooMany": 429, "Conflict": 409}
_LIST_USER, _LIST_ADMIN = (
    f"azure-native:containerservice:listManagedCluster{who}Credentials" for who in ("User", "Admin")
)


@dataclass
class Azure(Cloud):
    """One provider: one subscription. Resources say their own location."""

    name: ClassVar[str] = "azure"
    package: ClassVar[str] = "azure-native"
    suffix: ClassVar[int] = 8
    patience_s: ClassVar[float] = 600  # pulumi-azure-native asks again while a principal is not found
    attempts: ClassVar[int] = 4  # Azure SDK for Go: 3 retries

    def problem_with_settings(self) -> str:
        return ""

    def place(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        given = inputs.get("location")
        location = (
            given if isinstance(given, str) and not values.is_unknown(given) else self.settings.get("location", "")
        )
        subscription = str(self.settings.get("subscriptionId") or _SUBSCRIPTION)
        return {"subscription": subscription, "tenant": _TENANT, "region": str(location).replace(" ", "").lower()}

    def own(self, world: World, kind: Kind, inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
        given = inputs.get("roleAssignmentName")
        group, name = inputs.get("resourceGroupName", ""), inputs.get("resourceName", "")
        return {
            "octet": int(fill("{hex8:address}", context), 16) % 254 + 1,
            "assignment": given if isinstance(given, str) else fill("{guid:assignment}", context),
            "bare": str(inputs.get("principalId", "")).replace("-", ""),
            "arm_type": _arm_type(kind.id),
            "api_version": "2025-09-01" if ":containerservice:" in kind.type else "2024-05-01",
            "node_group": inputs.get("nodeResourceGroup") or f"MC_{group}_{name}_{context.place['region']}",
        }

    def wrap(self, kind: Kind, verb: str, code: str, message: str, context: Context) -> str:
        """As the error of azure-native prints: status, code and message of the answer."""
        status = next((status for part, status in _STATUS.items() if part in code), 400)
        return f'Status={status} Code="{code}" Message="{message}"'

    def missing(self) -> str:
        return (
            "InvalidResourceReference|Resource {value} referenced by resource {id} was not found. Please make sure that"
            " the referenced resource exists, and that both resources are in the same region."
        )

    def in_use(self) -> str:
        return "InUse|Resource {id} is in use by {holder} and cannot be deleted."

    def cannot_change(self) -> str:
        return "PropertyChangeNotAllowed|Changing property 'properties.{path}' is not allowed."

    def exists(self) -> str:
        # azure-native asks before it creates, because a PUT would take over what is there.
        return "AlreadyExists|cannot create already existing resource '{id}'"

    def context(self, world: World, kind: Kind, urn: str, inputs: Mapping[str, Any], made: int = 0) -> Context:
        context = super().context(world, kind, urn, inputs, made)
        return context.having(short=context.own["name"])

    def key(self, kind: Kind, context: Context) -> str:
        return super().key(kind, context).lower()

    def joined(self, name: str, digits: str) -> str:
        return name + digits

    def shape(self, kind: Kind, outputs: dict[str, Any]) -> dict[str, Any]:
        """Identities go in as a list of ids and come out as a map; names of addresses do not come out at all."""
        shaped = {key: value for key, value in outputs.items() if key not in ("resourceGroupName", kind.name)}
        identities = values.one(outputs, "identity.userAssignedIdentities")
        if isinstance(identities, list):
            as_map = {each: {} for each in identities if not values.is_unknown(each)}
            known = len(as_map) == len(identities)
            shaped["identity"] = {**outputs["identity"], "userAssignedIdentities": as_map if known else values.UNKNOWN}
        return aks.shape(shaped) if kind.type == aks.CLUSTER else shaped

    def check(self, kind: Kind, inputs: Mapping[str, Any], pending: frozenset[str]) -> list[tuple[str, str]]:
        return checks.check(kind, inputs, pending)

    def same(self, token: str, path: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        before, after = values.one(olds, path), values.one(news, path)
        return isinstance(before, str) and isinstance(after, str) and before.lower() == after.lower()

    def before(self, request: Request) -> None:
        if request.kind.type == aks.POOL:
            aks.before_pool(self, request)
        if request.kind.type == aks.CLUSTER:
            aks.before_cluster(self, request)

    def made(self, request: Request, resource: Resource) -> Resource:
        if resource.type == aks.CLUSTER:
            return aks.cluster_made(request, resource)
        if resource.type == aks.POOL:
            return aks.pool_made(self, request, resource)
        return resource

    def gone(self, request: Request, resource: Resource) -> None:
        if resource.type == aks.CLUSTER:
            aks.cluster_gone(request.world, resource)
        if resource.type == aks.POOL:
            aks.pool_gone(request.world, resource)

    def invoke(self, world: World, token: str, args: Mapping[str, Any]) -> dict[str, Any]:
        if token in (_LIST_USER, _LIST_ADMIN):
            return aks.credentials(self, world, args, admin=token == _LIST_ADMIN)
        raise CloudError("NotSimulated", f"the lab answers no question but for credentials: {token}", "UNIMPLEMENTED")


def _arm_type(template: str) -> str:
    """`Microsoft.Network/virtualNetworks/subnets` of the template of an id."""
    provider = re.search(r"/providers/([^/]+)/(.*)$", template)
    if not provider:
        return ""
    parts = provider[2].split("/")
    return "/".join([provider[1], *parts[::2]])
