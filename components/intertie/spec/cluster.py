"""How a placement's cluster is run: who reaches its API, when it is upgraded, what protects and what records it.

Every field has a default that can carry paying traffic; `plan/operations.py` says which and why.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from intertie.spec.base import Cidr, Spec
from intertie.spec.fields import NotAllowed, Switch, Text, Whole


class ApiAccess(StrEnum):
    """From where the Kubernetes API can be reached."""

    PUBLIC = "public"
    PRIVATE = "private"


class Runner(Spec):
    """How the machine that runs Pulumi reaches an API with a private address alone."""

    network: (
        Annotated[
            str,
            Text(
                r"^(vpc-[0-9a-f]{8,17}|/subscriptions/[A-Za-z0-9._/-]+|projects/[a-z0-9:.-]+/global/networks/[a-z0-9-]+)$",
                "a network as its cloud writes it: vpc-0abc12345, /subscriptions/…, projects/…/global/networks/…",
                300,
            ),
        ]
        | None
    ) = None
    """The runner's own network, of the same cloud, account and region: it is peered with the placement's."""
    ranges: tuple[Cidr, ...] = ()
    """The runner's addresses, let in to the API. Without `network` they are connected by other means (VPN, hub)."""
    proxy: (
        Annotated[
            str,
            Text(
                r"^(http|https|socks5)://[A-Za-z0-9.-]+:[0-9]{2,5}$",
                "a proxy such as socks5://127.0.0.1:1080",
                200,
            ),
        ]
        | None
    ) = None
    """Proxy that kubeconfig names: the near end of a tunnel through a bastion."""


class Api(Spec):
    """Who can reach the Kubernetes API. Whoever does must still prove who they are."""

    access: ApiAccess | None = None
    """`public` or `private`. Default: public for `allow`, or for the ranges of a public endpoint; else private."""
    allow: tuple[Cidr, ...] = ()
    """Ranges that reach a public API. Default: those of the endpoint."""
    runner: Runner | None = None
    """How the machine that runs Pulumi reaches a private API."""


def _api(value: Any) -> Any:
    """`private` → `{access: private}`, once, on reading."""
    if isinstance(value, str):
        return {"access": value}
    if not isinstance(value, dict | Api):
        raise NotAllowed("public, private, or a mapping with `access`")
    return value


class Channel(StrEnum):
    """How early a cluster of a pinned minor version gets its patches, and how long that version is kept."""

    STABLE = "stable"
    REGULAR = "regular"
    RAPID = "rapid"
    EXTENDED = "extended"


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Maintenance(Spec):
    """When the cloud may upgrade the cluster and its nodes."""

    day: Weekday = Weekday.SUNDAY
    """Day of the week."""
    start: Annotated[str, Text(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", 'a time of day in quotes, such as "02:00"', 5)] = (
        "02:00"
    )
    """Start of the window, in UTC."""
    hours: Annotated[int, Whole(4, 12)] = 6
    """Length of the window."""


Generation = Annotated[int, Whole(1, 999)]


class ClusterSpec(Spec):
    """How the cluster of a placement is run."""

    api: Annotated[Api, BeforeValidator(_api, json_schema_input_type=ApiAccess | Api)] = Api()
    """`public`, `private`, or the long form with ranges and runner."""
    channel: Channel = Channel.REGULAR
    """`stable`, `regular`, `rapid`: when patches of the pinned version come. `extended`: long support, at a price."""
    maintenance: Maintenance = Maintenance()
    """When upgrades may happen. Default: Sundays from 02:00 to 08:00 UTC."""
    deletion_protection: Annotated[bool, Switch()] | None = None
    """The cloud refuses to delete the cluster. Default: on in production. A drill lifts it by the stack's setting."""
    log_retention_days: Annotated[int, Whole(30, 365)] = 90
    """Days that audit and control-plane logs, and flow logs, are kept."""
    key: (
        Annotated[
            str,
            Text(
                r"^(arn:aws[a-z-]*:kms:|https://|projects/)[A-Za-z0-9._:/-]+$",
                "a key as its cloud writes it: arn:aws:kms:…, https://….vault.azure.net/keys/…, projects/…",
                300,
            ),
        ]
        | None
    ) = None
    """Existing key that encrypts the cluster's secrets. Default: one is made."""
    generation: Generation = 1
    """Generation of the node pools. A higher one makes new pools beside the old ones; see `retiring`."""
    retiring: Annotated[tuple[Generation, ...], Field(max_length=3)] = ()
    """Earlier generations that are kept while they drain. Taking one out removes its pools."""
