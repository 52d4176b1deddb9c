"""How long clouds take, in virtual time. Facts are in `clouds/data/durations.csv`, each with where it comes from."""

import csv
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files


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
    with files("intertie.lab.clouds").joinpath("data/durations.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Duration(
                row["type"],
                *(float(row[name]) for name in ("create_s", "update_s", "delete_s", "lag_s")),
                source=row["source"],
            )
            for row in csv.DictReader(file)
        )
