"""One view on a resource, wherever it came from: a recorded program, the engine, a checkpoint, a plain list.

`Node` is the plain data. `Resource` is a node as one rule sees it: with a trace of what the rule reads. `Stack` is all
resources with their relations; lookups are built once and shared by all rules.
"""

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from intertie_policies import accessor
from intertie_policies.accessor import Step, Trace, Value

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"
CLOUDS = {"aws": "aws", "azure-native": "azure", "gcp": "gcp", "kubernetes": "kubernetes"}
_API_VERSION = re.compile(r"^(azure-native:[^/:]+)/v\d{8}[a-z0-9]*:")


@dataclass(frozen=True, slots=True)
class Node:
    """One resource as plain data. Properties carry wire names; unknown and secret values are Pulumi's wire values."""

    type: str
    name: str
    urn: str = ""
    props: Any = field(default_factory=dict)
    parent: str = ""  # URN
    provider: str = ""  # URN, "" for the default one; an "::id" behind it is ignored
    depends_on: tuple[str, ...] = ()
    property_dependencies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    retain_on_delete: bool = False
    custom: bool = True
    provider_node: "Node | None" = None  # where the engine sends the provider along with the resource

    @property
    def kind(self) -> str:
        """The type without an API version: `azure-native:containerservice:AgentPool`."""
        return kind_of(self.type)


@lru_cache(4096)
def kind_of(type_: str) -> str:
    """The type token without an API version, which azure-native may carry."""
    return _API_VERSION.sub(r"\1:", type_) if type_.startswith("azure-native:") else type_


@dataclass(slots=True, eq=False)
class Resource:
    """A resource as one rule sees it."""

    node: Node
    trace: Trace | None = None
    stack: "Stack | None" = None  # only stack rules see the others
    stack_config: Mapping[str, str] = field(default_factory=dict)
    around: "Stack | None" = None  # where its provider and resource group are looked up, in resource rules too
    _props: Value | None = None  # made when it is first asked for

    @property
    def type(self) -> str:
        """The type token without an API version."""
        return kind_of(self.node.type)

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def urn(self) -> str:
        return self.node.urn

    @property
    def props(self) -> Value:
        """All properties. `props["a"]["b"]` navigates; see `accessor.Value` for what can be asked of a value."""
        found = self._props
        if found is None:
            found = self._props = accessor.read(self.node.props, self.node.urn, self.trace)
        return found

    def __getitem__(self, step: Step) -> Value:
        return self.props[step]

    @property
    def package(self) -> str:
        """`aws`, `azure-native`, `gcp`, `kubernetes`, …; of a provider resource, its own."""
        if self.type.startswith(PROVIDER_PREFIX):
            return self.type.removeprefix(PROVIDER_PREFIX)
        return self.type.partition(":")[0]

    @property
    def cloud(self) -> str | None:
        """`aws`, `azure`, `gcp` or `kubernetes`; None for components and what else there is."""
        return CLOUDS.get(self.package)

    @property
    def is_provider(self) -> bool:
        return self.type.startswith(PROVIDER_PREFIX)

    @property
    def provider(self) -> "Resource | None":
        """The explicit provider, where it can be seen."""
        node = self.node.provider_node
        where = self.stack or self.around
        if node is None and where is not None and self.node.provider:
            return where.find(self.node.provider, self.trace)
        return self._view(node) if node is not None else None

    @property
    def region(self) -> Value:
        """Where it lies, as its cloud writes it: its own region, else its provider's, else the configured one."""
        from intertie_policies.region import region_of

        return region_of(self)

    @property
    def parent(self) -> "Resource | None":
        """The parent, in stack rules."""
        return self.stack.find(self.node.parent, self.trace) if self.stack and self.node.parent else None

    def ignores(self, path: str) -> bool:
        """Whether changes of this property are left alone (`scalingConfig.desiredSize`, or all of `scalingConfig`)."""
        whole = ("*", path)
        return any(each in whole or path.startswith((f"{each}.", f"{each}[")) for each in self.node.ignore_changes)

    def uses(self, prop: str, *types: str) -> "tuple[Resource, ...]":
        """Resources whose outputs flow into a property; of these types only, when some are given. In stack rules."""
        if self.stack is None:
            return ()
        urns = self.node.property_dependencies.get(prop)
        found = self.stack.each(urns if urns is not None else self.node.depends_on, self.trace)
        return tuple(each for each in found if not types or each.type in types)

    def dependencies(self, *types: str) -> "tuple[Resource, ...]":
        """All resources that it depends on directly; of these types only, when some are given. In stack rules."""
        found = self.stack.each(self.node.depends_on, self.trace) if self.stack else ()
        return tuple(each for each in found if not types or each.type in types)

    def _view(self, node: Node) -> "Resource":
        return Resource(node, self.trace, self.stack, self.stack_config, self.around)


class Index:
    """All nodes of a stack with their lookups, built when they are first needed."""

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes
        self.remembered: dict[Hashable, tuple[str, ...]] = {}
        """URNs that were looked for among all nodes: an answer that every resource would look for again."""
        self.named: dict[str, dict[str, list[str]]] = {}
        """URNs by type and by the name that a program wrote out."""

    @cached_property
    def by_urn(self) -> dict[str, Node]:
        """The first of each URN: a list from elsewhere may hold one twice."""
        found: dict[str, Node] = {}
        for node in self.nodes:
            found.setdefault(node.urn, node)
        return found

    @cached_property
    def by_kind(self) -> dict[str, tuple[Node, ...]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.kind, []).append(node)
        return {kind: tuple(nodes) for kind, nodes in found.items()}

    @cached_property
    def by_parent(self) -> dict[str, tuple[Node, ...]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.parent, []).append(node)
        return {parent: tuple(nodes) for parent, nodes in found.items()}


@dataclass(frozen=True, slots=True)
class Stack:
    """All resources of a stack as one rule sees them."""

    index: Index
    trace: Trace | None = None
    stack_config: Mapping[str, str] = field(default_factory=dict)
    name: str = ""

    @property
    def urn(self) -> str:
        """The stack's own resource, for what concerns the stack as a whole; "" when it is not among them."""
        root = self.index.by_kind.get(STACK_TYPE)
        return root[0].urn if root else ""

    def __iter__(self) -> Iterator[Resource]:
        return (self._view(node) for node in self.index.nodes)

    def __len__(self) -> int:
        return len(self.index.nodes)

    def of_type(self, *types: str) -> tuple[Resource, ...]:
        """Resources of these types (tokens without API versions), in the order of the stack within each type."""
        return tuple(self._view(node) for type_ in types for node in self.index.by_kind.get(type_, ()))

    def find(self, urn: str, trace: Trace | None = None) -> Resource | None:
        """The resource with this URN; a provider reference (`URN::id`) finds its provider."""
        node = self.index.by_urn.get(urn) or self.index.by_urn.get(urn.rpartition("::")[0])
        return Resource(node, trace or self.trace, self, self.stack_config) if node else None

    def each(self, urns: "tuple[str, ...] | list[str]", trace: Trace | None = None) -> tuple[Resource, ...]:
        """The resources with these URNs; those that are not there are left out."""
        found = (self.find(urn, trace) for urn in urns)
        return tuple(resource for resource in found if resource is not None)

    def children(self, resource: Resource) -> tuple[Resource, ...]:
        return tuple(self._view(node) for node in self.index.by_parent.get(resource.urn, ()))

    def ancestors(self, resource: Resource) -> tuple[Resource, ...]:
        """Parents up to the root, nearest first. A circle ends where it began."""
        seen, found, at = {resource.urn}, [], resource.parent
        while at is not None and at.urn not in seen:
            seen.add(at.urn)
            found.append(at)
            at = at.parent
        return tuple(found)

    def before(self, resource: Resource) -> tuple[Resource, ...]:
        """All that is made before a resource and taken away after it; what its parents and provider wait for too."""
        seen, found, todo = {resource.urn}, [], [resource.node]
        while todo:
            node = todo.pop()
            for urn in (*node.depends_on, node.parent, node.provider):
                other = self.find(urn) if urn else None
                if other is not None and other.urn not in seen:
                    seen.add(other.urn)
                    found.append(other)
                    todo.append(other.node)
        return tuple(found)

    def _view(self, node: Node) -> Resource:
        return Resource(node, self.trace, self, self.stack_config)
