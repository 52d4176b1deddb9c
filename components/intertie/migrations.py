"""Former names of resources, so that a new release renames without replacing.

A child's name is `<component's name>-<role>`. When a role gets another name, add a row: the engine then finds the
resource under its old name and keeps it. Rows are never taken out, for nobody knows from which release someone comes.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rename:
    """`role` is today's name of the part, `was` the former one. One `*` in both stands for any text (a pool's name)."""

    role: str
    was: str
    since: str  # release that renamed it

    def former(self, role: str) -> str | None:
        """The former name of `role`, or None when this row is about another part."""
        match = re.fullmatch(re.escape(self.role).replace(r"\*", "(.+)"), role)
        if match is None:
            return None
        return self.was.replace("*", match.group(1)) if match.groups() else self.was


RENAMES: tuple[Rename, ...] = ()


def former_roles(role: str, renames: tuple[Rename, ...] | None = None) -> tuple[str, ...]:
    """All names that the part `role` has had, oldest table row first. Follows chains: a → b → c knows both."""
    found: list[str] = []
    waiting = [role]
    while waiting:
        current = waiting.pop(0)
        for rename in RENAMES if renames is None else renames:
            former = rename.former(current)
            if former is not None and former != role and former not in found:
                found.append(former)
                waiting.append(former)
    return tuple(found)
