"""`intertie capacity`: how many machines to commit to, buy as a block, or leave on demand and spot."""

from pathlib import Path
from typing import Annotated

import typer

from intertie import catalog as facts
from intertie.cli.output import Format, FormatOption, console, waiting, write_json
from intertie.cli.pricing import Prices, price_book
from intertie.errors import InputError

UNITS = ("machines", "accelerators", "replicas", "tokens", "tokens/s")


def capacity(  # noqa: PLR0917  these are options, not positions
    file: Annotated[Path, typer.Argument(help="CSV file of the use so far: `timestamp` and `value`, hourly or daily.")],
    cloud: Annotated[str | None, typer.Option(help="aws, azure or gcp; with --spec it is the placement's.")] = None,
    region: Annotated[str | None, typer.Option(help="Region; with --spec it is the placement's.")] = None,
    machine: Annotated[str | None, typer.Option(help="Machine type; with --spec it is the stage's.")] = None,
    unit: Annotated[str, typer.Option(help="machines, accelerators, replicas, tokens or tokens/s.")] = "machines",
    horizon: Annotated[str, typer.Option(help="How far demand is simulated: `30d`, `365d`.")] = "30d",
    spec: Annotated[Path | None, typer.Option(help="Description: turns replicas and tokens into machines.")] = None,
    placement: Annotated[str | None, typer.Option("--placement", "-p", help="Its placement, with --spec.")] = None,
    stage: Annotated[str | None, typer.Option(help="Its stage, with --spec.")] = None,
    headroom: Annotated[float, typer.Option(help="What is kept ready, in multiples of use, for tokens.")] = 1.2,
    offer: Annotated[
        list[str] | None, typer.Option(help="A price that you were offered: PRODUCT:DAYS:DOLLARS-AN-HOUR.")
    ] = None,
    spot_share: Annotated[float, typer.Option(help="Part of the work that may be interrupted, 0 to 1.")] = 0.0,
    holidays: Annotated[str, typer.Option(help="Public holidays of a country, for the forecast: `US`.")] = "",
    prices: Prices = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Weigh commitments, reservations, blocks, on-demand and spot on simulated demand.

    The k-th machine is committed to when it is wanted at least as often as its price is of the on-demand price. Shown
    are the whole cost curve, what is owed whatever happens, and which products have no known price.

    Example: `intertie capacity use.csv --cloud gcp --region us-central1 --machine a3-highgpu-8g`
    """
    from intertie.cli.demand import Target, demand_of, target_of
    from intertie.money.commitments import decide, market_of
    from intertie.money.commitments.offers import own_offer
    from intertie.money.commitments.result import decision_json

    if unit not in UNITS:
        raise InputError(f"--unit: found {unit!r}; allowed: {', '.join(UNITS)}")
    target: Target = target_of(spec, placement, stage, cloud=cloud, region=region, machine=machine)
    _check_place(target.cloud, target.region, target.machine)
    own = [own_offer(text, target.cloud) for text in offer or ()]
    market = market_of(target.cloud, target.region, target.machine, price_book(prices), own)
    with waiting("simulating demand"):
        demand, hours = demand_of(file, target, unit=unit, horizon=horizon, headroom=headroom, holidays=holidays)
    data = decision_json(decide(demand, market, spot_share=spot_share, step_hours=hours))
    if format is Format.JSON:
        write_json(data)
    else:
        from intertie.report import capacity as shown

        shown.write(data, console())


def _check_place(cloud: str, region: str, machine: str) -> None:
    """Names that the catalogue knows: a misspelt one would look like a missing price."""
    from intertie.spec.wording import did_you_mean

    for option, value, known in (
        ("--cloud", cloud, list(facts.CLOUDS)),
        ("--region", region, [row.name for row in facts.regions(cloud)]),
        ("--machine", machine, [row.name for row in facts.machines(cloud)]),
    ):
        if value not in known:
            hint = did_you_mean(value, known)
            raise InputError(
                f"{option}: found {value!r}, which the catalogue does not know" + (f"; {hint}" if hint else "")
            )
