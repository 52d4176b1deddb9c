"""What can go wrong, as one tree.

    IntertieError                 base: a message for people, and an exit code
    ├── InputError          (2)   a file, option or value that the user gave is wrong
    ├── PlanError           (1)   the description is well-formed but cannot exist; carries all problems
    └── OutsideError        (3)   a tool, engine, cloud or network that we need is missing or failed

A `Problem` is one thing that makes a description impossible. Rooms collect problems and raise
once, with all of them: nobody should have to fix a file one message at a time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what the user wrote.

    `path` is the place in the description (`stages[1].model.precision`); `where` the place in the
    file (`chat.yaml:14:9`) when there is one. `source` says where the rule comes from.
    """

    path: str
    found: str
    allowed: str
    hint: str = ""
    source: str = ""
    where: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: {self.path}" if self.where else self.path
        lines = [f"{place}: found {self.found}; allowed: {self.allowed}"]
        if self.hint:
            lines.append(f"  → {self.hint}")
        if self.source:
            lines.append(f"  source: {self.source}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The shape that `intertie preview --format json` promises, plus `source` and `where`."""
        return {
            "path": self.path,
            "found": self.found,
            "allowed": self.allowed,
            "hint": self.hint,
            "source": self.source,
            "where": self.where,
        }


class IntertieError(Exception):
    """Base of every error that a user may see. `str(error)` is the whole message."""

    exit_code = 2


class InputError(IntertieError):
    """A file, option or value that the user gave is wrong. Carries problems when it has places."""

    exit_code = 2

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.message = message
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *map(str, self.problems)]))


class PlanError(IntertieError):
    """The description is well-formed, but no plan satisfies it: all problems at once."""

    exit_code = 1

    def __init__(self, placement: str, problems: Iterable[Problem]) -> None:
        self.placement = placement
        self.problems = tuple(problems)
        count = f"{len(self.problems)} problem{'s' if len(self.problems) != 1 else ''}"
        super().__init__("\n".join([f"placement {placement!r}: {count}", *map(str, self.problems)]))


class OutsideError(IntertieError):
    """Something outside Intertie is missing or failed: a tool, the engine, a cloud, the network."""

    exit_code = 3
