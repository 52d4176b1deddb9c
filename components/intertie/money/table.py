"""CSV files that people keep: read whole, checked cell by cell, refused with line and column.

    Table("contract.csv", columns, required)   →  rows of cells by column name, each with its line

Everything wrong is told at once, as `Problem`s whose `where` is `file:line` and whose `path` is the column.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from intertie.errors import InputError, Problem
from intertie.money.amount import CURRENCY
from intertie.money.files import read_text

MOST_PROBLEMS = 100
MOST_AMOUNT = Decimal("1e9")
"""Dollars of one price or quantity of one row: what is larger is a slip."""

_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one line, by column."""

    file: str
    line: int
    cells: Mapping[str, str]

    def problem(self, column: str, allowed: str, hint: str = "") -> Problem:
        """A cell that cannot be taken."""
        cell = self.cells.get(column, "")
        return Problem(column, shown(cell), allowed, hint, where=f"{self.file}:{self.line}")

    def text(self, column: str, default: str = "") -> str:
        return self.cells.get(column, "").strip() or default


def shown(cell: str) -> str:
    """A cell in a message: short, on one line, in quotes."""
    text = cell if len(cell) <= 60 else f"{cell[:57]}..."
    return repr(text) if text else "nothing"


def read_table(path: Path, required: Iterable[str], optional: Iterable[str]) -> tuple[Row, ...]:
    """The rows of a CSV file with a header. InputError for what is no such table, with the line."""
    return rows_in(read_text(path, "a CSV file"), str(path), required, optional)


def rows_in(text: str, name: str, required: Iterable[str], optional: Iterable[str]) -> tuple[Row, ...]:
    """The same of a text; `name` stands before the line of every problem."""
    return tuple(_rows(text, name, tuple(required), tuple(optional)))


def _rows(text: str, name: str, required: tuple[str, ...], optional: tuple[str, ...]) -> Iterator[Row]:
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(table, [])]
        _check_header(name, header, required, optional)
        for cells in table:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                found = f"{len(cells)} cells"
                problem = Problem("row", found, f"{len(header)}, as in the header", where=f"{name}:{table.line_num}")
                raise InputError(f"{name}: 1 problem", [problem])
            yield Row(name, table.line_num, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise InputError(f"{name}:{table.line_num}: not CSV: {error}") from None


def _check_header(name: str, header: list[str], required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    known = (*required, *optional)
    problems = [
        Problem("header", f"no column {column!r}", f"the columns {', '.join(required)}", where=f"{name}:1")
        for column in required
        if column not in header
    ]
    problems += [
        Problem("header", f"the column {shown(column)}", f"the columns {', '.join(known)}", where=f"{name}:1")
        for column in header
        if column not in known
    ]
    if len(set(header)) != len(header):
        problems.append(Problem("header", "a column twice", "each column once", where=f"{name}:1"))
    refuse(name, problems)


def refuse(name: str, problems: list[Problem]) -> None:
    """InputError with every problem, up to a hundred; nothing when there is none."""
    if not problems:
        return
    count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
    raise InputError(f"{name}: {count}", problems[:MOST_PROBLEMS])


def amount(row: Row, column: str, problems: list[Problem], *, least: Decimal = Decimal(0)) -> Decimal | None:
    """An amount not below `least`; a problem and None when the cell holds none."""
    cell = row.text(column)
    if not _AMOUNT.fullmatch(cell):
        problems.append(row.problem(column, "an amount such as 39.5", "no sign, exponent, currency or thousands mark"))
        return None
    value = Decimal(cell)
    if not least <= value <= MOST_AMOUNT:
        problems.append(row.problem(column, f"an amount from {least:f} to {MOST_AMOUNT:,f}"))
        return None
    return value


def day(row: Row, column: str, problems: list[Problem], *, latest: date | None = None) -> date | None:
    """A calendar day that is not after `latest` (today, when it is not given)."""
    cell = row.text(column)
    try:
        value = date.fromisoformat(cell)
    except ValueError:
        value = None
    if value is None or value.isoformat() != cell:
        problems.append(row.problem(column, "a day such as 2026-08-03"))
        return None
    if value > (latest or datetime.now(UTC).date()):
        problems.append(row.problem(column, "a day that is not in the future"))
        return None
    return value


def currency(row: Row, column: str, problems: list[Problem]) -> None:
    """US dollars. Other money is refused, not converted: a rate has a day of its own."""
    if row.text(column) != CURRENCY:
        hint = f"convert it, and say the rate and its day in `source`: everything is counted in {CURRENCY}"
        problems.append(row.problem(column, CURRENCY, hint))


def one_of(row: Row, column: str, allowed: Iterable[str], problems: list[Problem], default: str = "") -> str:
    """One of some words."""
    words, cell = tuple(allowed), row.text(column, default)
    if cell not in words:
        problems.append(row.problem(column, ", ".join(words)))
    return cell
