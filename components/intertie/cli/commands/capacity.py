"""`intertie capacity`: how many machines to commit to, buy as a block, or leave on demand and spot."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from intertie import catalog as facts
from intertie.cli.output import Format, FormatOption, console, waiting, write_json
from intertie.cli.pricing import Prices, price_book
from intertie.errors import InputError

if TYPE_CHECKING:
    from intertie.cli.demand import Target
    from intertie.money.commitments.offers import Market
    from intertie.money.forecast.series import Floats

UNITS = ("machines", "accelerators", "replicas", "tokens", "tokens/s")


File = Annotated[Path, typer.Argument(help="CSV file of the use so far: `timestamp` and `value`, hourly or daily.")]
Cloud = Annotated[str | None, typer.Option(help="aws, azure or gcp; with --spec it is the placement's.")]
Region = Annotated[str | None, typer.Option(help="Region; with --spec it is the placement's.")]
Machine = Annotated[str | None, typer.Option(help="Machine type; with --spec it is the stage's.")]
Unit = Annotated[str, typer.Option(help="machines, accelerators, replicas, tokens or tokens/s.")]
Horizon = Annotated[str, typer.Option(help="How far demand is simulated: `30d`, `365d`.")]
Description = Annotated[Path | None, typer.Option(help="Description: turns replicas and tokens into machines.")]
Placement = Annotated[str | None, typer.Option("--placement", "-p", help="Its placement, with --spec.")]
Stage = Annotated[str | None, typer.Option(help="Its stage, with --spec.")]
Headroom = Annotated[float, typer.Option(help="What is kept ready, in multiples of use, for tokens.")]
Offers = Annotated[list[str] | None, typer.Option(help="A price that you were offered: PRODUCT:DAYS:DOLLARS-AN-HOUR.")]
SpotShare = Annotated[float, typer.Option(help="Part of the work that may be interrupted, 0 to 1.")]
Holidays = Annotated[str, typer.Option(help="Public holidays of a country, for the forecast: `US`.")]
Zone = Annotated[
    str | None, typer.Option(help="Propose a reservation of what is committed to, in this zone, for the stack file.")
]


def capacity(  # noqa: PLR0917  these are options, not positions
    file: File,
    cloud: Cloud = None,
    region: Region = None,
    machine: Machine = None,
    unit: Unit = "machines",
    horizon: Horizon = "30d",
    spec: Description = None,
    placement: Placement = None,
    stage: Stage = None,
    headroom: Headroom = 1.2,
    offer: Offers = None,
    spot_share: SpotShare = 0.0,
    holidays: Holidays = "",
    zone: Zone = None,
    prices: Prices = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Weigh commitments, reservations, blocks, on-demand and spot on simulated demand.

    The k-th machine is committed to when it is wanted at least as often as its price is of the on-demand price. Shown
    are the whole cost curve, what is owed whatever happens, and which products have no known price.

    Example: `intertie capacity use.csv --cloud gcp --region us-central1 --machine a3-highgpu-8g`
    """
    from intertie.cli.demand import demand_of, target_of

    if unit not in UNITS:
        raise InputError(f"--unit: found {unit!r}; allowed: {', '.join(UNITS)}")
    target = target_of(spec, placement, stage, cloud=cloud, region=region, machine=machine)
    _check_place(target.cloud, target.region, target.machine)
    if zone is not None:
        _check_zone(target.cloud, target.region, zone)
    market = _market(target, prices, offer or ())
    with waiting("simulating demand"):
        demand, hours = demand_of(file, target, unit=unit, horizon=horizon, headroom=headroom, holidays=holidays)
    _show(_decided(demand, market, spot_share, hours, zone), format)


def _market(target: "Target", prices: list[Path] | None, offers: Sequence[str]) -> "Market":
    from intertie.money.commitments import market_of
    from intertie.money.commitments.offers import own_offer

    own = [own_offer(text, target.cloud) for text in offers]
    return market_of(target.cloud, target.region, target.machine, price_book(prices), own)


def _decided(demand: "Floats", market: "Market", spot_share: float, hours: float, zone: str | None) -> dict[str, Any]:
    from intertie.money.commitments import decide
    from intertie.money.commitments.result import decision_json, proposal

    decision = decide(demand, market, spot_share=spot_share, step_hours=hours)
    data = decision_json(decision)
    return data if zone is None else {**data, "proposal": proposal(decision, zone)}


def _show(data: dict[str, Any], format: Format) -> None:
    if format is Format.JSON:
        write_json(data)
        return
    from intertie.report import capacity as shown

    shown.write(data, console())
    for line in shown.proposed(data):
        typer.echo(line)


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


def _check_zone(cloud: str, region: str, zone: str) -> None:
    """What is proposed is put into a stack file as it is: a zone of another region would be refused there only."""
    known = next((row.zones for row in facts.regions(cloud) if row.name == region), ())
    spelt = re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", zone) is not None and (cloud == "azure" or zone.startswith(region))
    if zone in known or (not known and spelt):
        return
    allowed = f"a zone of {region}" + (f": {', '.join(known)}" if known else ", as the cloud writes it")
    raise InputError(f"--zone: found {zone!r}; allowed: {allowed}")
