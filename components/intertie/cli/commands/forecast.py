"""`intertie forecast`: usage ahead, from usage so far."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intertie.cli.demand import usage_rows
from intertie.cli.described import accelerated, planned
from intertie.cli.output import Format, FormatOption, console, write_json
from intertie.errors import InputError

if TYPE_CHECKING:
    from intertie.money.forecast import Forecast, Series
    from intertie.money.forecast.backtest import Engine
    from intertie.money.forecast.reading import Rows


File = Annotated[Path | None, typer.Argument(help="CSV file with the columns `timestamp` and `value`.")]
Horizon = Annotated[str, typer.Option(help="How far ahead: `30d`, `48h`.")]
Unit = Annotated[str, typer.Option(help="What the values count: requests, tokens, GPU-hours.")]
Step = Annotated[
    str | None, typer.Option(help="Put rows together in steps of `1h` or `1d`. Default: the file's own step.")
]
Aggregate = Annotated[
    str | None, typer.Option(help="How rows of one step become a value: sum, mean or max. Default: sum.")
]
Zone = Annotated[str | None, typer.Option(help="Where the hours of day are, for example `Europe/Stockholm`.")]
Holidays = Annotated[str, typer.Option(help="Public holidays of a country: `US`, `DE-BY`.")]
Address = Annotated[str | None, typer.Option(help="Instead of a file: address of a Prometheus.")]
Query = Annotated[str | None, typer.Option(help="PromQL that gives one series, with --prometheus.")]
History = Annotated[str, typer.Option(help="How far back, with --prometheus.")]
Events = Annotated[Path | None, typer.Option(help="CSV file of your own events: `name,start,end,multiplier`.")]
Backtest = Annotated[bool, typer.Option("--backtest", help="Forecast the past instead, and say how good it was.")]
Method = Annotated[str, typer.Option(help="intertie, or statsforecast (pip install 'intertie[forecast]').")]
Description = Annotated[Path | None, typer.Option(help="Description of the pipeline: tells accelerators as well.")]
Placement = Annotated[str | None, typer.Option("--placement", "-p", help="Its placement, with --spec.")]
Stage = Annotated[str | None, typer.Option(help="Its stage that the tokens are for, with --spec.")]
Headroom = Annotated[float, typer.Option(help="What is kept ready, in multiples of usage, with --spec.")]


def forecast(  # noqa: PLR0917  these are options, not positions
    file: File = None,
    horizon: Horizon = "30d",
    unit: Unit = "units",
    step: Step = None,
    aggregate: Aggregate = None,
    timezone: Zone = None,
    holidays: Holidays = "",
    prometheus: Address = None,
    query: Query = None,
    history: History = "90d",
    events: Events = None,
    backtest: Backtest = False,
    engine: Method = "intertie",
    spec: Description = None,
    placement: Placement = None,
    stage: Stage = None,
    headroom: Headroom = 1.2,
    format: FormatOption = Format.TEXT,
) -> None:
    """Forecast usage: quantiles per step, the total, the peak day with probabilities, and how high the peak will be.

    Example: `intertie forecast usage.csv --horizon 30d --unit requests --holidays US`
    """
    from intertie.money.forecast.durations import seconds_of

    engines, length = _engines(engine), seconds_of(horizon, "--horizon")
    rows = _asked(prometheus, query, history, step) if file is None else usage_rows(file)
    name, step = (str(file), step) if file is not None else ("the query", None)
    series = _series(rows, name, unit=unit, step=step, aggregate=aggregate, timezone=timezone)
    if backtest:
        data = _tested(series, length, engines, holidays, events)
    else:
        ahead = _ahead(series, length, engines, holidays, events)
        data = _told(ahead, spec, placement, stage, headroom)
    if format is Format.JSON:
        write_json(data)
    else:
        _show(data)


def _engines(name: str) -> "dict[str, Engine]":
    """The engine that is asked for, first; then the one that it is compared with."""
    from intertie.money.forecast import forecast as own
    from intertie.money.forecast.stats import NAME, stats_forecast

    known: dict[str, Engine] = {"intertie": own, NAME: stats_forecast}
    if name not in known:
        raise InputError(f"--engine {name!r}; allowed: {', '.join(known)}")
    return {"intertie": own} if name == "intertie" else {name: stats_forecast, "intertie": own}


def _series(
    rows: "Rows", name: str, *, unit: str, step: str | None, aggregate: str | None, timezone: str | None
) -> "Series":
    from intertie.money.forecast import regular
    from intertie.money.forecast.durations import seconds_of
    from intertie.money.forecast.regular import known_aggregate
    from intertie.money.forecast.zones import zone_of

    return regular(
        rows,
        unit=unit,
        zone=zone_of(timezone),
        step=seconds_of(step, "--step") if step else None,
        aggregate=known_aggregate(aggregate),
        name=name,
    )


def _ahead(
    series: "Series", length: int, engines: "dict[str, Engine]", holidays: str, events: Path | None
) -> "Forecast":
    from intertie.money.forecast.events import read_events
    from intertie.money.forecast.regular import steps_of

    known = read_events(events) if events else ()
    return next(iter(engines.values()))(series, steps_of(length, series.step), place=holidays, events=known)


def _tested(
    series: "Series", length: int, engines: "dict[str, Engine]", holidays: str, events: Path | None
) -> dict[str, Any]:
    """Every engine on the same origins, and the seasonal naive forecast last."""
    from intertie.money.forecast.backtest import backtested, tested_json
    from intertie.money.forecast.events import read_events
    from intertie.money.forecast.regular import steps_of

    steps, known = steps_of(length, series.step), read_events(events) if events else ()
    found = [
        backtested(series, steps, place=holidays, events=known, engine=one, name=name) for name, one in engines.items()
    ]
    return tested_json(series, [*(ours for ours, _ in found), found[0][1]], steps)


def _told(
    ahead: "Forecast", spec: Path | None, placement: str | None, stage: str | None, headroom: float
) -> dict[str, Any]:
    """The forecast as data, with accelerators where a description says what they do."""
    from intertie.money.forecast.accelerators import accelerators_json
    from intertie.money.forecast.result import to_json

    data = to_json(ahead)
    if spec is not None:
        data["accelerators"] = accelerators_json(ahead, accelerated(planned(spec, placement), stage), headroom)
    return data


def _asked(address: str | None, query: str | None, history: str, step: str | None) -> "Rows":
    """What a Prometheus has; its token, if it wants one, from the environment."""
    from intertie.money.forecast.durations import seconds_of
    from intertie.money.forecast.prometheus import query_range

    if address is None or query is None:
        raise InputError("give a file, or --prometheus and --query")
    length, every = seconds_of(history, "--history"), seconds_of(step or "1h", "--step")
    token = os.environ.get("INTERTIE_PROMETHEUS_TOKEN", "")
    return query_range(address, query, end=int(time.time()), length=length, step=every, token=token)


def _show(data: dict[str, Any]) -> None:
    """Total and peak first; then the steps, by day where they are many."""
    from intertie.report.forecast import backtest_lines, lines

    out = console()
    for line in lines(data) if "points" in data else backtest_lines(data):
        out.print(line, markup=False, soft_wrap=True)
