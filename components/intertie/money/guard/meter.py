"""Dollars per hour of a cluster's live nodes. A node that cannot be priced is a doubt, never free."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from intertie.money.prices import PriceBook
from intertie.plan import LABEL

_TYPE, _REGION = "node.kubernetes.io/instance-type", "topology.kubernetes.io/region"


@dataclass(frozen=True, slots=True)
class NodeCost:
    """One node. `usd` None: unknown. `kind`: how its capacity was obtained."""

    name: str
    machine: str
    region: str
    stage: str
    kind: str
    usd: float | None
    accelerators: int = 0
    pool: str = ""
    arch: str = ""
    provider_id: str = ""

    @property
    def spot(self) -> bool:
        return self.kind == "spot"


@dataclass(frozen=True, slots=True)
class Metered:
    """All nodes and their sum."""

    nodes: tuple[NodeCost, ...]
    doubts: tuple[str, ...]

    @property
    def hourly(self) -> float:
        return sum(node.usd or 0.0 for node in self.nodes)

    def of_stage(self, stage: str) -> tuple[NodeCost, ...]:
        return tuple(node for node in self.nodes if node.stage == stage)


def metered(nodes: Iterable[Mapping[str, Any]], cloud: str, book: PriceBook, placement: str = "*") -> Metered:
    """Nodes as the API server lists them, with the price book's prices."""
    costs = tuple(_node(node, cloud, book, placement) for node in nodes)
    unknown = sorted({f"{node.machine or 'a node without a type'} in {node.region or 'no region'}, {node.kind}"
                      for node in costs if node.usd is None})  # fmt: skip
    doubts = [f"no price is known of {what}" for what in unknown]
    doubts += [
        f"the price of {node.machine} is ${node.usd:g}" for node in costs if node.usd is not None and node.usd <= 0
    ]
    if not costs:
        doubts.append("the cluster shows no nodes")
    return Metered(costs, tuple(dict.fromkeys(doubts)))


def _node(node: Mapping[str, Any], cloud: str, book: PriceBook, placement: str) -> NodeCost:
    about = node.get("metadata") or {}
    labels = about.get("labels") or {}
    machine, region = labels.get(_TYPE, ""), labels.get(_REGION, "")
    kind = labels.get(f"{LABEL}/capacity", "on-demand")
    price = book.machine(cloud, region, machine, kind, placement)
    if price is None and kind == "spot":  # what a spot machine costs at most
        price = book.machine(cloud, region, machine, "on-demand", placement)
    return NodeCost(
        name=about.get("name", ""),
        machine=machine,
        region=region,
        stage=labels.get(f"{LABEL}/stage", ""),
        kind=kind,
        usd=float(price.amount) if price is not None else None,
        accelerators=_accelerators((node.get("status") or {}).get("capacity") or {}),
        pool=labels.get(f"{LABEL}/pool", ""),
        arch=labels.get("kubernetes.io/arch", ""),
        provider_id=(node.get("spec") or {}).get("providerID", ""),
    )


_RESOURCES = ("nvidia.com/gpu", "amd.com/gpu", "aws.amazon.com/neuron", "google.com/tpu")


def _accelerators(capacity: Mapping[str, Any]) -> int:
    return next((int(capacity[name]) for name in _RESOURCES if str(capacity.get(name, "")).isdigit()), 0)
