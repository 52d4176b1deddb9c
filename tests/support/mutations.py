"""Descriptions with one thing changed: at any place, to anything."""

import copy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Loc = tuple[str | int, ...]

INJECTIONS = (
    "'; DROP TABLE stages; --", "$(rm -rf /)", "`id`", "{{7*7}}", "${jndi:ldap://example.com/a}", "../../etc/passwd",
    "a\nkind: Secret", "<script>alert(1)</script>", "%s%s%n", "--privileged", "name: x", "!!python/object:os.system",
    "\u202egnp.exe", "a\0b", "é" * 3, "\ud800", "ⅷ", "🚀", "ＡＢＣ", "a" * 10_000,
    " ", "\t", "-", "_", "0", "true", "null", "~",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2**31, 2**63, 10**400, -(2**63), 0.1, -0.5, 1e308, float("nan"), float("inf"))
OTHERS = (None, True, False, [], {}, [[]], [None], {"": None}, {"a": {"b": {"c": []}}}, [1, "x", {"y": [2]}], b"bytes")
NAMES = (
    "name", "kind", "id", "replicas", "precision", "zone", "owner", "cloud", "vllm", "spot", "odcr", "aws", "h100",
    "16Gi", "800ms", "70e9", "2..8", "10.0.0.0/16", "us-east-1", "primary",
)  # fmt: skip


def places(data: Any, loc: Loc = ()) -> list[Loc]:
    """Every place in `data`, the root first."""
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [loc, *(place for step, child in children for place in places(child, (*loc, step)))]


def at(data: Any, loc: Loc) -> Any:
    for step in loc:
        data = data[step]
    return data


def changed(data: Any, loc: Loc, value: Any) -> Any:
    """A copy of `data` with another value at `loc`."""
    if not loc:
        return copy.deepcopy(value)
    data = copy.deepcopy(data)
    at(data, loc[:-1])[loc[-1]] = copy.deepcopy(value)
    return data


def removed(data: Any, loc: Loc) -> Any:
    """A copy of `data` without what is at `loc` (not the root)."""
    data = copy.deepcopy(data)
    del at(data, loc[:-1])[loc[-1]]
    return data


def with_key(data: Any, loc: Loc, key: Any, value: Any) -> Any:
    """A copy of `data` with a further key, or entry, at `loc`."""
    data = copy.deepcopy(data)
    target = at(data, loc)
    if isinstance(target, dict):
        target[key] = value
    elif isinstance(target, list):
        target.append(value)
    return data


def renamed(data: Any, loc: Loc, key: Any) -> Any:
    """A copy of `data` with the last key of `loc` under another name, at the same place among its siblings."""
    data = copy.deepcopy(data)
    if not loc or not isinstance(at(data, loc[:-1]), dict):
        return data
    parent = at(data, loc[:-1])
    items = [(key if name == loc[-1] else name, value) for name, value in parent.items()]
    parent.clear()
    parent.update(items)
    return data


def values() -> SearchStrategy[Any]:
    """Wrong types, edges of numbers, odd text, injections, and values that would be right elsewhere."""
    return st.one_of(
        st.sampled_from(OTHERS),
        st.sampled_from(NUMBERS),
        st.sampled_from(INJECTIONS),
        st.sampled_from(NAMES),
        st.integers(),
        st.floats(),
        st.text(st.characters(codec=None, exclude_categories=()), max_size=40),
    )


def keys() -> SearchStrategy[Any]:
    return st.one_of(
        st.sampled_from(INJECTIONS), st.sampled_from(NAMES), st.sampled_from((1, None, True, 1.5, (1,), b"x"))
    )
