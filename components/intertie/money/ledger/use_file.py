"""Use from a CSV file: `start,end,cloud,region,machine,machines`, one row per stretch of time."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from intertie import catalog
from intertie.errors import Problem
from intertie.money.ledger.entries import MOST_MACHINES, Use, moment
from intertie.money.table import Row, amount, one_of, read_table, refuse

COLUMNS = ("start", "end", "cloud", "region", "machine", "machines")


def read_use(path: Path, now: datetime | None = None) -> tuple[Use, ...]:
    """The rows of a file. InputError with every line and column that cannot be, rows out of order among them."""
    latest, problems, found = now or datetime.now(UTC), [], []
    last: dict[tuple[str, str, str], Use] = {}
    for row in read_table(path, COLUMNS, ()):
        use = _use(row, latest, problems)
        if use is None:
            continue
        place = (use.cloud, use.region, use.machine)
        before = last.get(place)
        if before is not None and use.start < before.end:
            problems.append(row.problem("start", f"a time from {before.end.isoformat()} on, where the row before ends"))
        last[place] = use
        found.append(use)
    refuse(str(path), problems)
    return tuple(found)


def _use(row: Row, latest: datetime, problems: list[Problem]) -> Use | None:
    before = len(problems)
    cloud = one_of(row, "cloud", (*catalog.CLOUDS, "other"), problems)
    start, end = (_time(row, name, problems) for name in ("start", "end"))
    machines = amount(row, "machines", problems)
    if machines is not None and machines > MOST_MACHINES:
        problems.append(row.problem("machines", f"at most {MOST_MACHINES:,}"))
    problems += [row.problem(name, "text") for name in ("region", "machine") if not row.text(name)]
    if start is not None and end is not None and end <= start:
        problems.append(row.problem("end", "a time after `start`"))
    if end is not None and end > latest:
        problems.append(row.problem("end", "a time that is not in the future"))
    if len(problems) > before or start is None or end is None:
        return None
    return Use(cloud, row.text("region"), row.text("machine"), machines or Decimal(0), start, end)


def _time(row: Row, column: str, problems: list[Problem]) -> datetime | None:
    made = moment(row.text(column))
    if made is None:
        problems.append(row.problem(column, "a time with its zone, such as 2026-12-01T11:30:00Z"))
    return made
