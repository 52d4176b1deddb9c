"""Which changes make another resource, or are refused: what AWS publishes as create-only, dated tables for the rest."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from intertie.lab import values
from intertie.lab.clouds.cloud import Cloud
from intertie.lab.oracles import store
from intertie.lab.tables import rows

_ALWAYS = ("region", "location", "zone", "project", "resourceGroupName")
_INDEX = re.compile(r"\[[^\]]*\]")


def replaced(
    cloud: Cloud, token: str, paths: Iterable[str], olds: Mapping[str, Any], news: Mapping[str, Any]
) -> set[str]:
    """Those of the changed paths that cannot be changed in place."""
    fixed = {*cloud.kind(token).replaced_by, *_published(token), *_table().get(token, {}), *_ALWAYS}
    movable = _movable().get(token, frozenset())
    return {
        path
        for path in paths
        if any(_covers(each, path) for each in fixed) and not any(_covers(each, path) for each in movable)
        if not cloud.same(token, path, olds, news)
    }


def refused(cloud: Cloud, token: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> str:
    """The first property that the cloud cannot change and the provider does not replace for; empty: there is none."""
    for row in _rows():
        path = row["path"]
        if row["type"] != token or row["change"] != "refuse" or cloud.same(token, path, olds, news):
            continue
        if values.one(olds, path) != values.one(news, path):
            return path
    return ""


def _covers(fixed: str, path: str) -> bool:
    """Whether a path is a fixed one, lies inside it, or holds it whole (a list that was compared as one value)."""
    plain, fixed = _INDEX.sub("", path), fixed.replace("[]", "")
    return plain == fixed or plain.startswith(f"{fixed}.") or fixed.startswith(f"{plain}.")


@cache
def _published(token: str) -> frozenset[str]:
    return frozenset(store.of(token).fixed())


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    """Type → path → source, of what no published model says."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in _rows():
        if row["change"] == "replace":
            found[row["type"]][row["path"]] = row["source"]
    return found


@cache
def _movable() -> Mapping[str, frozenset[str]]:
    """Type → what a provider changes in place although CloudFormation does not."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in _rows():
        if row["change"] == "update":
            found[row["type"]].add(row["path"])
    return {token: frozenset(paths) for token, paths in found.items()}


@cache
def _rows() -> list[dict[str, str]]:
    return rows("intertie.lab.clouds", "data/immutable.csv")
