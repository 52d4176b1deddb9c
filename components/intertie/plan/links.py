"""Connections with other placements that Intertie makes, as one end sees them. Plain data."""

from dataclasses import dataclass

_ADDRESSES = (r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}", "public IPv4 addresses of its gateway's tunnels")
_NAMES = {
    "aws": (r"vpc-[0-9a-f]{8,17}", "the id of its VPC, vpc-…"),
    "azure": (
        r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+",
        "the id of its virtual network, /subscriptions/…",
    ),
    "gcp": (
        r"(?:https://www\.googleapis\.com/compute/v1/)?projects/[^/]+/global/networks/[^/]+",
        "the link of its network, projects/…/global/networks/…",
    ),
}
_REQUEST = (r"pcx-[0-9a-f]{8,17}", "the id of the peering that it asked for, pcx-…")


@dataclass(frozen=True, slots=True)
class Tunnel:
    """One tunnel: which public address it leads from and to, and the addresses of its two ends inside it."""

    own: int  # number of this end's public address
    other: int  # number of the other end's
    inside: str  # a /30
    own_inside: str
    other_inside: str


@dataclass(frozen=True, slots=True)
class Link:
    """One connection, from this end. `asks`: of the two ends, this one asks for what the other one accepts."""

    kind: str  # peering | vpn
    placement: str  # the other end
    cloud: str
    region: str
    account: str  # "" = the same
    own_ranges: tuple[str, ...]  # what the other end may reach here
    ranges: tuple[str, ...]  # what is reached there
    asks: bool
    own_asn: int = 0
    asn: int = 0
    tunnels: tuple[Tunnel, ...] = ()

    @property
    def wanted(self) -> int:
        """How many values this end must know of the other one."""
        return max(tunnel.other for tunnel in self.tunnels) + 1 if self.tunnels else 1

    @property
    def form(self) -> tuple[str, str]:
        """Pattern of those values, and how they are called."""
        if self.kind == "vpn":
            return _ADDRESSES
        return _REQUEST if self.cloud == "aws" and not self.asks else _NAMES[self.cloud]
