"""Writes docs/tiers.md: what each standby tier renders on each cloud, counted from recorded stacks (`make docs`).

One description, the same on every cloud, at a placement of each tier; nothing but the tier differs.
"""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from intertie import InferencePipeline
from intertie.graph import Graph, record
from intertie.plan import resolve
from intertie.spec import PipelineSpec, read_data

PAGE = Path(__file__).parents[1] / "docs" / "tiers.md"
TIERS = ("hot", "warm", "pilot", "cold")
REGIONS = {"aws": "us-east-1", "azure": "eastus", "gcp": "us-central1"}
TITLES = {"aws": "Amazon EKS", "azure": "Azure Kubernetes Service (AKS)", "gcp": "Google Kubernetes Engine (GKE)"}
_HEAD = """<!-- Written by `make docs`. Change the data it is made from instead. -->

# Standby tiers

How ready a placement stands, and what is there while it waits; `intertie cost` prices it. Each tier renders a part of
the one before it:

* `hot` serves its share now: replicas as described.
* `warm` has one ready replica of each stage, two of stages on CPU that have as many, and everything else in place; the
  rest is scaled up when it takes over.
* `pilot` has the cluster and its pools, all accelerators and replicas at zero: nothing grows, nothing is watched.
* `cold` has only what takes long to bring: weights, secrets, and who may read them.

Counted are resources of one stack of a pipeline with two stages (one on CPU, one on L4 or A10), gated weights and an
endpoint. Same names, same types: a placement that is promoted replaces nothing.
"""


def described(cloud: str, tier: str) -> PipelineSpec:
    """A pipeline with everything that tiers differ in. Another placement is the primary."""
    model = {"id": "acme/model", "revision": "6f6073b", "parameters": "3e9", "token_secret": "hub-token"}
    data: dict[str, Any] = {
        "name": "chat",
        "owner": "search-platform",
        "cost_center": "ml-4711",
        "environment": "staging",
        "residency": ["us"],
        "stages": [
            {"name": "prepare", "image": "ghcr.io/acme/prepare:1.0", "replicas": "2..6"},
            {
                "name": "generate",
                "after": ["prepare"],
                "runtime": "vllm",
                "model": model,
                "accelerators": ["l4", "a10"],
                "replicas": "2..4",
            },
        ],
        "endpoint": {"host": "chat.example.com", "auth": "api-key", "access": "public", "allow": ["198.51.100.0/24"]},
        "placements": {
            "here": {"cloud": cloud, "region": REGIONS[cloud], "role": "failover", "tier": tier},
            "main": {"cloud": "aws", "region": "us-west-2"},
        },
    }
    return read_data(data)


@cache
def recorded(cloud: str, tier: str) -> Graph:
    """The stack's resources, in-process and without any cloud."""
    spec = described(cloud, tier)
    return record(
        lambda: InferencePipeline("chat", {"spec": spec, "placement": "here"}) and None,
        project="inference",
        stack="here",
        config={"gcp:project": "acme-inference"},
        root_directory=Path(),
    )


def kinds(graph: Graph) -> Counter[str]:
    """How many resources of each type; the components around them are not counted."""
    return Counter(each.type for each in graph if each.custom and not each.type.startswith("pulumi:"))


def section(cloud: str) -> str:
    """The table of one cloud."""
    counted = {tier: kinds(recorded(cloud, tier)) for tier in TIERS}
    every = sorted({kind for counts in counted.values() for kind in counts})
    lines = [f"## {TITLES[cloud]}", "", _row("resource", *TIERS), _row(*["---"] * 5)]
    lines += [_row(f"`{kind}`", *(str(counted[tier][kind] or "–") for tier in TIERS)) for kind in every]
    plans = {tier: resolve(described(cloud, tier), "here") for tier in TIERS}
    for stage in ("prepare", "generate"):
        shown = [f"{plan.stage(stage).min_replicas} to {plan.stage(stage).max_replicas}" for plan in plans.values()]
        lines.append(_row(f"replicas of {stage}", *("–" if plan.tier == "cold" else text
                          for plan, text in zip(plans.values(), shown, strict=True))))  # fmt: skip
    nodes = [sum(pool.initial_nodes for pool in plan.accelerator_pools()) for plan in plans.values()]
    lines.append(_row("accelerator nodes at the start", *map(str, nodes[:3]), "–"))
    lines.append(_row("**all**", *(f"**{sum(counted[tier].values())}**" for tier in TIERS)))
    return "\n".join([*lines, ""])


def page() -> str:
    return "\n".join([_HEAD, *(section(cloud) for cloud in TITLES)])


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
