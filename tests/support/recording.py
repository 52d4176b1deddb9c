"""A program recorded as a stack of its own, `dev` of the project `inference`."""

from typing import Any

from intertie.graph import Graph, record

STACK = "urn:pulumi:dev::inference::pulumi:pulumi:Stack::inference-dev"


def recorded(program: Any, **arguments: Any) -> Graph:
    return record(program, "inference", "dev", **arguments)
