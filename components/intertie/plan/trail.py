"""What a resolution meets on its way: problems, choices and notes, in the order in which they are met."""

from collections.abc import Iterable
from typing import Any

from intertie.errors import Problem
from intertie.plan.types import Choice


class Trail:
    """Collects while the plan is made, so that one failing part does not hide what is wrong with the others."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.choices: list[Choice] = []
        self.notes: list[str] = []

    def problem(self, path: str, found: Any, allowed: str, hint: str = "", source: str = "") -> None:
        """One thing that makes the plan impossible. Said once, however many parts run into it."""
        problem = Problem(path, str(found), allowed, hint, source)
        if problem not in self.problems:
            self.problems.append(problem)

    def choose(
        self, path: str, chosen: Any, why: str, rejected: Iterable[tuple[str, str]] = (), source: str = ""
    ) -> None:
        """One decision with its reason."""
        self.choices.append(Choice(path, str(chosen), why, tuple(rejected), source))

    def note(self, text: str) -> None:
        """Something that the user should know, though nothing is wrong."""
        if text not in self.notes:
            self.notes.append(text)


def listed(names: Iterable[str], most: int = 12) -> str:
    """`a, b, c`; what is left out of a long list is counted, and an empty one says so."""
    every = list(names)
    shown = ", ".join(every[:most]) or "none"
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown
