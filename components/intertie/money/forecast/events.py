"""The user's own events, from a CSV file: `name,start,end,multiplier`."""

import csv
from datetime import date
from pathlib import Path

from intertie.errors import InputError, Problem
from intertie.money.forecast.calendar import Event

_COLUMNS = {"name", "start", "end"}
_LONGEST = 366  # days
_MOST = 1000


def read_events(path: Path) -> tuple[Event, ...]:
    """Events of a file. `multiplier` may be left out or empty. Raises `InputError` with every bad row."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV: {error}") from None
    if len(rows) > _MOST or (rows and not set(rows[0]) >= _COLUMNS):
        raise InputError(f"{path}: allowed: at most {_MOST} rows with the columns name, start, end and multiplier")
    problems: list[Problem] = []
    events = [_event(row, f"{path}: row {number}", problems) for number, row in enumerate(rows, start=2)]
    if problems:
        raise InputError(f"{path}: {len(problems)} events cannot be used", problems)
    return tuple(event for event in events if event is not None)


def _event(row: dict[str, str | None], where: str, problems: list[Problem]) -> Event | None:
    name, start, end = ((row.get(column) or "").strip() for column in ("name", "start", "end"))
    times = (row.get("multiplier") or "").strip()
    try:
        event = Event(
            name, date.fromisoformat(start), date.fromisoformat(end or start), float(times) if times else None
        )
    except ValueError:
        event = None
    if event is not None and name and _possible(event):
        return event
    found = ", ".join(repr(text[:40]) for text in (name, start, end, times))
    allowed = "a name, dates such as 2026-11-27 with the end not before the start, and a multiplier from 0.01 to 100"
    problems.append(Problem("event", found, allowed, where=where))
    return None


def _possible(event: Event) -> bool:
    times = 1.0 if event.multiplier is None else event.multiplier
    return 0 <= (event.end - event.start).days <= _LONGEST and 0.01 <= times <= 100
