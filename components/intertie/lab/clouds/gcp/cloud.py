"""Google Cloud: resource names and self-links, enabled APIs, texts of its APIs, and GKE with its pools."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, ClassVar

from intertie.lab import values
from intertie.lab.clouds import clusters
from intertie.lab.clouds.cloud import Cloud, Request
from intertie.lab.clouds.gcp import checks, gke
from intertie.lab.clouds.kinds import Kind
from intertie.lab.clouds.template import Context, fill
from intertie.lab.world import Cluster, Resource, World

_STATUS = {
    "notFound": 404,
    "alreadyExists": 409,
    "conflict": 409,
    "badRequest": 400,
    "resourceInUseByAnotherResource": 400,
    "rateLimitExceeded": 403,
    "backendError": 503,
}
_API_TITLES = {
    "compute": "Compute Engine API",
    "container": "Kubernetes Engine API",
    "iam": "Identity and Access Management (IAM) API",
}
_GERUND = {"create": "creating", "read": "reading", "update": "updating", "delete": "deleting", "invoke": "reading"}


@dataclass
class Gcp(Cloud):
    """One provider: one project, and a region or zone for what does not say its own."""

    name: ClassVar[str] = "gcp"
    package: ClassVar[str] = "gcp"
    patience_s: ClassVar[float] = 240  # terraform-provider-google: IAM and API enablement are asked for again
    attempts: ClassVar[int] = 8

    def place(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        project = _known(inputs.get("project")) or _project_of(inputs) or str(self.settings.get("project") or "")
        where = (
            _known(inputs.get("location"))
            or _known(inputs.get("region"))
            or _location_of(inputs)
            or _known(inputs.get("zone"))
        )
        where = (where or str(self.settings.get("region") or "")).lower()
        zone = where if re.search(r"-[a-z]$", where) else ""
        number = str(int(hashlib.sha256(project.encode()).hexdigest(), 16))[:12]
        region = re.sub(r"-[a-z]$", "", where)
        return {"project": project, "number": number, "region": region, "zone": zone, "region_or_zone": zone or region}

    def own(self, world: World, kind: Kind, inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
        parent = _known(inputs.get("cluster"))
        place = context.place
        if parent and "/" not in parent:
            parent = f"projects/{place['project']}/locations/{place['region_or_zone']}/clusters/{parent}"
        zones = inputs.get("nodeLocations")
        first = zones[0] if isinstance(zones, list) and zones else f"{place['region']}-a"
        return {
            "octet": int(fill("{hex8:address}", context), 16) % 254 + 1,
            "authority": clusters.authority(Cluster("", "gcp", "", "", "")),
            "pool_parent": parent,
            "first_zone": place["zone"] or first,
            "gateway_address": _gateway(inputs.get("ipCidrRange")),
            "bare": str(inputs.get("member", "")).partition(":")[2],
        }

    def context(self, world: World, kind: Kind, urn: str, inputs: Mapping[str, Any], made: int = 0) -> Context:
        context = super().context(world, kind, urn, inputs, made)
        return context.having(short=context.own["name"])

    def wrap(self, kind: Kind, verb: str, code: str, message: str, context: Context) -> str:
        """As terraform-provider-google prints what its HTTP client says."""
        status = _STATUS.get(code, 403)
        return (
            f"Error {_GERUND.get(verb, verb)} {kind.label or kind.type}: googleapi: Error {status}: {message}, {code}"
        )

    def missing_need(self) -> str:
        return (
            "accessNotConfigured|{api} has not been used in project {number} before or it is disabled. Enable it by"
            " visiting https://console.developers.google.com/apis/api/{service}/overview?project={number} then retry."
            " If you enabled this API recently, wait a few minutes for the action to propagate to our systems and"
            " retry."
        )

    def need(self, wanted: str) -> dict[str, str]:
        service = wanted.rpartition("/")[2]

        return {"service": service, "api": _API_TITLES.get(service.partition(".")[0], service)}

    def names_of(self, resource: Resource) -> set[str]:
        return gke.names_of(resource) if resource.type == gke.CLUSTER else set()

    def check(self, kind: Kind, inputs: Mapping[str, Any], pending: frozenset[str]) -> list[tuple[str, str]]:
        found = checks.check(kind, inputs, pending)
        if not self.place(inputs)["project"] and "project" not in pending and kind.id.startswith("projects/{project}"):
            found.append(("project", "project: required field is not set"))
        return found

    def same(self, token: str, path: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        """A resource may be named by its path or by its self-link."""
        before, after = values.one(olds, path), values.one(news, path)
        return isinstance(before, str) and isinstance(after, str) and _path(before) == _path(after)

    def before(self, request: Request) -> None:
        if request.kind.type == gke.POOL:
            gke.before_pool(self, request)

    def made(self, request: Request, resource: Resource) -> Resource:
        if resource.type == gke.CLUSTER:
            return gke.cluster_made(request, resource)
        if resource.type == gke.POOL:
            return gke.pool_made(request, resource)
        return resource

    def gone(self, request: Request, resource: Resource) -> None:
        if resource.type == gke.CLUSTER:
            gke.cluster_gone(request.world, resource)
        if resource.type == gke.POOL:
            gke.pool_gone(request.world, resource)

    def may_delete(self, request: Request, resource: Resource) -> None:
        """The provider guards clusters by itself, and does so unless it was told not to."""
        if resource.type == gke.CLUSTER and resource.inputs.get("deletionProtection") is not False:
            raise gke.protected()


def _known(value: Any) -> str:
    return value if isinstance(value, str) and not values.is_unknown(value) else ""


def _project_of(inputs: Mapping[str, Any]) -> str:
    found = re.match(r"projects/([^/]+)/", _known(inputs.get("cluster")) or _known(inputs.get("serviceAccountId")))
    return found[1] if found else ""


def _location_of(inputs: Mapping[str, Any]) -> str:
    found = re.search(r"/locations/([^/]+)/", _known(inputs.get("cluster")))
    return found[1] if found else ""


def _path(name: str) -> str:
    return re.sub(r"^https://[^/]+/(compute/|container/)?v\d\w*/", "", name)


def _gateway(cidr: Any) -> str | None:
    return str(ip_network(cidr, strict=False)[1]) if isinstance(cidr, str) and not values.is_unknown(cidr) else None
