"""What policy packs say of recorded stacks: the same rules that the engine asks, on the same resources."""

from collections.abc import Sequence
from dataclasses import replace

from intertie.graph import Graph
from intertie.preview.types import Preview, StackPreview
from intertie_policies.config import Configuration
from intertie_policies.engine import Judge
from intertie_policies.resources import Node


def judged(found: Preview, packs: Sequence[str], configuration: Configuration) -> Preview:
    """The preview with what the packs say of each stack that could be recorded. Without packs, as it was."""
    if not packs:
        return found
    stacks = tuple(_stack(stack, packs, configuration) for stack in found.stacks)
    return replace(found, stacks=stacks, evaluated=("graph", "policies", *found.evaluated[1:]))


def _stack(stack: StackPreview, packs: Sequence[str], configuration: Configuration) -> StackPreview:
    if stack.graph is None:
        return stack  # it has a problem, and so fails
    nodes = nodes_of(stack.graph)
    judges = [
        Judge(pack, configuration, stack.stack, project=stack.graph.project, stack_config=stack.config)
        for pack in packs
    ]
    results = tuple(result for judge in judges for result in judge.everything(nodes).results)
    return replace(stack, policies=results)


def nodes_of(graph: Graph) -> tuple[Node, ...]:
    """Recorded resources as rules see them."""
    return tuple(
        Node(
            type=resource.type,
            name=resource.name,
            urn=resource.urn,
            props=resource.inputs,
            parent=resource.parent,
            provider=resource.provider,
            depends_on=resource.depends_on,
            property_dependencies=resource.property_dependencies,
            protect=resource.protect,
            ignore_changes=resource.ignore_changes,
            retain_on_delete=resource.retain_on_delete,
            custom=resource.custom,
        )
        for resource in graph
        if not resource.external
    )
