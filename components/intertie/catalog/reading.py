"""Turns a CSV file into frozen rows: the column names are the field names, the field types say how a cell is read.

    str                the cell                      str | None      empty: None
    int, float         the number                    int | None      empty: None
    Decimal            an amount, exact             Decimal | None  empty: None
    bool               true | false                  tuple[str, ...] parts between `;`, empty: ()

`source` and `as_of` are the last two columns of every file and become the row's `Fact`.
A cell or a header that does not fit is a `MalformedRowError`, which names file, line and column.
"""

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import date
from decimal import Decimal
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


def _number(kind: type[int] | type[float], form: re.Pattern[str], cell: str) -> int | float:
    # Python reads `1_000`, ` 1` and `nan` as numbers too: in a table they are slips.
    if not form.fullmatch(cell) or (kind is float and not isfinite(float(cell))):
        raise ValueError(f"not {'a whole' if kind is int else 'a finite'} number")
    return kind(cell)


def _amount(cell: str) -> Decimal:
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", cell):
        raise ValueError("not an amount such as 0.706832")
    return Decimal(cell)


def _truth(cell: str) -> bool:
    if cell not in ("true", "false"):
        raise ValueError("expected true or false")
    return cell == "true"


def _parts(cell: str) -> tuple[str, ...]:
    parts = tuple(cell.split(";")) if cell else ()
    if any(part != part.strip() or not part for part in parts):
        raise ValueError("parts between `;` must not be empty or have spaces around them")
    return parts


_integer = partial(_number, int, re.compile(r"-?[0-9]+"))
_decimal = partial(_number, float, re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"))

READERS: dict[Any, Callable[[str], Any]] = {
    str: _text,
    int: _integer,
    float: _decimal,
    Decimal: _amount,
    bool: _truth,
    tuple[str, ...]: _parts,
    str | None: partial(_optional, _text),
    int | None: partial(_optional, _integer),
    float | None: partial(_optional, _decimal),
    Decimal | None: partial(_optional, _amount),
}


def readers(kind: type[Row]) -> dict[str, Callable[[str], Any]]:
    """How each field of `kind` is read, in order, without its `fact`."""
    hints = get_type_hints(kind)
    return {field.name: READERS[hints[field.name]] for field in fields(kind) if field.name != "fact"}  # type: ignore[arg-type]


def read_rows(name: str, kind: type[Row], lines: Iterable[str]) -> tuple[Row, ...]:
    """All rows of a file. `name` is only for messages, `lines` is its text.

    Raises MalformedRowError for wrong columns, a cell that is not of its type, and a fact without source or date.
    """
    table = csv.reader(lines, strict=True)
    how = readers(kind)
    expected = [*how, *FACT_COLUMNS]
    try:
        header = next(table, [])
        if header != expected:
            raise MalformedRowError(f"{name}:1", f"columns are {header}, expected {expected}")
        return tuple(_row(f"{name}:{table.line_num}", kind, how, cells) for cells in table)
    except csv.Error as error:
        raise MalformedRowError(f"{name}:{table.line_num}", str(error)) from None


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
    return kind(**values | {"fact": _fact(where, source, as_of)})


def _fact(where: str, source: str, as_of: str) -> Fact:
    if not source.strip():
        raise MalformedRowError(where, "source: empty; a fact without a source is not a fact")
    try:
        given = date.fromisoformat(as_of).isoformat()
    except ValueError:
        given = ""
    if given != as_of or not given:
        raise MalformedRowError(where, f"as_of: {as_of!r}: expected an ISO date such as 2026-08-03")
    return Fact(source=source, as_of=as_of)


def load(name: str, kind: type[Row]) -> tuple[Row, ...]:
    """The rows of `data/<name>.csv` in the order of the file. Raises MalformedRowError."""
    text = files("intertie.catalog").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return read_rows(f"data/{name}.csv", kind, text.splitlines())
