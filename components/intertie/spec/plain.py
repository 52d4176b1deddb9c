"""Any Python value → plain data (what JSON holds), within bounds; everything else is refused with its place."""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from math import isfinite
from typing import Any

from intertie.spec.document import DEEPEST, MOST_VALUES, Refusal
from intertie.spec.wording import Loc, show

_LARGEST = 2**63 - 1
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def plain(data: Any) -> tuple[Any, list[Refusal]]:
    """A copy of `data` that holds only None, bool, int, float, str, list and dict; what is refused becomes None."""
    walk = _Walk()
    return walk.value(data, ()), walk.refusals


class _Walk:
    def __init__(self) -> None:
        self.refusals: list[Refusal] = []
        self.left = MOST_VALUES

    def refuse(self, loc: Loc, found: str, allowed: str, hint: str = "") -> None:
        self.refusals.append(Refusal(loc, found, allowed, hint))

    def value(self, value: Any, loc: Loc) -> Any:
        self.left -= 1
        if self.left < 0:
            if self.left == -1:
                self.refuse(loc, f"more than {MOST_VALUES} values", "a description, which is smaller")
            return None
        if isinstance(value, Enum):
            value = value.value
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, Mapping | list | tuple):
            return self._nested(value, loc)
        if isinstance(value, int | float):
            return self._number(value, loc)
        if isinstance(value, str):
            return self._text(value, loc)
        if isinstance(value, datetime):
            return value.isoformat()
        return self.refuse(loc, show(value), "text, numbers, lists and mappings", _how_to_hand_over(value))

    def _nested(self, value: Any, loc: Loc) -> Any:
        if len(loc) >= DEEPEST:
            return self.refuse(loc, f"more than {DEEPEST} levels of nesting", "a description, which is flatter")
        if not isinstance(value, Mapping):
            return [self.value(item, (*loc, index)) for index, item in enumerate(value)]
        data: dict[str, Any] = {}
        for key, item in value.items():
            if isinstance(key, str) and _odd(key) is None:
                data[str(key)] = self.value(item, (*loc, str(key)))
            else:
                self.refuse((*loc, show(key)), f"{show(key)} as a key", "keys that are text")
        return data

    def _number(self, value: float, loc: Loc) -> Any:
        if isinstance(value, float) and not isfinite(value):
            return self.refuse(loc, f"{value} (not a finite number)", "a finite number")
        if abs(value) > _LARGEST and isinstance(value, int):
            return self.refuse(loc, f"a number of {value.bit_length()} bits", "numbers below 2 to the power of 63")
        return value

    def _text(self, value: str, loc: Loc) -> Any:
        odd = _odd(value)
        if odd is not None:
            return self.refuse(loc, f"text with the character U+{ord(odd):04X}", "text without control characters")
        return str(value)


def _odd(text: str) -> str | None:
    """The first character that no program or Kubernetes object takes in its text: controls, halves of pairs."""
    match = _ODD.search(text)
    return match.group() if match else None


def _how_to_hand_over(value: Any) -> str:
    if hasattr(value, "apply") and hasattr(value, "future"):
        return "a description shapes the resources: it cannot hold outputs of other resources"
    return ""
