"""How long clouds take, in virtual time. Facts are in `clouds/data/durations.csv`, each with where it comes from."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from intertie.lab.tables import rows


@dataclass(frozen=True, slots=True)
class Duration:
    """Times of one type, or of all types that a pattern names. Seconds."""

    type: str
    create: float
    update: float
    delete: float
    lag: float  # from ready until everyone sees it (eventual consistency)
    source: str


@cache
def of(type_: str) -> Duration:
    """The row of the type, else that of the first pattern that fits. The last row fits everything."""
    return next(row for row in _rows() if fnmatchcase(type_, row.type))


@cache
def _rows() -> tuple[Duration, ...]:
    names = ("create_s", "update_s", "delete_s", "lag_s")
    return tuple(
        Duration(row["type"], *(float(row[name]) for name in names), source=row["source"])
        for row in rows("intertie.lab.clouds", "data/durations.csv")
    )
