"""What a plain YAML scalar means.

YAML 1.1 (PyYAML, Pulumi's own files) and YAML 1.2 (editors) read some of them differently: `no`,
`070`, `1:30`, `1_000`. Such a value is refused with both readings, instead of silently taking one.
What both read as a number is one, and so is `70e9`; dates stay text.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from intertie.spec.wording import clean

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_OLD_BOOL = re.compile(r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_OLD_NUMBER = re.compile(
    r"[-+]?(0[0-9_]+|0b[01_]+|0o[0-7]+|0x[0-9a-fA-F_]+"  # other bases
    r"|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"  # base 60: 1:30 is 90
    r"|([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)([eE][-+]?[0-9]+)?)"  # underscores between digits
)
_MOST_DIGITS = 100  # far more than any number here needs; Python itself stops at 4,300


@dataclass(frozen=True, slots=True)
class Unclear:
    """A scalar that is not taken, and what is wrong with it."""

    found: str
    allowed: str
    hint: str


def plain_scalar(text: str) -> Any:
    """The value of an unquoted scalar: None, bool, int, float or str; `Unclear` where readers disagree."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _OLD_BOOL.fullmatch(text):
        reading = "true" if text.lower() in ("yes", "on") else "false"
        return _unclear(text, f"{reading} to some readers of YAML and text to others", "text in quotes")
    return _number(text) if text[0] in "+-.0123456789" else text


def _number(text: str) -> Any:
    if len(text) > _MOST_DIGITS and re.fullmatch(r"[-+0-9_.eE:]+", text):
        return Unclear(f"a number of {len(text)} digits", "numbers below 2 to the power of 63", "")
    if _INT.fullmatch(text):
        return int(text)
    if _HEX.fullmatch(text):
        return int(text, 16)
    if _NOT_FINITE.fullmatch(text):
        return Unclear(f"{text} (not a finite number)", "a finite number, or text in quotes", "")
    if _FLOAT.fullmatch(text) and not _LEADING_ZERO.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else _unclear(text, "a number too large", "text in quotes")
    if _OLD_NUMBER.fullmatch(text):
        return _unclear(text, "which readers of YAML take for different things", "a plain number, or text in quotes")
    return text


def _unclear(text: str, why: str, allowed: str) -> Unclear:
    shown = clean(text)
    return Unclear(f"{shown}, {why}", allowed, f'if you mean the text, write "{shown}"')
