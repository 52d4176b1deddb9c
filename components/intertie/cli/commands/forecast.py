"""`intertie forecast`: usage ahead, from usage so far."""

from pathlib import Path
from typing import Annotated, Any

import typer

from intertie.cli.output import Format, FormatOption, console, write_json


def forecast(  # noqa: PLR0917  these are options, not positions
    file: Annotated[Path, typer.Argument(help="CSV file with the columns `timestamp` and `value`.")],
    horizon: Annotated[str, typer.Option(help="How far ahead: `30d`, `48h`.")] = "30d",
    unit: Annotated[str, typer.Option(help="What the values count: requests, tokens, GPU-hours.")] = "units",
    step: Annotated[
        str | None, typer.Option(help="Put rows together in steps of `1h` or `1d`. Default: the file's own step.")
    ] = None,
    aggregate: Annotated[
        str | None, typer.Option(help="How rows of one step become a value: sum, mean or max. Default: sum.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Where the hours of day are, for example `Europe/Stockholm`.")
    ] = None,
    holidays: Annotated[str, typer.Option(help="Public holidays of a country: `US`, `DE-BY`.")] = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Forecast usage: quantiles per step, the total, the peak day with probabilities, and how high the peak will be.

    Example: `intertie forecast usage.csv --horizon 30d --unit requests --holidays US`
    """
    from intertie.money.forecast import forecast as ahead_of
    from intertie.money.forecast import read_rows, regular
    from intertie.money.forecast.durations import seconds_of
    from intertie.money.forecast.regular import known_aggregate, steps_of
    from intertie.money.forecast.result import to_json
    from intertie.money.forecast.zones import zone_of

    length = seconds_of(horizon, "--horizon")
    series = regular(
        read_rows(file),
        unit=unit,
        zone=zone_of(timezone),
        step=seconds_of(step, "--step") if step else None,
        aggregate=known_aggregate(aggregate),
        name=str(file),
    )
    data = to_json(ahead_of(series, steps_of(length, series.step), place=holidays))
    if format is Format.JSON:
        write_json(data)
    else:
        _show(data)


def _show(data: dict[str, Any]) -> None:
    """Total and peak first; then the steps, by day where they are many."""
    from intertie.report.forecast import lines

    out = console()
    for line in lines(data):
        out.print(line, markup=False, soft_wrap=True)
