"""How values, places and near misses are written in messages. Whatever comes from a file is shown escaped and short."""

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any

Loc = tuple[str | int, ...]
"""A place in a description: keys and indexes from the root."""

_LONGEST = 60
_MOST_COMPARED = 300
_SIMPLE_KEY = r"[A-Za-z0-9_-]{1,60}"
_PUNCTUATION = str.maketrans("_ .", "---")


def clean(text: str, longest: int = _LONGEST) -> str:
    """`text` on one line, without characters that a terminal or a reader's eye could be fooled by."""
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in short)


def quoted(text: str) -> str:
    """Text as a value to look at: in double quotes."""
    return f'"{clean(text)}"'


def show(value: Any) -> str:
    """What was found, in plain words."""
    if value is None:
        return "nothing (an empty value)"
    if isinstance(value, bool):
        return f"{str(value).lower()} (true or false)"
    if isinstance(value, int) and value.bit_length() > 64:  # Python refuses to write out the very long ones
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, int | float):
        return f"{value} (a number)"
    if isinstance(value, str):
        return quoted(value) if value else "empty text"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        return f"a mapping with {clean(', '.join(map(str, value)))}" if value else "an empty mapping"
    return f"a {clean(type(value).__name__)}"


def path_of(loc: Loc) -> str:
    """`("stages", 1, "model")` → `stages[1].model`; keys with other characters stand in brackets and quotes."""
    path = ""
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
        elif re.fullmatch(_SIMPLE_KEY, step):
            path += f".{step}" if path else step
        else:
            path += f"[{quoted(step)}]"
    return path or "document"


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """``did you mean `replicas`?``, or nothing when no option is near. Case and punctuation do not count."""
    folded = {_folded(option): option for option in options}
    asked = _folded(word[:_LONGEST])
    longer = sorted(option for option in folded if option.startswith(asked))[:2] if len(asked) > 2 else []
    few = folded if len(folded) <= _MOST_COMPARED else []  # each comparison takes its time
    near = [asked] if asked in folded else longer or difflib.get_close_matches(asked, few, n=2, cutoff=0.65)
    return f"did you mean {' or '.join(f'`{folded[option]}`' for option in near)}?" if near else ""


def _folded(word: str) -> str:
    return word.strip().lower().translate(_PUNCTUATION)
