"""How a placement's network is connected with another one's, and by whom."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, model_validator

from intertie.spec.base import Cidr, Slug, Spec
from intertie.spec.fields import NotAllowed
from intertie.spec.wording import Loc


class InterconnectKind(StrEnum):
    """Who connects two networks, and how."""

    EXTERNAL = "external"
    PEERING = "peering"
    VPN = "vpn"


class Interconnect(Spec):
    """A connection with the network of another placement. Naming it at one of its two ends is enough."""

    to: Slug
    """The other placement."""
    kind: InterconnectKind
    """`external`: somebody else connects them, as for a bare name. `peering`: Intertie does, on one cloud. `vpn`:
    Intertie does, between two clouds."""
    inside: Cidr | None = None
    """Addresses of the tunnels' ends: a /28 of 169.254.21.0/24 or 169.254.22.0/24. Default: fixed by the two names."""

    @model_validator(mode="after")
    def _tunnels_are_of_a_vpn(self) -> Self:
        if self.inside is not None and self.kind is not InterconnectKind.VPN:
            raise NotAllowed("`inside` with `kind: vpn` alone", "nothing else has tunnels")
        return self


def _interconnect(value: Any) -> Any:
    """`gcp-euw4` → `{to: gcp-euw4, kind: external}`."""
    return {"to": value, "kind": "external"} if isinstance(value, str) else value


InterconnectChoice = Annotated[Interconnect, BeforeValidator(_interconnect, json_schema_input_type=Slug | Interconnect)]
"""`gcp-euw4`, which somebody else connects, or `{to: gcp-euw4, kind: vpn}`, which Intertie does."""


def ends(value: Any) -> Iterator[tuple[Loc, str]]:
    """Names of the other ends in a list as it was written, each with its place in the list."""
    for index, item in enumerate(value if isinstance(value, list) else []):
        name = item.get("to") if isinstance(item, dict) else item
        if isinstance(name, str):
            yield ((index, "to") if isinstance(item, dict) else (index,)), name
