"""Plans and resources in few words: the cells of the tables."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Data = Mapping[str, Any]

NONE = "–"
_ENGINE = "pulumi:pulumi:Stack"
_PROVIDER = "pulumi:providers:"


def kinds(resources: Iterable[Data]) -> tuple[tuple[str, str, str], ...]:
    """(package, number, kinds with their numbers), largest package first. The stack itself is not counted."""
    by_package: dict[str, Counter[str]] = {}
    for resource in resources:
        if resource["type"] != _ENGINE:
            by_package.setdefault(_package(resource["type"]), Counter())[_kind(resource["type"])] += 1
    ordered = sorted(by_package.items(), key=lambda pair: (-pair[1].total(), pair[0]))
    return tuple((package, str(kinds.total()), _counted(kinds)) for package, kinds in ordered)


def count(resources: Iterable[Data]) -> int:
    """Number of resources without the stack itself."""
    return sum(resource["type"] != _ENGINE for resource in resources)


def _counted(kinds: Counter[str]) -> str:
    ordered = sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(kind if number == 1 else f"{kind} ×{number}" for kind, number in ordered)


def _package(token: str) -> str:
    return "providers" if token.startswith(_PROVIDER) else token.partition(":")[0]


def _kind(token: str) -> str:
    """`Cluster` of `aws:eks/cluster:Cluster`, `aws` of `pulumi:providers:aws`."""
    return token.rpartition(":")[2]


def accelerators(pool: Data) -> str:
    """`h100 ×8`: accelerators of one node."""
    return f"{pool['accelerator']} ×{pool['per_node']}" if pool["accelerator"] else NONE


def span(low: int, high: int) -> str:
    """`2` or `0–4`."""
    return str(low) if low == high else f"{low}–{high}"


def zones(pool: Data) -> str:
    return ", ".join(pool["zones"]) or "the cloud's choice"


def capacity(pool: Data) -> str:
    """`odcr cr-0abc`: the kind of capacity, and which reservation."""
    claim = pool["claim"] or {}
    name = claim.get("id") or claim.get("name") or ""
    return f"{pool['kind']} {name}".strip()


def ladder(plan: Data, stage: Data) -> str:
    """How a stage's accelerators are obtained, in the order in which it is tried."""
    pools = {pool["name"]: pool for pool in plan["pools"]}
    steps = [pools[name]["kind"] for name in stage["pools"] if name in pools]
    return " → ".join(steps) or NONE


def machines(plan: Data, stage: Data) -> str:
    """Machine types of a stage's pools, in ladder order, each once."""
    pools = {pool["name"]: pool for pool in plan["pools"]}
    found = [pools[name]["machine"] for name in stage["pools"] if name in pools]
    return ", ".join(dict.fromkeys(found)) or NONE


def replica(stage: Data) -> str:
    """What one replica takes: `8 × h100, tensor 8` or `16 × h100 on 2 nodes, tensor 8, pipeline 2`."""
    if not stage["accelerator"]:
        return "CPU"
    sizing = stage["sizing"]
    if not sizing:
        return f"{stage['per_pod']} × {stage['accelerator']}"
    text = f"{sizing['accelerators']} × {stage['accelerator']}"
    if sizing["nodes"] > 1:
        text += f" on {sizing['nodes']} nodes"
    if sizing["tensor"] > 1:
        text += f", tensor {sizing['tensor']}"
    if sizing["pipeline"] > 1:
        text += f", pipeline {sizing['pipeline']}"
    return text
