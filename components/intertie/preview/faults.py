"""What stopped a stack, as problems with path, place and remedy."""

import re

from intertie.errors import IntertieError, Problem
from intertie.graph import Graph

_PLACE = re.compile(r"^(\S+\.py:\d+): ")
_HINT = "\n  → "


def problems_of(error: IntertieError) -> tuple[Problem, ...]:
    """The error's own problems, or the one that its message tells."""
    problems = getattr(error, "problems", ())
    return tuple(problems) if problems else (_problem(str(error)),)


def problems_of_log(graph: Graph) -> tuple[Problem, ...]:
    """Errors that a program wrote to Pulumi's log: the engine fails with them, though the program ran to its end."""
    return tuple(
        Problem("program", message.text, "a program that logs no error")
        for message in graph.messages
        if message.severity == "error"
    )


def _problem(text: str) -> Problem:
    text, _, hint = text.partition(_HINT)
    place = _PLACE.match(text)
    found = text[place.end() :] if place else text
    return Problem(
        path="program",
        found=" ".join(found.split()),
        allowed="a program that runs to its end",
        hint=hint,
        where=place.group(1) if place else "",
    )
