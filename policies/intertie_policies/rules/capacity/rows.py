"""Reads the tables of this group (`tables/*.csv`). One row adds a combination, a need, a spelling or a name.

Values are separated by `;`, compared without case, and may hold `*` for any text. No value: the property is given.
`*several*`: it is a list of more than one item.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from intertie_policies.accessor import Value
from intertie_policies.conditions import When
from intertie_policies.pools import AKS, AKS_CLUSTER, GKE, GKE_CLUSTER, pools_of
from intertie_policies.resources import Resource

_TABLES = Path(__file__).parent / "tables"
_SEVERAL = "*several*"
INLINE = {AKS_CLUSTER: AKS, GKE_CLUSTER: GKE}
"""Clusters that hold pools: the rows of a pool's type are meant for those inside too."""


def subjects(resource: Resource) -> Iterator[tuple[str, Value]]:
    """The resource itself, and the pools inside it: each with the type whose rows hold for it."""
    yield resource.type, resource.props
    if resource.type in INLINE:
        yield from ((INLINE[resource.type], pool.props) for pool in pools_of(resource))


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two settings of one resource, or of one pool, that exclude each other. `one` is read first."""

    type: str  # for node pools, those inside a cluster are meant too
    one: When
    other: When
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class Need:
    """A setting that cannot do without another one."""

    type: str
    when: When
    needs: When
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a property's whole value matches, as a regular expression. Case matters to the clouds."""

    type: str
    path: str
    pattern: str
    allowed: str  # the same for people
    required: bool  # given, in every item that the path leads through
    source: str


@cache
def conflicts() -> tuple[Conflict, ...]:
    return tuple(
        Conflict(row["type"], _when(row, "one"), _when(row, "other"), row["why"], row["source"])
        for row in _rows("conflicts")
    )


@cache
def needs() -> tuple[Need, ...]:
    return tuple(
        Need(row["type"], _when(row, "when"), _when(row, "needs"), row["why"], row["source"]) for row in _rows("needs")
    )


@cache
def conflicts_of(type_: str) -> tuple[Conflict, ...]:
    return tuple(row for row in conflicts() if row.type == type_)


@cache
def needs_of(type_: str) -> tuple[Need, ...]:
    return tuple(row for row in needs() if row.type == type_)


@cache
def spellings(table: str) -> tuple[Spelling, ...]:
    """`spellings` (values) or `names`."""
    return tuple(
        Spelling(row["type"], row["path"], row["pattern"], row["allowed"], row["required"] == "yes", row["source"])
        for row in _rows(table)
    )


@cache
def spellings_of(table: str, type_: str) -> tuple[Spelling, ...]:
    return tuple(row for row in spellings(table) if row.type == type_)


def _when(row: dict[str, str], key: str) -> When:
    values = row[f"{key}_values"]
    if values == _SEVERAL:
        return When(row[key], several=True)
    return When(row[key], tuple(values.split(";")) if values else ())


def _rows(table: str) -> Iterator[dict[str, str]]:
    with (_TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
