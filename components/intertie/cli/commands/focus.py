"""`intertie focus`: cost and usage as FOCUS 1.2 rows."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intertie.cli.output import talk
from intertie.cli.pricing import Prices, price_book
from intertie.errors import InputError

if TYPE_CHECKING:
    from intertie.money import PriceBook
    from intertie.money.focus.used import Usage
    from intertie.spec import PipelineSpec


Description = Annotated[Path, typer.Argument(help="Description of the pipeline.")]
First = Annotated[str, typer.Option("--from", help="First day, for example 2026-11-01.")]
Last = Annotated[str, typer.Option("--to", help="Last day.")]
Placements = Annotated[
    list[str] | None, typer.Option("--placement", "-p", help="Only this placement; may be given several times.")
]
Used = Annotated[
    Path | None, typer.Option(help="What was used, as CSV `date,pool,hours`: actual rows instead of planned ones.")
]
Committed = Annotated[Path | None, typer.Option(help="A ledger, whose discounts cover hours and cost money.")]


def focus(  # noqa: PLR0917  these are options, not positions
    spec: Description,
    first: First,
    last: Last,
    placement: Placements = None,
    usage: Used = None,
    ledger: Committed = None,
    prices: Prices = None,
) -> None:
    """Write cost and usage as CSV in FOCUS 1.2: a row per day and resource, with stage and tags. Planned, or actual.

    What has no known price has no row; it is told on standard error.

    Example: `intertie focus stacks/specs/chat.yaml --placement aws-use1 --from 2026-11-01 --to 2026-11-30`
    """
    from intertie.money.focus import as_csv
    from intertie.spec import read_file

    days = _days(first, last)
    described = read_file(spec)
    names = list(dict.fromkeys(placement or described.placements))
    unknown = [name for name in names if name not in described.placements]
    if unknown or (usage is not None and len(names) != 1):
        raise InputError(f"--placement: allowed: {', '.join(described.placements)}; with --usage, one of them")
    book = price_book(prices)
    rows = [row for name in names for row in _rows(described, name, book, days, usage, ledger)]
    typer.echo(as_csv(rows), nl=False)


def _rows(  # noqa: PLR0917
    described: "PipelineSpec",
    name: str,
    book: "PriceBook",
    days: tuple[date, date],
    usage: Path | None,
    ledger: Path | None,
) -> "Iterable[dict[str, Any]]":
    """Rows of one placement; what has none is told."""
    from intertie.money import cost_of
    from intertie.money.focus import planned_rows, read_usage, used_rows
    from intertie.money.focus.columns import ACTUAL, PLANNED
    from intertie.money.focus.commitments import discounts_of, with_discounts
    from intertie.plan import resolve

    plan = resolve(described, name)
    cost = cost_of(plan, book)
    for gap in cost.unknown:
        talk(f"{name}: not in the rows: {gap}")
    if usage is not None:
        rows, record = used_rows(plan, cost, book, _within(days, read_usage(usage, plan))), ACTUAL
    else:
        rows, record = planned_rows(plan, cost, book, *days), PLANNED
    if ledger is None:
        return rows
    from intertie.money.ledger import read

    end = datetime.combine(days[1] + timedelta(days=1), time(), UTC)
    return with_discounts(rows, discounts_of(read(ledger), plan, end), plan, record)


def _within(days: tuple[date, date], usage: "Usage") -> "Usage":
    """Use of the days that are asked for; of the others it is said that they are left out."""
    within = {key: hours for key, hours in usage.items() if days[0] <= key[0] <= days[1]}
    others = {day for day, _ in usage} - {day for day, _ in within}
    if others:
        talk(f"use of {len(others)} other days is not in the rows: {min(others)} to {max(others)}")
    return within


def _days(first: str, last: str) -> tuple[date, date]:
    from intertie.money.focus.planned import LONGEST_DAYS

    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        begin, end = date.max, date.min
    if not 0 <= (end - begin).days < LONGEST_DAYS:
        raise InputError(f"--from {first!r} --to {last!r}; allowed: two days such as 2026-11-01, at most a year apart")
    return begin, end
