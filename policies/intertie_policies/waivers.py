"""Which results are waived, and which waivers do not hold."""

import re
from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase

from intertie_policies.config import Waiver

_LEAST = 4  # letters and digits that a pattern must hold beside what every URN begins with
_NOTHING_SAID = re.compile(r"urn:pulumi|[^A-Za-z0-9]")


def holding(waivers: Iterable[Waiver], rule: str, urn: str, name: str, today: date) -> Waiver | None:
    """The waiver that covers this result today."""
    for waiver in waivers:
        if waiver.rule == rule and not why_invalid(waiver, today) and _names(waiver.resource, urn, name):
            return waiver
    return None


def why_invalid(waiver: Waiver, today: date) -> str:
    """Why it does not hold; "" when it does."""
    if waiver.expires < today:
        return f"it expired on {waiver.expires}"
    if len(_NOTHING_SAID.sub("", waiver.resource)) < _LEAST:
        return f"{waiver.resource!r} names almost everything"
    return ""


def shown(waiver: Waiver) -> str:
    """How results name it."""
    return f"{waiver.owner} until {waiver.expires}: {waiver.reason}"


def _names(pattern: str, urn: str, name: str) -> bool:
    # brackets are characters of URNs here, not sets
    literal = pattern.replace("[", "[[]")
    return fnmatchcase(urn, literal) or fnmatchcase(name, literal)
