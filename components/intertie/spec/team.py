"""Who, besides the pipeline itself, may do what in its clusters."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from intertie.spec.base import Spec
from intertie.spec.fields import Text


class TeamRole(StrEnum):
    """What a team may do: see or change what is in the pipeline's namespace, or everything in the cluster."""

    VIEW = "view"
    EDIT = "edit"
    ADMIN = "admin"


def _several(value: Any) -> Any:
    """One principal stands for a list of one."""
    return [value] if isinstance(value, str) else value


AwsPrincipal = Annotated[
    str,
    Text(
        r"^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$",
        "an IAM role or user, such as arn:aws:iam::123456789012:role/platform",
        300,
    ),
]
AzurePrincipal = Annotated[
    str,
    Text(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", "the object id of an Entra group, in quotes", 36),
]
GcpPrincipal = Annotated[
    str,
    Text(
        r"^(user|group|serviceAccount):[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$",
        "a member such as group:platform@example.com",
        200,
    ),
]
AwsPrincipals = Annotated[
    tuple[AwsPrincipal, ...], BeforeValidator(_several, json_schema_input_type=AwsPrincipal | tuple[AwsPrincipal, ...])
]
AzurePrincipals = Annotated[
    tuple[AzurePrincipal, ...],
    BeforeValidator(_several, json_schema_input_type=AzurePrincipal | tuple[AzurePrincipal, ...]),
]
GcpPrincipals = Annotated[
    tuple[GcpPrincipal, ...], BeforeValidator(_several, json_schema_input_type=GcpPrincipal | tuple[GcpPrincipal, ...])
]


class Team(Spec):
    """A team, what it may do, and who it is on each cloud. Where no principal is named it gets no access."""

    role: TeamRole
    """`view` or `edit` what is in the pipeline's namespace, or `admin` of the cluster."""
    aws: AwsPrincipals = Field(default=())
    """IAM roles or users."""
    azure: AzurePrincipals = Field(default=())
    """Object ids of Entra groups."""
    gcp: GcpPrincipals = Field(default=())
    """Members: `user:…`, `group:…` or `serviceAccount:…`."""
