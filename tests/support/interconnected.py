"""Descriptions of placements that Intertie connects: tunnels between clouds, peerings within one."""

from dataclasses import replace
from typing import Any

from intertie.plan import Plan, resolve
from intertie.plan.links import Link
from intertie.spec import PipelineSpec
from support.pipelines import PREPARE, generate, pipeline

KEY = "canary-interconnect-0123456789abcdef"
PRIVATE = {
    "host": "chat.example.com",
    "access": "private",
    "auth": {"kind": "oidc", "issuer": "https://login.example.com"},
}
STAGES = [
    {**PREPARE, "image": f"ghcr.io/acme/prepare@sha256:{'0' * 64}"},
    {**generate(), "after": ["prepare"]},
]
BUDGET = {
    "monthly_usd": 250_000,
    "alerts": "ml-costs@example.com",
    "since": "2026-11",
    "billing_account": "01A2B3-C4D5E6-F7A8B9",
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
    sound = {"endpoint": PRIVATE, "stages": STAGES, "budget": BUDGET}
    return pipeline(cloud, where=here, others={"there": there}, **{**sound, **changes})


def plan_of(cloud: str, other: str, placement: str = "here", **changes: Any) -> Plan:
    return resolve(described(cloud, other, **changes), placement)


def told(cloud: str, other: str, placement: str = "here") -> list[str]:
    """What `placement` must know of the other end."""
    if cloud == other:
        accepts = cloud == "aws" and placement == "there"
        return ["pcx-0123456789abcdef0"] if accepts else [NAMES[cloud]]
    there = other if placement == "here" else cloud
    return ADDRESSES[: 4 if there == "aws" else 2]


ENDS: tuple[str, ...] = ("there", "near", "asker")
"""Other ends of a plan with every kind of connection: tunnels, a peering, and one that the other end asks for."""


def every_link(cloud: str) -> tuple[Link, ...]:
    """One connection of every kind, as a plan made by hand may have them."""
    (far,), (near,) = plan_of(cloud, _far(cloud)).links, plan_of(cloud, cloud).links
    (asker,) = plan_of(cloud, cloud, "there").links
    return far, replace(near, placement="near"), replace(asker, placement="asker")


def every_end(cloud: str) -> dict[str, list[str]]:
    """What such a plan must know of the other ends."""
    known = (told(cloud, _far(cloud)), told(cloud, cloud), told(cloud, cloud, "there"))
    return dict(zip(ENDS, known, strict=True))


def _far(cloud: str) -> str:
    return "aws" if cloud == "gcp" else "gcp"
