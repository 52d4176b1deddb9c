"""Descriptions of placements that Intertie connects: tunnels between clouds, peerings within one."""

from typing import Any

from intertie.plan import Plan, resolve
from intertie.spec import PipelineSpec
from support.pipelines import pipeline

KEY = "canary-interconnect-0123456789abcdef"
PRIVATE = {
    "host": "chat.example.com",
    "access": "private",
    "auth": {"kind": "oidc", "issuer": "https://login.example.com"},
}
REGIONS = {
    "aws": ("us-east-1", "us-east-2"),
    "azure": ("swedencentral", "westeurope"),
    "gcp": ("europe-west4", "us-east4"),
}
ADDRESSES = ["198.51.100.1", "198.51.100.2", "203.0.113.3", "203.0.113.4"]
NAMES = {
    "aws": "vpc-0123456789abcdef0",
    "azure": "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/chat-there/providers/"
    "Microsoft.Network/virtualNetworks/chat-there",
    "gcp": "https://www.googleapis.com/compute/v1/projects/acme-inference/global/networks/chat-there",
}


def described(cloud: str, other: str, **changes: Any) -> PipelineSpec:
    """`here` on one cloud and `there` on another, or the same, with a connection that Intertie makes."""
    kind = "peering" if cloud == other else "vpn"
    joined = {"to": "there", "kind": kind, **changes.pop("joined", {})}
    here = {"region": REGIONS[cloud][0], "network": {"interconnects": [joined], **changes.pop("network", {})}}
    there = {"cloud": other, "region": REGIONS[other][cloud == other], "role": "failover", **changes.pop("there", {})}
    return pipeline(cloud, where=here, others={"there": there}, **{"endpoint": PRIVATE, **changes})


def plan_of(cloud: str, other: str, placement: str = "here", **changes: Any) -> Plan:
    return resolve(described(cloud, other, **changes), placement)


def told(cloud: str, other: str, placement: str = "here") -> list[str]:
    """What `placement` must know of the other end."""
    if cloud == other:
        accepts = cloud == "aws" and placement == "there"
        return ["pcx-0123456789abcdef0"] if accepts else [NAMES[cloud]]
    there = other if placement == "here" else cloud
    return ADDRESSES[: 4 if there == "aws" else 2]
