"""Turns a CSV file into frozen rows: the column names are the field names, the field types say how a cell is read.

    str                the cell                      str | None      empty: None
    int, float         the number                    int | None      empty: None
    bool               true | false                  tuple[str, ...] parts between `;`, empty: ()

`source` and `as_of` are the last two columns of every file and become the row's `Fact`.
A cell or a header that does not fit is a `MalformedRowError`, which names file, line and column.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import date
from functools import partial
from importlib.resources import files
from math import isfinite
from typing import Any, TypeVar, get_type_hints

from intertie.catalog.types import Fact
from intertie.errors import InputError

Row = TypeVar("Row")
FACT_COLUMNS = ("source", "as_of")


class MalformedRowError(InputError):
    """A data file of the catalogue does not say what its columns promise. `where` is `file.csv:line`."""

    def __init__(self, where: str, message: str) -> None:
        self.where = where
        super().__init__(f"{where}: {message}")


def _optional(read: Callable[[str], Any], cell: str) -> Any:
    return read(cell) if cell else None


def _text(cell: str) -> str:
    return cell


def _required_number(kind: type[int] | type[float], cell: str) -> int | float:
    number = kind(cell)
    if not isfinite(number):
        raise ValueError("not a finite number")
    return number


def _truth(cell: str) -> bool:
    if cell not in ("true", "false"):
        raise ValueError("expected true or false")
    return cell == "true"


def _parts(cell: str) -> tuple[str, ...]:
    parts = tuple(cell.split(";")) if cell else ()
    if any(part != part.strip() or not part for part in parts):
        raise ValueError("parts between `;` must not be empty or have spaces around them")
    return parts


_integer = partial(_required_number, int)
_decimal = partial(_required_number, float)

READERS: dict[Any, Callable[[str], Any]] = {
    str: _text,
    int: _integer,
    float: _decimal,
    bool: _truth,
    tuple[str, ...]: _parts,
    str | None: partial(_optional, _text),
    int | None: partial(_optional, _integer),
    float | None: partial(_optional, _decimal),
}


def readers(kind: type[Row]) -> dict[str, Callable[[str], Any]]:
    """How each field of `kind` is read, in order, without its `fact`."""
    hints = get_type_hints(kind)
    return {field.name: READERS[hints[field.name]] for field in fields(kind) if field.name != "fact"}  # type: ignore[arg-type]


def read_rows(name: str, kind: type[Row], lines: Iterator[str] | list[str]) -> tuple[Row, ...]:
    """All rows of a file. `name` is only for messages, `lines` is its text.

    Raises MalformedRowError for wrong columns, for a cell that is not of its type, and for a fact without source or date.
    """
    table = csv.reader(lines)
    header = next(table, [])
    how = readers(kind)
    expected = [*how, *FACT_COLUMNS]
    if header != expected:
        raise MalformedRowError(f"{name}:1", f"columns are {header}, expected {expected}")
    return tuple(_row(f"{name}:{table.line_num}", kind, how, cells) for cells in table)


def _row(where: str, kind: type[Row], how: dict[str, Callable[[str], Any]], cells: list[str]) -> Row:
    if len(cells) != len(how) + len(FACT_COLUMNS):
        raise MalformedRowError(where, f"{len(cells)} cells, expected {len(how) + len(FACT_COLUMNS)}")
    values: dict[str, Any] = {}
    for (column, read), cell in zip(how.items(), cells, strict=False):
        try:
            values[column] = read(cell)
        except ValueError as error:
            raise MalformedRowError(where, f"{column}: {cell!r}: {error}") from None
    source, as_of = cells[-2:]
    make: Callable[..., Row] = kind
    return make(**values, fact=_fact(where, source, as_of))


def _fact(where: str, source: str, as_of: str) -> Fact:
    if not source.strip():
        raise MalformedRowError(where, "source: empty; a fact without a source is not a fact")
    try:
        date.fromisoformat(as_of)
    except ValueError:
        raise MalformedRowError(where, f"as_of: {as_of!r}: expected an ISO date such as 2026-08-03") from None
    return Fact(source=source, as_of=as_of)


def load(name: str, kind: type[Row]) -> tuple[Row, ...]:
    """The rows of `data/<name>.csv` in the order of the file. Raises MalformedRowError."""
    file = files("intertie.catalog").joinpath("data", f"{name}.csv")
    if not file.is_file():
        return ()
    text = file.read_text(encoding="utf-8")
    return read_rows(f"data/{name}.csv", kind, text.splitlines())
