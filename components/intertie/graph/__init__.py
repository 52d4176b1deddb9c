"""Every resource that a Pulumi program registers, recorded in-process with no cloud.

from intertie.graph import record

graph = record(Path("stacks"), "inference", "aws-use1", {"inference:spec": "specs/chat.yaml"})
[resource.type for resource in graph]
"""

from intertie.graph.check import check
from intertie.graph.diff import Difference, PropertyChange, ResourceChange, diff
from intertie.graph.record import record
from intertie.graph.types import Finding, Graph, Invoke, Message, Resource
from intertie.graph.wire import SECRET, UNKNOWN

__all__ = [
    "SECRET", "UNKNOWN", "Difference", "Finding", "Graph", "Invoke", "Message", "PropertyChange", "Resource",
    "ResourceChange", "check", "diff", "record",
]  # fmt: skip
