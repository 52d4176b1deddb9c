"""Conditions on properties as data: what tables of combinations, requirements and spellings are made of.

A path is written `a.b[*].c`; `[*]` stands for every item of a list. A property that is not known before apply counts as
given: what flows in from another resource is there at apply.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from intertie_policies.accessor import State, Value


@dataclass(frozen=True, slots=True)
class When:
    """A property that is given, or that has one of these values (compared without case; `*` stands for any text)."""

    path: str
    values: tuple[str, ...] = ()
    several: bool = False  # a list of more than one item

    def found(self, root: Value) -> Value | None:
        """The property that fulfils it; None when none does. A value that must be compared and is unknown is noted."""
        return next((value for value in reach(root, self.path) if self._holds(value)), None)

    def _holds(self, value: Value) -> bool:
        if self.several:
            return len(value.items) > 1
        if not self.values:
            return is_given(value)
        return any(fnmatchcase(spelled(value), wanted.lower()) for wanted in self.values)

    def __str__(self) -> str:
        if self.several:
            return f"several {self.path}"
        return f"{self.path} {' or '.join(self.values)}" if self.values else self.path


def is_given(value: Value) -> bool:
    """Whether something stands here, known or not. An empty text, list or object is nothing; so is `false`."""
    state = value.quietly().state
    if state is not State.KNOWN:
        return state is not State.ABSENT
    plain = value.quietly()
    return bool(value.known and (plain.text or plain.items or plain.entries or plain.flag))


def spelled(value: Value) -> str:
    """The value as lower-case text; "" where it is not there (or not known, which is noted)."""
    if value.quietly().flag is not None:
        return str(bool(value.flag)).lower()
    return (value.text or "").lower()


def reach(root: Value, path: str) -> Iterator[Value]:
    """All values at a path, one per item where it has `[*]`."""
    found = [root]
    for step in _steps(path):
        found = [item for value in found for item in value.items] if step == "[*]" else [each[step] for each in found]
    return iter(found)


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\[\*\]|[^.\[\]]+", path))
