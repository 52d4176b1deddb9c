"""Puts the commands together and turns every error into a message and an exit code."""

import os
import sys
from typing import Annotated, NoReturn

import typer

from intertie import __version__
from intertie.cli import streams
from intertie.cli.commands import (
    bootstrap,
    capacity,
    catalog,
    cost,
    doctor,
    explain,
    exporter,
    focus,
    forecast,
    guard,
    lab,
    ledger,
    policy,
    preview,
    replicate,
    validate,
)
from intertie.cli.exits import Exit
from intertie.errors import IntertieError

app = typer.Typer(
    name="intertie",
    help="""Describe a GPU inference pipeline once; preview and deploy it on AWS, Azure and Google Cloud.

    Start with `intertie preview --all` in a project, or `intertie preview --spec FILE` for a description of your own:
    both need no cloud account, no credentials and no Pulumi.

    Exit codes: 0 good, 1 it ran and found problems, 2 bad input, 3 something outside is missing.""",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(validate.validate)
app.command()(explain.explain)
app.command()(preview.preview)
app.add_typer(catalog.app, name="catalog")
app.command()(cost.cost)
app.add_typer(policy.app, name="policy")
app.command()(forecast.forecast)
app.command()(capacity.capacity)
app.add_typer(ledger.app, name="ledger")
app.command()(guard.guard)
app.command()(exporter.exporter)
app.command()(focus.focus)
app.command()(doctor.doctor)
app.command()(bootstrap.bootstrap)
app.command()(replicate.replicate)
app.add_typer(lab.app, name="lab")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"intertie {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of all commands."""


def main() -> NoReturn:
    """Entry point. A user never sees a traceback for bad input; INTERTIE_TRACEBACK=1 shows it for a defect."""
    streams.prepare()
    try:
        app()
    except IntertieError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get("INTERTIE_TRACEBACK"):
            raise
        if isinstance(error, OSError):  # a full disk, a device that has gone
            typer.echo(f"error: the system refused: {error}", err=True)
            sys.exit(Exit.OUTSIDE)
        typer.echo(
            f"error: a defect in Intertie, not in your input: {type(error).__name__}: {error}\n"
            "  → run it again with INTERTIE_TRACEBACK=1 and report what that prints",
            err=True,
        )
        sys.exit(Exit.OUTSIDE)
    sys.exit(Exit.GOOD)


if __name__ == "__main__":
    main()
