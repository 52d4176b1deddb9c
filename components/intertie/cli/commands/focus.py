"""`intertie focus`: cost and usage as FOCUS 1.2 rows."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from intertie.cli.output import talk
from intertie.cli.pricing import Prices, price_book
from intertie.errors import InputError


def focus(  # noqa: PLR0917  these are options, not positions
    spec: Annotated[Path, typer.Argument(help="Description of the pipeline.")],
    first: Annotated[str, typer.Option("--from", help="First day, for example 2026-11-01.")],
    last: Annotated[str, typer.Option("--to", help="Last day.")],
    placement: Annotated[
        list[str] | None, typer.Option("--placement", "-p", help="Only this placement; may be given several times.")
    ] = None,
    usage: Annotated[
        Path | None, typer.Option(help="What was used, as CSV `date,pool,hours`: actual rows instead of planned ones.")
    ] = None,
    prices: Prices = None,
) -> None:
    """Write cost and usage as CSV in FOCUS 1.2: a row per day and resource, with stage and tags. Planned, or actual.

    What has no known price has no row; it is told on standard error.

    Example: `intertie focus stacks/specs/chat.yaml --placement aws-use1 --from 2026-11-01 --to 2026-11-30`
    """
    from intertie.money import cost_of
    from intertie.money.focus import as_csv, planned_rows, read_usage, used_rows
    from intertie.plan import resolve
    from intertie.spec import read_file

    begin, end = _days(first, last)
    described = read_file(spec)
    names = list(dict.fromkeys(placement or described.placements))
    unknown = [name for name in names if name not in described.placements]
    if unknown or (usage is not None and len(names) != 1):
        raise InputError(f"--placement: allowed: {', '.join(described.placements)}; with --usage, one of them")
    rows = []
    for name in names:
        plan = resolve(described, name)
        book = price_book(prices)
        cost = cost_of(plan, book)
        if usage is not None:
            used = {key: hours for key, hours in read_usage(usage, plan).items() if begin <= key[0] <= end}
            rows += used_rows(plan, cost, book, used)
        else:
            rows += planned_rows(plan, cost, book, begin, end)
        for gap in cost.unknown:
            talk(f"{name}: not in the rows: {gap}")
    typer.echo(as_csv(rows), nl=False)


def _days(first: str, last: str) -> tuple[date, date]:
    from intertie.money.focus.planned import LONGEST_DAYS

    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        begin, end = date.max, date.min
    if not 0 <= (end - begin).days < LONGEST_DAYS:
        raise InputError(f"--from {first!r} --to {last!r}; allowed: two days such as 2026-11-01, at most a year apart")
    return begin, end
