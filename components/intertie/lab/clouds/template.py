"""Fills the templates in which the tables write identifiers, outputs and messages.

    {account}            a value of the place: account, region, project, subscription, partition, number
    {id} {name} {urn}    of the resource itself
    {in.a.b[0]}          what was asked for; `{in.a|text}` gives `text` where nothing was
    {hex17} {hex8:sg}    17 hexadecimal digits, always the same for this resource; the label tells several apart
    {digits26} {guid:x}  the same as digits, as a GUID

A template that is one placeholder gives the value itself (a list, a number), one with text around it gives text. A
placeholder without a value makes the whole template None: then the output is left out.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from intertie.lab import values

_HOLE = re.compile(r"\{([^{}]+)\}")
_MADE = re.compile(r"(hex|digits|guid)(\d*)(?::(\w+))?")


@dataclass(frozen=True, slots=True)
class Context:
    """What templates are filled from. `seed` makes identifiers the same in every run."""

    place: Mapping[str, str]
    inputs: Mapping[str, Any]
    seed: str
    own: Mapping[str, Any] = field(default_factory=dict)  # id, name, urn and what messages add

    def having(self, **more: Any) -> "Context":
        """The same with more of the resource's own values."""
        return Context(self.place, self.inputs, self.seed, {**self.own, **more})


def fill(template: Any, context: Context) -> Any:
    """A template with its holes filled; lists and mappings of templates too. None: a hole has no value."""
    if isinstance(template, Mapping):
        filled = {key: fill(each, context) for key, each in template.items()}
        return {key: each for key, each in filled.items() if each is not None}
    if isinstance(template, list):
        return [each for each in (fill(item, context) for item in template) if each is not None]
    if not isinstance(template, str):
        return template
    whole = _HOLE.fullmatch(template)
    if whole:
        return _value(whole[1], context)
    parts = {hole: _value(hole, context) for hole in _HOLE.findall(template)}
    if any(value is None for value in parts.values()):
        return None
    return _HOLE.sub(lambda match: str(parts[match[1]]), template)


def text(template: str, context: Context) -> str:
    """The same for messages: a hole without a value stays empty."""
    return _HOLE.sub(lambda match: str(_value(match[1], context) or ""), template)


def _value(hole: str, context: Context) -> Any:
    path, _, default = hole.partition("|")
    if path.startswith("in."):
        return values.one(context.inputs, path[3:], default or None)
    if path in context.own:
        return context.own[path]
    if path in context.place:
        return context.place[path]
    made = _MADE.fullmatch(path)
    if made:
        return _made(made[1], int(made[2] or 0), f"{context.seed}/{made[3] or ''}")
    return default or None


def _made(kind: str, length: int, seed: str) -> str:
    digest = hashlib.sha256(seed.encode()).hexdigest()
    if kind == "hex":
        return digest[:length]
    if kind == "digits":
        return str(int(digest, 16))[:length]
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
