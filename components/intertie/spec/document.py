"""A description as plain data, with the place in the file that each value came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from intertie.errors import Problem
from intertie.spec.wording import Loc, path_of

DEEPEST = 32
"""Levels of nesting that a description may have; real ones have seven."""
MOST_VALUES = 30_000
"""Values, keys among them, that a description may hold: a thousand placements, read in about two seconds."""

MOST_PROBLEMS = 500
"""Problems that are told at once. More come from one mistake, or from nobody who wants to read them."""

At = Literal["value", "key", "parent"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands, where its key stands, and how a plain scalar is written there."""

    value: Mark
    key: Mark | None = None
    raw: str = ""
    nested: bool = False  # a mapping or list


@dataclass(frozen=True, slots=True)
class Refusal:
    """One thing that is wrong at `loc`: at its value, at its key, or (something missing) in what holds it."""

    loc: Loc
    found: str
    allowed: str
    hint: str = ""
    at: At = "value"


@dataclass(slots=True)
class Document:
    """What was read, before it is known to be a description. `places` is empty when there is no file."""

    name: str
    data: Any = None
    places: Mapping[Loc, Place] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    def raw(self, loc: Loc) -> str:
        """How the value at `loc` is written in the file; "" if that is not known."""
        place = self.places.get(loc)
        return place.raw if place else ""

    def where(self, refusal: Refusal) -> str:
        """`chat.yaml:14:9`, as near as the file shows it; "" when there is no file."""
        if not self.places:
            return ""
        in_parent = refusal.at == "parent" and refusal.loc not in self.places
        loc = refusal.loc[:-1] if in_parent else refusal.loc
        near, place = self._nearest(loc)
        at_key = (in_parent and place.nested) or (refusal.at == "key" and near == loc)
        mark = place.key if at_key and place.key else place.value
        return f"{self.name}:{mark.line}:{mark.column}"

    def _nearest(self, loc: Loc) -> tuple[Loc, Place]:
        while loc and loc not in self.places:
            loc = loc[:-1]
        return loc, self.places[loc]

    def refuse(self, loc: Loc, found: str, allowed: str, hint: str = "", at: At = "value") -> None:
        self.refusals.append(Refusal(loc, found, allowed, hint, at))

    def problem(self, refusal: Refusal) -> Problem:
        return Problem(
            path=path_of(refusal.loc),
            found=refusal.found,
            allowed=refusal.allowed,
            hint=refusal.hint,
            where=self.where(refusal),
        )

    def problems(self) -> tuple[Problem, ...]:
        """All refusals as problems, in the order of the file; without a file, in the order they were found."""
        problems = dict.fromkeys(self.problem(refusal) for refusal in self.refusals)
        every = tuple(sorted(problems, key=lambda problem: _line(problem.where)))
        if len(every) <= MOST_PROBLEMS:
            return every
        more = Problem("document", f"more than {MOST_PROBLEMS} problems", "none", "mend these first")
        return (*every[:MOST_PROBLEMS], more)


def _line(where: str) -> tuple[int, int]:
    if not where:
        return (0, 0)
    _, line, column = where.rsplit(":", 2)
    return (int(line), int(column))
