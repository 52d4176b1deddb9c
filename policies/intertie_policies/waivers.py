"""Which results are waived, and which waivers do not hold."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from fnmatch import fnmatchcase

from intertie_policies.config import Settings, Waiver

_LEAST = 4  # letters and digits that a pattern must hold beside what every URN begins with
_NOTHING_SAID = re.compile(r"urn:pulumi|[^A-Za-z0-9]")
_STEPS = 3  # `::` in a URN: stack, project, type and name
_ANYTHING = "\0"
_PACKAGES = ("aws", "azure-native", "gcp", "kubernetes", _ANYTHING)


def holding(settings: Settings, rule: str, urn: str, name: str, today: date) -> Waiver | None:
    """The waiver that covers this result today."""
    for waiver in settings.waivers:
        concerned = waiver.rule == rule and _names(waiver.resource, urn, name)
        if concerned and not why_invalid(waiver, today, settings.longest_waiver_days, urn):
            return waiver
    return None


def why_invalid(waiver: Waiver, today: date, most_days: int, near: str = "") -> str:
    """Why it does not hold; "" when it does. `near`: the URN of a resource of the stack, which must not be enough."""
    if waiver.expires < today:
        return f"it expired on {waiver.expires}"
    left = (waiver.expires - today).days
    if left > most_days:
        allowed = today + timedelta(most_days)
        return f"over-broad: it ends on {waiver.expires}, {left:,} days from now; allowed: {most_days}, to {allowed}"
    said = _NOTHING_SAID.sub("", waiver.resource)
    if len(said) < _LEAST or any(_names(waiver.resource, urn, _ANYTHING) for urn in _anything(waiver.resource, near)):
        return f"{waiver.resource!r} names almost everything"
    return ""


def _anything(pattern: str, near: str) -> Iterator[str]:
    """URNs of no type and name in particular: of the stack that is judged, and of the one that the pattern names."""
    starts = ["::".join(near.split("::")[:2])] if near.count("::") >= _STEPS else []
    steps = pattern.split("::")
    if pattern.startswith("urn:pulumi:") and len(steps) != 2:  # two may be stack and project, or stack and name
        starts.append("::".join((*steps, "*")[:2]).replace("*", _ANYTHING))
    for start in starts:
        yield from (f"{start}::{package}:{_ANYTHING}::{_ANYTHING}" for package in _PACKAGES)


def shown(waiver: Waiver) -> str:
    """How results name it."""
    return f"{waiver.owner} until {waiver.expires}: {waiver.reason}"


def _names(pattern: str, urn: str, name: str) -> bool:
    # brackets are characters of URNs here, not sets
    literal = pattern.replace("[", "[[]")
    return fnmatchcase(urn, literal) or fnmatchcase(name, literal)
