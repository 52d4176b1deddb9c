"""`intertie ledger`: what was committed to, against what was used. Append-only, with an audit trail."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from intertie.cli.output import Format, FormatOption, console, talk, write_json
from intertie.cli.pricing import Prices, price_book
from intertie.errors import InputError, Problem
from intertie.money.ledger import append, balance_of, read, unfinished
from intertie.money.ledger.entries import KINDS, Cancellation, Commitment, Entry, Use, moment, parse
from intertie.money.ledger.result import ledger_json
from intertie.money.ledger.use_file import read_use

app = typer.Typer(
    help="What was committed to against what was used: idle money, coverage, break-even, expiry.", no_args_is_help=True
)

File = Annotated[Path, typer.Argument(help="The ledger, for example capacity.ledger.")]
Id = Annotated[str, typer.Option("--id", help="Identifier of the commitment, as the cloud shows it.")]
Note = Annotated[str, typer.Option(help="Why, for those who read it later.")]


@app.command()
def add(  # noqa: PLR0917  these are options, not positions
    file: File,
    id_: Id,
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")],
    cloud: Annotated[str, typer.Option(help="aws, azure, gcp or other.")],
    region: Annotated[str, typer.Option(help="Region, as the cloud writes it.")],
    machine: Annotated[str, typer.Option(help="Machine type.")],
    quantity: Annotated[int, typer.Option(help="Number of machines.")],
    price: Annotated[str, typer.Option(help="US dollars per machine-hour.")],
    start: Annotated[str, typer.Option(help="When it begins: 2026-12-01T11:30:00Z.")],
    end: Annotated[str | None, typer.Option(help="When it ends. Without: until it is cancelled.")] = None,
    upfront: Annotated[bool, typer.Option("--upfront", help="Paid before use.")] = False,
    note: Note = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Record a commitment. Nothing that is written can be changed: a slip is cancelled and recorded anew.

    Example: `intertie ledger add capacity.ledger --id cr-0abc --kind odcr --cloud aws --region us-east-1
    --machine p5.48xlarge --quantity 2 --price 39.5 --start 2026-10-01T00:00:00Z`
    """
    data = {
        "type": "commitment", "id": id_, "kind": kind, "cloud": cloud, "region": region, "machine": machine,
        "quantity": quantity, "price": price, "currency": "USD", "start": start, "end": end, "upfront": upfront,
        "note": note,
    }  # fmt: skip
    _append(file, [_parsed(data)], format)


@app.command()
def cancel(
    file: File,
    id_: Id,
    at: Annotated[str, typer.Option(help="From when on it is not billed: 2026-12-01T11:30:00Z.")],
    note: Note = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Record the end of a commitment that was given back, or of one that was written wrongly.

    Example: `intertie ledger cancel capacity.ledger --id cr-0abc --at 2026-11-01T00:00:00Z`
    """
    _append(file, [_parsed({"type": "cancellation", "id": id_, "at": at, "note": note})], format)


@app.command()
def use(
    file: File,
    csv: Annotated[Path, typer.Argument(help="CSV file: start, end, cloud, region, machine, machines.")],
    format: FormatOption = Format.TEXT,
) -> None:
    """Record use, from a CSV file: all of its rows or none.

    Example: `intertie ledger use capacity.ledger use.csv`
    """
    _append(file, read_use(csv), format)


@app.command()
def show(
    file: File,
    at: Annotated[str | None, typer.Option(help="Up to when. Default: the last entry's time.")] = None,
    until: Annotated[str | None, typer.Option(help="How long the stack shall stand: 2027-06-30T00:00:00Z.")] = None,
    prices: Prices = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show what is billed, used and idle, per commitment and place, and what somebody should look at.

    Example: `intertie ledger show capacity.ledger --until 2027-06-30T00:00:00Z`
    """
    entries = _read(file)
    moment_ = _time("--at", at) or (entries[-1].recorded if entries else datetime.now(UTC))
    data = ledger_json(entries, balance_of(entries, moment_), price_book(prices), _time("--until", until))
    if format is Format.JSON:
        write_json(data)
    else:
        from intertie.report import capacity as shown

        shown.write_ledger(data, console())


@app.command()
def verify(
    file: File,
    expected: Annotated[
        str, typer.Option(help="Last hash that you kept elsewhere: finds lines that were cut off.")
    ] = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Verify every line and the chain of hashes.

    Example: `intertie ledger verify capacity.ledger --expected 9f86d081…`
    """
    entries = _read(file, expected)
    last = entries[-1].hash if entries else ""
    _done(file, {"schema": "intertie.ledger-audit/v1", "entries": len(entries), "last_hash": last}, format)


def _read(file: Path, expected: str = "") -> tuple[Entry, ...]:
    """The entries; and a word on stderr about a last line that is not whole, as it is not counted."""
    entries = read(file, expected)
    if left := unfinished(file):
        talk(
            f"note: {file}:{len(entries) + 1}: {left} bytes of a line that was never finished are not counted: its "
            "writer was killed before it had acknowledged it, or the file was cut off\n"
            "  → intertie ledger verify FILE --expected HASH tells, with the last hash that you kept"
        )
    return entries


def _append(file: Path, data: Sequence[Commitment | Cancellation | Use], form: Format) -> None:
    if not data:
        raise InputError("nothing to record")
    last = append(file, data)[-1]
    done = {"schema": "intertie.ledger-audit/v1", "entries": last.number, "added": len(data), "last_hash": last.hash}
    _done(file, done, form)


def _done(file: Path, data: dict[str, Any], form: Format) -> None:
    if form is Format.JSON:
        write_json(data)
    else:
        typer.echo(f"{file}: {data['entries']} entries, last hash {data['last_hash']}")


def _parsed(data: dict[str, Any]) -> Commitment | Cancellation | Use:
    problems: list[Problem] = []
    made = parse(data, problems)
    if made is None:
        named = [Problem(f"--{each.path}", each.found, each.allowed) for each in problems]
        raise InputError(f"{len(named)} problem{'s' if len(named) != 1 else ''}", named)
    return made


def _time(option: str, text: str | None) -> datetime | None:
    made = moment(text) if text is not None else None
    if text is not None and made is None:
        raise InputError(f"{option}: found {text!r}; allowed: a time with its zone, such as 2026-12-01T11:30:00Z")
    return made
