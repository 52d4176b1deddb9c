"""A platform's resources, recorded from a plan made by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from intertie.contract import BuildOptions, ClusterHandle
from intertie.graph import Graph, Resource, record
from intertie.plan import Plan
from intertie.platforms import registry


@dataclass(frozen=True, slots=True)
class Built:
    """What a platform registered, and what it handed over."""

    graph: Graph
    handle: ClusterHandle | None

    def one(self, token: str, role: str) -> Resource:
        """The child of this type and role."""
        return self.graph.find(token, f"here-{role}")

    def inputs(self, token: str, role: str) -> dict[str, Any]:
        return dict(self.one(token, role).inputs)

    def before(self, resource: Resource) -> set[str]:
        """Names of all resources that must exist before this one, at any distance."""
        known = {each.urn: each for each in self.graph}
        found: set[str] = set()
        waiting = [resource.urn]
        while waiting:
            for urn in known[waiting.pop()].depends_on:
                if urn not in found:
                    found.add(urn)
                    waiting.append(urn)
        return {known[urn].name for urn in found}


class Holder(pulumi.ComponentResource):
    """Stands for the component that a platform builds under."""

    def __init__(self, name: str, plan: Plan, told: Mapping[str, list[str]], keys: Any) -> None:
        super().__init__("test:index:Holder", name)
        peers = {other: tuple(values) for other, values in told.items()}
        options = BuildOptions(parent=self, name=name, peers=peers, keys=keys)
        self.handle = registry.platform(plan.platform).build(plan, options)


def build(plan: Plan, told: Mapping[str, list[str]] | None = None, keys: Mapping[str, str] | None = None) -> Built:
    """Builds `plan` under a component named `here`, in-process, with no cloud.

    `told`: what it knows of the other ends of its interconnects; `keys`: of their tunnels.
    """
    held: list[Holder] = []
    graph = record(lambda: held.append(Holder("here", plan, told or {}, keys)), "inference", plan.placement)
    return Built(graph, held[0].handle)
