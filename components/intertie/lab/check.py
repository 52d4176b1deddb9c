"""What a simulated provider says of inputs before anything is made: names given, every published limit held.

Values that are not known yet count as right. What is wrong is said with the model that says so.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from intertie.lab import values
from intertie.lab.clouds.cloud import Cloud
from intertie.lab.oracles import store
from intertie.lab.oracles.rules import Limit, Rule

Failure = tuple[str, str]  # path, reason

_BOOKKEEPING = frozenset({"__defaults", "__internal"})
_SPECIAL = "4dabf18193072939515e22adb298388d"  # assets and archives: not looked into
_FITS: Mapping[str, tuple[type, ...]] = {
    "string": (str, int, float, bool),  # providers turn scalars into text
    "integer": (int, str),
    "number": (int, float, str),
    "boolean": (bool, str),
    "list": (list,),
    "map": (dict,),
    "object": (dict,),
    "any": (object,),
}
_SHOWN = 6
_ALIKE = 15  # characters by which two reasons are of one sort


class Checker:
    """Checks for one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def check(
        self, token: str, name: str, news: dict[str, Any], olds: Mapping[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[Failure]]:
        """(inputs with what the provider adds, everything that is wrong)."""
        known = store.of(token)
        if not known.known:
            return news, [("", f"the SDK has no type {token}")]
        kind = self._cloud.kind(token)
        if kind.name in known.inputs.fields:
            self._cloud.auto_name(kind, name, news, olds, seed)
        pending = frozenset(key for key, each in news.items() if values.is_unknown(each))
        found = [*_object(known.inputs, news, ""), *self._cloud.check(kind, values.known(news), pending)]
        return news, _once(found)


def _once(failures: list[Failure]) -> list[Failure]:
    """Two models often say the same of one value: the first is enough."""
    said: dict[tuple[str, str], Failure] = {}
    for path, reason in failures:
        said.setdefault((path, reason[:_ALIKE]), (path, reason))
    return list(said.values())


def _object(rule: Rule, value: Mapping[str, Any], path: str) -> Iterator[Failure]:
    for key, each in value.items():
        here = f"{path}.{key}" if path else key
        if key in _BOOKKEEPING or each is None:
            continue
        if key not in rule.fields:
            yield here, f"Invalid or unknown key{_meant(key, rule.fields)}"
        else:
            yield from _value(rule.fields[key], each, here)
    for key, each in rule.fields.items():
        says = [limit.source for limit in each.limits if limit.required and not limit.read_only]
        if (each.required or says) and value.get(key) is None:
            here = f"{path}.{key}" if path else key
            by = f" ({says[0]})" if says else ""
            yield here, f"Missing required property '{here}'{by}"


def _value(rule: Rule, value: Any, path: str) -> Iterator[Failure]:
    if _is_open(rule, value):
        return
    if not isinstance(value, _FITS[rule.kind]):
        yield path, f"expected {_a(rule.kind)}, got {_shown(value)}"
        return
    for limit in rule.limits:
        yield from _limited(limit, value, path)
    if rule.kind == "object":
        yield from _object(rule, value, path)
    elif rule.kind == "map":
        yield from _map(rule, value, path)
    elif rule.kind == "list" and rule.item is not None:
        for position, each in enumerate(value):
            yield from _value(rule.item, each, f"{path}[{position}]")


def _is_open(rule: Rule, value: Any) -> bool:
    """Whether nothing can be said of a value: it is not known, absent, an asset, or may be of several shapes."""
    special = isinstance(value, Mapping) and _SPECIAL in value
    return values.is_unknown(value) or value is None or special or (rule.kind == "any" and not isinstance(value, str))


def _map(rule: Rule, value: Mapping[str, Any], path: str) -> Iterator[Failure]:
    for key, each in value.items():
        here = f"{path}[{key!r}]"
        for limit in rule.key_limits:
            yield from _limited(limit, key, here)
        if rule.item is not None:
            yield from _value(rule.item, each, here)


def _limited(limit: Limit, value: Any, path: str) -> Iterator[Failure]:
    by = f" ({limit.source})"
    text = _text(value)
    if limit.kind == "boolean" and isinstance(value, str) and value not in ("true", "false", ""):
        yield path, f"expected true or false, got {_shown(value)}{by}"
    if text is not None and limit.values and text not in limit.values:
        yield path, f"expected one of {_listed(limit.values)}, got {_shown(value)}{_meant(text, limit.values)}{by}"
    if isinstance(value, str) and limit.pattern and not _matches(limit.pattern, value):
        yield path, f"{_shown(value)} does not match {limit.pattern}{by}"
    size = _size(limit, value)
    if size is not None and limit.least is not None and size < limit.least:
        yield path, f"expected at least {limit.least:g}{_unit(limit, value)}, got {size:g}{by}"
    if size is not None and limit.most is not None and size > limit.most:
        yield path, f"expected at most {limit.most:g}{_unit(limit, value)}, got {size:g}{by}"


def _size(limit: Limit, value: Any) -> float | None:
    """What a limit counts: a number itself, the characters of a text, the entries of a list."""
    if limit.kind in ("integer", "number"):
        try:
            return float(value) if not isinstance(value, bool) else None
        except (TypeError, ValueError):
            return None
    return float(len(value)) if isinstance(value, (str, list, Mapping)) else None


def _unit(limit: Limit, value: Any) -> str:
    if limit.kind in ("integer", "number"):
        return ""
    return " characters" if isinstance(value, str) else " entries"


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:  # written for another engine
        return None


def _matches(pattern: str, value: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.search(value) is not None


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else None


def _meant(word: str, words: Any) -> str:
    near = difflib.get_close_matches(word, list(words), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _listed(allowed: tuple[str, ...]) -> str:
    more = f", … ({len(allowed)} in all)" if len(allowed) > _SHOWN else ""
    return "[" + ", ".join(allowed[:_SHOWN]) + more + "]"


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{text[:60]}…" if len(text) > 60 else text


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
