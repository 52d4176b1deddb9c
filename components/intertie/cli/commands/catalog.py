"""`intertie catalog`: the facts that plans are made from, each with its source and date."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table

from intertie import catalog as facts
from intertie.catalog import row_json
from intertie.cli.exits import Exit
from intertie.cli.output import Format, FormatOption, console, talk, write_json

app = typer.Typer(help="Accelerators, machine types, regions and capacity kinds, with sources.", no_args_is_help=True)

Cloud = Annotated[str | None, typer.Option(help="Only this cloud: aws, azure or gcp.")]
Accelerator = Annotated[str | None, typer.Option(help="Only this accelerator, for example h100.")]


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
