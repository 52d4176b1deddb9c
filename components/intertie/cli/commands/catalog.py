"""`intertie catalog`: the facts that plans are made from, each with its source and date."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from intertie import catalog as facts
from intertie.catalog import row_json
from intertie.cli.exits import Exit
from intertie.cli.output import Format, FormatOption, console, talk, waiting, write_json
from intertie.cli.pricing import Prices, price_book, today
from intertie.money.refresh.wanted import Wanted

app = typer.Typer(
    help="Accelerators, machine types, regions, capacity kinds and prices, with sources.", no_args_is_help=True
)

Cloud = Annotated[str | None, typer.Option(help="Only this cloud: aws, azure or gcp.")]
Accelerator = Annotated[str | None, typer.Option(help="Only this accelerator, for example h100.")]
Refresh = Annotated[
    Path | None, typer.Option("--refresh", help="Fetch list prices into this file. Offline, nothing is changed.")
]


@app.command()
def accelerators(format: FormatOption = Format.TEXT) -> None:
    """Accelerators and what is usable of their memory.

    Example: `intertie catalog accelerators`
    """
    columns = ("name", "title", "vendor", "usable_mib", "precisions", "resource")
    _show("accelerators", facts.accelerators(), columns, format)


@app.command()
def machines(
    cloud: Cloud = None,
    accelerator: Accelerator = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Machine types per cloud: accelerators, size, fabric, image and legal kinds of capacity.

    Example: `intertie catalog machines --cloud gcp --accelerator h100`
    """
    _known("cloud", cloud, facts.CLOUDS)
    _known("accelerator", accelerator, [row.name for row in facts.accelerators()])
    columns = ("cloud", "name", "accelerator", "count", "vcpus", "memory_gib", "fabric", "image", "kinds")
    _show("machines", facts.machines(cloud, accelerator), columns, format)


@app.command()
def regions(
    cloud: Cloud = None,
    machine: Annotated[str | None, typer.Option(help="Only regions in which a source shows this machine type.")] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Regions and the jurisdiction that data in them is under.

    Example: `intertie catalog regions --cloud azure --machine Standard_ND96isr_H100_v5`
    """
    _known("cloud", cloud, facts.CLOUDS)
    _known("machine", machine, [row.name for row in facts.machines()])
    rows = facts.regions(cloud)
    if machine:
        offered = {(row.cloud, row.region) for row in facts.offerings(cloud, machine)}
        rows = tuple(row for row in rows if (row.cloud, row.name) in offered)
    _show("regions", rows, ("cloud", "name", "jurisdiction", "place", "zones"), format)


@app.command()
def kinds(cloud: Cloud = None, format: FormatOption = Format.TEXT) -> None:
    """Kinds of capacity per cloud, and what each needs and excludes.

    Example: `intertie catalog kinds --cloud aws`
    """
    _known("cloud", cloud, facts.CLOUDS)
    rows = [row for row in facts.kind_rules() if cloud in (None, row.cloud)]
    _show("kinds", rows, ("cloud", "kind", "needs_zone", "needs_window", "max_days", "excludes", "note"), format)


@app.command()
def owners(format: FormatOption = Format.TEXT) -> None:
    """Which party provides each component on each cloud: driver, device plugin, autoscaler, ...

    Example: `intertie catalog owners`
    """
    _show("owners", facts.ownership(), ("component", "cloud", "vendor", "owner", "detail"), format)


@app.command()
def prices(  # noqa: PLR0917  these are options, not positions
    cloud: Cloud = None,
    accelerator: Accelerator = None,
    machine: Annotated[str | None, typer.Option(help="Only this machine type.")] = None,
    region: Annotated[str | None, typer.Option(help="Only this region, and what holds in all.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="on-demand, spot, service, reserved-instance, committed-use or capacity-block.")
    ] = None,
    prices: Prices = None,
    refresh: Refresh = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Prices of machines, services and commitments, each with its source and day. What is not listed is unknown.

    With `--refresh FILE` it asks the clouds' public price lists for the machine types of the catalogue in the regions
    that `--cloud` and `--region` leave, and writes those that can be true to FILE; give that file with `--prices`.

    Examples: `intertie catalog prices --accelerator h100 --cloud aws`,
    `intertie catalog prices --refresh prices.csv --cloud azure --region swedencentral`
    """
    from intertie.money.price_list import KINDS, Filter, price_list

    _known("cloud", cloud, facts.CLOUDS)
    _known("accelerator", accelerator, [row.name for row in facts.accelerators()])
    _known("machine", machine, [row.name for row in facts.machines()])
    _known("region", region, [row.name for row in facts.regions()])
    _known("kind", kind, KINDS)
    if refresh is not None:
        _refresh(refresh, Wanted(cloud, region, machine, accelerator), format)
        return
    rows = price_list(price_book(prices), Filter(cloud, machine, region, accelerator, kind))
    if format is Format.JSON:
        write_json({"schema": "intertie.catalog/v1", "what": "prices", "rows": rows})
        return
    _table(
        "prices",
        [_price_cells(row) for row in rows],
        ("cloud", "machine", "region", "kind", "price", "origin", "as_of"),
    )


def _price_cells(row: dict[str, Any]) -> dict[str, Any]:
    kind = f"{row['kind']} {row['days']} d" if row.get("days") else row["kind"]
    share = row.get("share_of_on_demand")
    price = f"{share:.1%} of on-demand" if share is not None else f"${_exact(row['price'])} / {row['unit']}"
    return {**row, "kind": kind, "price": price}


def _exact(amount: float) -> str:
    """The price as the source has it, with at least cents."""
    whole, _, part = f"{amount:.12f}".rstrip("0").partition(".")
    return f"{whole}.{part:0<2}"


def _refresh(file: Path, wanted: Wanted, form: Format) -> None:
    """Fetches, writes, and says what was not taken and why."""
    from intertie.money.refresh import refresh

    with waiting("asking the clouds' public price lists"):
        done = refresh(file, wanted, today())
    if form is Format.JSON:
        write_json(done.to_json())
        return
    typer.echo(f"{done.taken} prices in {file}")
    for text in done.refused[:20]:
        talk(f"not taken: {text}")
    if len(done.refused) > 20:
        talk(f"and {len(done.refused) - 20} more")


def _known(option: str, value: str | None, allowed: Iterable[str]) -> None:
    names = sorted(set(allowed))
    if value is None or value in names:
        return
    from difflib import get_close_matches

    near = get_close_matches(value, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    talk(f"error: --{option} {value!r} is not in the catalogue{hint}\n  allowed: {', '.join(names)}")
    raise typer.Exit(Exit.BAD_INPUT)


def _show(what: str, rows: Sequence[Any], columns: Sequence[str], form: Format) -> None:
    data = [row_json(row) for row in rows]
    if form is Format.JSON:
        write_json({"schema": "intertie.catalog/v1", "what": what, "rows": data})
        return
    _table(what, data, columns)


def _table(what: str, data: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    if not data:
        talk(f"the catalogue has no such {what}")
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in data:
        table.add_row(*(_cell(row[column]) for column in columns))
    out = console()
    out.print(table, soft_wrap=not out.is_terminal)
    dates = sorted({row["as_of"] for row in data})
    if dates:
        out.print(f"\n{len(data)} rows; sources dated {dates[0]} to {dates[-1]} (with --format json, one per row)")


def _cell(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
