"""`intertie forecast`: usage ahead, from usage so far."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intertie.cli.output import Format, FormatOption, console, write_json
from intertie.errors import InputError

if TYPE_CHECKING:
    from intertie.money.forecast.reading import Rows
    from intertie.plan.types import StagePlan


def forecast(  # noqa: PLR0917  these are options, not positions
    file: Annotated[Path | None, typer.Argument(help="CSV file with the columns `timestamp` and `value`.")] = None,
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
    prometheus: Annotated[str | None, typer.Option(help="Instead of a file: address of a Prometheus.")] = None,
    query: Annotated[str | None, typer.Option(help="PromQL that gives one series, with --prometheus.")] = None,
    history: Annotated[str, typer.Option(help="How far back, with --prometheus.")] = "90d",
    events: Annotated[
        Path | None, typer.Option(help="CSV file of your own events: `name,start,end,multiplier`.")
    ] = None,
    backtest: Annotated[
        bool, typer.Option("--backtest", help="Forecast the past instead, and say how good it was.")
    ] = False,
    spec: Annotated[Path | None, typer.Option(help="Description of the pipeline: tells accelerators as well.")] = None,
    placement: Annotated[str | None, typer.Option("--placement", "-p", help="Its placement, with --spec.")] = None,
    stage: Annotated[str | None, typer.Option(help="Its stage that the tokens are for, with --spec.")] = None,
    headroom: Annotated[float, typer.Option(help="What is kept ready, in multiples of usage, with --spec.")] = 1.2,
    format: FormatOption = Format.TEXT,
) -> None:
    """Forecast usage: quantiles per step, the total, the peak day with probabilities, and how high the peak will be.

    Example: `intertie forecast usage.csv --horizon 30d --unit requests --holidays US`
    """
    from intertie.money.forecast import forecast as ahead_of
    from intertie.money.forecast import read_rows, regular
    from intertie.money.forecast.accelerators import accelerators_json
    from intertie.money.forecast.backtest import backtested, tested_json
    from intertie.money.forecast.durations import seconds_of
    from intertie.money.forecast.events import read_events
    from intertie.money.forecast.regular import known_aggregate, steps_of
    from intertie.money.forecast.result import to_json
    from intertie.money.forecast.zones import zone_of

    length = seconds_of(horizon, "--horizon")
    rows = _asked(prometheus, query, history, step) if file is None else read_rows(file)
    series = regular(
        rows,
        unit=unit,
        zone=zone_of(timezone),
        step=seconds_of(step, "--step") if step and file is not None else None,
        aggregate=known_aggregate(aggregate),
        name=str(file) if file is not None else "the query",
    )
    steps, known = steps_of(length, series.step), read_events(events) if events else ()
    if backtest:
        data = tested_json(series, backtested(series, steps, place=holidays, events=known), steps)
    else:
        ahead = ahead_of(series, steps, place=holidays, events=known)
        data = to_json(ahead)
        if spec is not None:
            data["accelerators"] = accelerators_json(ahead, _stage(spec, placement, stage), headroom)
    if format is Format.JSON:
        write_json(data)
    else:
        _show(data)


def _asked(address: str | None, query: str | None, history: str, step: str | None) -> "Rows":
    """What a Prometheus has; its token, if it wants one, from the environment."""
    from intertie.money.forecast.durations import seconds_of
    from intertie.money.forecast.prometheus import query_range

    if address is None or query is None:
        raise InputError("give a file, or --prometheus and --query")
    length, every = seconds_of(history, "--history"), seconds_of(step or "1h", "--step")
    token = os.environ.get("INTERTIE_PROMETHEUS_TOKEN", "")
    return query_range(address, query, end=int(time.time()), length=length, step=every, token=token)


def _stage(spec: Path, placement: str | None, stage: str | None) -> "StagePlan":
    """The resolved stage; where the description leaves a choice, it must be made."""
    from intertie.plan import resolve
    from intertie.spec import read_file

    described = read_file(spec)
    place = _one("--placement", placement, list(described.placements))
    plan = resolve(described, place)
    name = _one("--stage", stage, [one.name for one in plan.stages if one.on_accelerators])
    return plan.stage(name)


def _one(option: str, wanted: str | None, names: list[str]) -> str:
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted not in names:
        raise InputError(f"{option} {wanted or '(none)'!r}; allowed: {', '.join(names) or 'none in this description'}")
    return wanted


def _show(data: dict[str, Any]) -> None:
    """Total and peak first; then the steps, by day where they are many."""
    from intertie.report.forecast import backtest_lines, lines

    out = console()
    for line in lines(data) if "points" in data else backtest_lines(data):
        out.print(line, markup=False, soft_wrap=True)
