"""Stacks of placements that Intertie connects, recorded with and without what they must know of the other ends."""

import hmac
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any

import pulumi

from intertie import InferencePipeline
from intertie.graph import Graph, Resource, record
from intertie.plan.links import Link
from support.interconnected import KEY, described, told

CONNECTION = {
    "aws": "aws:ec2/vpnConnection:VpnConnection",
    "azure": "azure-native:network:VirtualNetworkGatewayConnection",
    "gcp": "gcp:compute/vPNTunnel:VPNTunnel",
}
"""What holds the keys of tunnels, by cloud."""

Keys = Mapping[str, str] | None


@cache
def stack(cloud: str, other: str, placement: str = "here", *, known: bool = True) -> Graph:
    """The stack of one end, recorded: with what it must know of the other one, or without."""
    far = "there" if placement == "here" else "here"
    return _recorded(cloud, other, placement, {far: told(cloud, other, placement)} if known else None, {far: KEY})


def keyed(cloud: str, other: str, keys: Keys) -> Graph:
    """The stack of an end that knows the other one, with these keys."""
    return _recorded(cloud, other, "here", {"there": told(cloud, other)}, keys)


def _recorded(cloud: str, other: str, placement: str, peers: Any, keys: Keys) -> Graph:
    def program() -> None:
        args: Any = {"spec": described(cloud, other), "placement": placement, "peers": peers}
        if keys is not None:
            args["interconnect_keys"] = pulumi.Output.secret(dict(keys))
        made = InferencePipeline("chat", args)
        pulumi.export("interconnects", made.interconnects)

    return record(program, "inference", placement)


def derived(link: Link, key: str = KEY) -> list[str]:
    """The keys of a connection's tunnels, computed apart from the code that is tested."""
    return ["k" + hmac.new(key.encode(), each.inside.encode(), sha256).hexdigest()[:63] for each in link.tunnels]


def of(graph: Graph, token: str) -> list[Resource]:
    """Resources of a type that belong to a connection, in the order of their registration."""
    return [each for each in graph if each.type == token and ("-vpn-" in each.name or "-peering-" in each.name)]
