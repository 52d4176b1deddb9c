"""The user's own events, from a CSV file: `name,start,end,multiplier`."""

from datetime import date
from pathlib import Path

from intertie.errors import InputError, Problem
from intertie.money.forecast.calendar import Event
from intertie.money.table import Row, read_table, refuse

_LONGEST = 366  # days
_MOST = 1000


def read_events(path: Path) -> tuple[Event, ...]:
    """Events of a file. `multiplier` may be left out or empty. Raises `InputError` with every bad row."""
    rows = read_table(path, ("name", "start", "end"), ("multiplier",))
    if len(rows) > _MOST:
        raise InputError(f"{path}: found {len(rows):,} rows; allowed: at most {_MOST:,} events")
    problems: list[Problem] = []
    events = [_event(row, problems) for row in rows]
    refuse(str(path), problems)
    return tuple(event for event in events if event is not None)


def _event(row: Row, problems: list[Problem]) -> Event | None:
    before = len(problems)
    name, start = row.text("name"), _day(row, "start", problems)
    end = _day(row, "end", problems) if row.text("end") else start
    if not name:
        problems.append(row.problem("name", "a name"))
    if start is not None and end is not None and not 0 <= (end - start).days <= _LONGEST:
        problems.append(row.problem("end", f"a day that is not before the start, and at most {_LONGEST} days later"))
    times = _times(row, problems) if row.text("multiplier") else None
    if len(problems) > before or start is None or end is None:
        return None
    return Event(name, start, end, times)


def _day(row: Row, column: str, problems: list[Problem]) -> date | None:
    try:
        return date.fromisoformat(row.text(column))
    except ValueError:
        problems.append(row.problem(column, "a day such as 2026-11-27"))
        return None


def _times(row: Row, problems: list[Problem]) -> float | None:
    try:
        times = float(row.text("multiplier"))
    except ValueError:
        times = 0.0
    if not 0.01 <= times <= 100:
        problems.append(row.problem("multiplier", "a number from 0.01 to 100, or nothing"))
        return None
    return times
