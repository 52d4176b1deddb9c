"""Usage from a CSV file. What cannot be meant is refused with row and column; what is untidy is repaired later."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from pathlib import Path

from intertie.errors import InputError, Problem
from intertie.money.files import read_text

MOST_ROWS = 1_000_000
MOST_BYTES = 128 * 1024 * 1024
LARGEST = 1e18
_TIMES = ("timestamp", "ds", "time", "date")
_VALUES = ("value", "y")
_MEASURES = ("currency", "unit")
"""Columns that say what is counted: one file is of one kind, as nothing here converts."""
_MISSING = frozenset(("", "nan", "null", "none", "na", "n/a"))
_MOST_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Rows:
    """What a file says, in its own order. A value of NaN is one that the file leaves out."""

    seconds: list[int]
    values: list[float]
    zoned: bool  # the timestamps name their offset from UTC
    offsets: tuple[int, ...]  # different offsets, in seconds
    dates_only: bool


def read_rows(path: Path) -> Rows:
    """Columns `timestamp` and `value` of a CSV file (also `ds` and `y`). Raises `InputError` with every bad row."""
    text = read_text(path, "a CSV file", largest=MOST_BYTES, smaller="aggregate it to hours or days first")
    try:
        return _parse(csv.reader(io.StringIO(text, newline=""), strict=True), str(path))
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as CSV: {error}") from None


def _parse(lines: Iterator[list[str]], name: str) -> Rows:
    header = next(lines, None)
    if header is None:
        raise InputError(f"{name} is empty: it needs a header `timestamp,value` and rows")
    time_at, value_at = _columns(header, name)
    body = [(number, row) for number, row in enumerate(islice(lines, MOST_ROWS + 1), start=2) if row]
    if len(body) > MOST_ROWS:
        raise InputError(f"{name} has more than {MOST_ROWS:,} rows: aggregate it to hours or days first")
    problems = _mixed(header, body, name)
    parsed: list[tuple[datetime, float]] = []
    for number, row in body:
        if any(row[len(header) :]):
            allowed = f"{len(header)}, as in the header"
            hint = "write plain numbers, without thousands marks"
            problems.append(Problem("row", f"{len(row)} cells", allowed, hint, where=f"{name}: row {number}"))
        moment = _moment(row, time_at, number, name, problems)
        value = _value(row, value_at, number, name, problems)
        if len(problems) >= _MOST_PROBLEMS:
            break
        if moment is not None and value is not None:
            parsed.append((moment, value))
    if problems:
        raise InputError(f"{name}: {len(problems)} rows cannot be used", problems)
    return rows_of([moment for moment, _ in parsed], [value for _, value in parsed], name, [n for n, _ in body])


def _mixed(header: Sequence[str], body: Sequence[tuple[int, list[str]]], name: str) -> list[Problem]:
    """The first row whose currency or unit is another than that of the row before it; sums of both mean nothing."""
    names, problems = [cell.strip().lower() for cell in header], []
    for column in (known for known in _MEASURES if known in names):
        at = names.index(column)
        told = [(number, row[at].strip()) for number, row in body if at < len(row) and row[at].strip()]
        odd = next((each for each in told if each[1] != told[0][1]), None)
        if odd is not None:
            allowed = f"{told[0][1][:20]}, as in row {told[0][0]}"
            hint = "convert it, or forecast each in a file of its own"
            problems.append(Problem(column, repr(odd[1][:60]), allowed, hint, where=f"{name}: row {odd[0]}"))
    return problems


def rows_of(moments: Sequence[datetime], values: Sequence[float], name: str, numbers: Sequence[int] = ()) -> Rows:
    """Moments and values as rows. Raises `InputError` where some moments name a zone and others do not."""
    zoned = [moment.tzinfo is not None for moment in moments]
    if any(zoned) and not all(zoned):
        odd = zoned.index(not zoned[0])
        row = f"row {numbers[odd]}" if numbers else f"value {odd + 1}"
        raise InputError(f"{name}: {row}: some timestamps name a zone and others do not; write all of them alike")
    if not any(zoned):
        seconds = [int(moment.replace(tzinfo=UTC).timestamp()) for moment in moments]
        return Rows(seconds, list(values), False, (), _only_dates(moments))
    offsets = {int((moment.utcoffset() or timedelta(0)).total_seconds()) for moment in moments}
    return Rows([int(moment.timestamp()) for moment in moments], list(values), True, tuple(sorted(offsets)), False)


def _only_dates(moments: Iterable[datetime]) -> bool:
    return all(moment.hour == moment.minute == moment.second == 0 for moment in moments)


def _columns(header: Sequence[str], name: str) -> tuple[int, int]:
    names = [cell.strip().lower() for cell in header]
    time_at = next((names.index(known) for known in _TIMES if known in names), None)
    value_at = next((names.index(known) for known in _VALUES if known in names), None)
    if time_at is None or value_at is None:
        found = ", ".join(cell[:40] for cell in header[:10])
        raise InputError(f"{name}: row 1: found the columns {found!r}; allowed: `timestamp` and `value`")
    return time_at, value_at


def _moment(row: Sequence[str], at: int, number: int, name: str, problems: list[Problem]) -> datetime | None:
    text = row[at].strip() if at < len(row) else ""
    try:
        moment = _read_moment(text)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not 1970 <= moment.year <= 2200:
        allowed = "a time such as 2026-05-01T13:00:00Z, 2026-05-01 13:00 or 2026-05-01, from 1970 to 2200"
        problems.append(Problem("timestamp", repr(text[:60]), allowed, where=f"{name}: row {number}"))
        return None
    return moment


def _read_moment(text: str) -> datetime:
    if text.isdigit() and len(text) in (10, 13):  # seconds or milliseconds since 1970
        return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None and not isinstance(moment.tzinfo, timezone):
        return moment.astimezone(UTC)
    return moment


def _value(row: Sequence[str], at: int, number: int, name: str, problems: list[Problem]) -> float | None:
    text = row[at].strip() if at < len(row) else ""
    if text.lower() in _MISSING:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if not 0 <= value <= LARGEST or "_" in text:
        hint = "usage cannot be negative" if value < 0 else "write plain numbers, without units or separators"
        allowed = f"a number from 0 to {LARGEST:g}, or nothing where it is unknown"
        problems.append(Problem("value", repr(text[:60]), allowed, hint, where=f"{name}: row {number}"))
        return None
    return value
