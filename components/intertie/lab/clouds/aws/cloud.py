"""Amazon Web Services: ARNs, texts of its APIs and of the provider, and EKS with its node groups."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from intertie.lab import values
from intertie.lab.clouds.aws import checks, eks
from intertie.lab.clouds.cloud import Cloud, Request
from intertie.lab.clouds.kinds import Kind
from intertie.lab.clouds.template import Context, fill
from intertie.lab.world import Resource, World

_ACCOUNT = "123456789012"
"""Account of the simulated organisation where the configuration names none."""

_STATUS = {"NotFound": 404, "Throttling": 429, "ServiceUnavailable": 503, "InternalFailure": 500}
_GERUND = {
    "create": "creating",
    "read": "reading",
    "update": "updating",
    "delete": "deleting",
    "configure": "configuring",
    "invoke": "reading",
}
_VERB = {"create": "Create", "read": "Describe", "update": "Update", "delete": "Delete", "invoke": "Get"}


@dataclass
class Aws(Cloud):
    """One provider: one account, one region unless a resource says its own."""

    name: ClassVar[str] = "aws"
    package: ClassVar[str] = "aws"
    patience_s: ClassVar[float] = 120  # terraform-provider-aws: IAM propagation timeout of 2 minutes
    attempts: ClassVar[int] = 25  # terraform-provider-aws: max_retries
    configures_online: ClassVar[bool] = True  # asks STS who it is

    def problem_with_settings(self) -> str:
        if not self.settings.get("region"):
            return "Missing region information: set `aws:region` (pulumi config set aws:region <region>)"
        return ""

    @property
    def account(self) -> str:
        """The organisation has whatever accounts its stacks name: it was their users' own to begin with."""
        allowed = self.settings.get("allowedAccountIds")
        return str(allowed[0]) if isinstance(allowed, list) and allowed else _ACCOUNT

    def place(self, inputs: Mapping[str, Any]) -> dict[str, str]:
        given = inputs.get("region")
        region = str(
            given if isinstance(given, str) and not values.is_unknown(given) else self.settings.get("region", "")
        )
        zone = inputs.get("availabilityZone")
        known = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
        partition = next((name for prefix, name in known.items() if region.startswith(f"{prefix}-")), "aws")
        place = {"account": self.account, "region": region, "partition": partition}
        return {**place, "zone": zone} if isinstance(zone, str) and not values.is_unknown(zone) else place

    def own(self, world: World, kind: Kind, inputs: Mapping[str, Any], context: Context) -> dict[str, Any]:
        zone = context.place.get("zone", "")
        made = {
            "octet": int(fill("{hex8:address}", context), 16) % 254 + 1,
            "upper17": fill("{hex17}", context).upper(),
            "upper32:cluster": fill("{hex32:cluster}", context).upper(),
            "zone_id": _zone_id(zone) if zone else None,
            "request": fill("{guid:request}", context),
            "issuer_host": re.sub(r"^https://", "", str(inputs.get("url", ""))),
        }
        return {**made, **eks.own(world, inputs)} if kind.type == eks.CLUSTER else made

    def wrap(self, kind: Kind, verb: str, code: str, message: str, context: Context) -> str:
        """As terraform-provider-aws and the SDK for Go put it."""
        what = context.own.get("id") or context.own.get("name") or ""
        shown = f" ({what})" if what else ""
        status = next((status for part, status in _STATUS.items() if part in code), 400)
        call = f"{_VERB.get(verb, '')}{kind.api}" if kind.api else "GetCallerIdentity"
        return (
            f"{_GERUND[verb]} {kind.label or kind.type}{shown}: operation error {kind.service or 'STS'}: {call}, https"
            f" response error StatusCode: {status}, RequestID: {context.own.get('request', '')},"
            f" api error {code}: {message}"
        )

    def is_given(self, name: str) -> bool:
        return bool(re.match(r"arn:aws[a-z-]*:iam::aws:policy/", name))

    def names_of(self, resource: Resource) -> set[str]:
        return {resource.outputs["name"]} if resource.type == eks.CLUSTER else set()

    def check(self, kind: Kind, inputs: Mapping[str, Any], pending: frozenset[str]) -> list[tuple[str, str]]:
        return checks.check(kind, inputs)

    def same(self, token: str, path: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
        return checks.same_version(path, olds, news)

    def before(self, request: Request) -> None:
        if request.kind.type == eks.NODE_GROUP:
            eks.before_group(self, request)
        if request.kind.type == eks.CLUSTER:
            eks.before_cluster(self, request)

    def made(self, request: Request, resource: Resource) -> Resource:
        if resource.type == eks.CLUSTER:
            return eks.cluster_made(request, resource)
        if resource.type == eks.NODE_GROUP:
            return eks.group_made(request, resource)
        if resource.type == "aws:ec2/launchTemplate:LaunchTemplate" and request.old is not None:
            version = int(request.old.outputs.get("latestVersion", 1)) + 1
            resource.outputs.update(latestVersion=version, defaultVersion=version)
        return resource

    def gone(self, request: Request, resource: Resource) -> None:
        if resource.type == eks.CLUSTER:
            eks.cluster_gone(request.world, resource)
        if resource.type == eks.NODE_GROUP:
            eks.group_gone(request.world, resource)

    def may_delete(self, request: Request, resource: Resource) -> None:
        if resource.type == eks.CLUSTER and resource.inputs.get("deletionProtection") is True:
            message = "InvalidRequestException|Cluster cannot be deleted because deletion protection is enabled."
            raise self.refuse(request.kind, "delete", message, request.context)


def _zone_id(zone: str) -> str:
    """The physical zone behind an account's name for it: `use1-az4`."""
    region, letter = zone[:-1], zone[-1]
    area, direction, number = [*region.split("-"), "", "", ""][:3]
    short = {"northeast": "ne", "southeast": "se", "northwest": "nw", "southwest": "sw"}.get(direction, direction[:1])
    digit = int(hashlib.sha256(zone.encode()).hexdigest(), 16) % 3 + 1
    return f"{area}{short}{number}-az{(ord(letter) - ord('a') + digit) % 6 + 1}"
