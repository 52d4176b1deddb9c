"""Where results go: data to stdout, talk to stderr. The same input prints the same bytes."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console

from intertie.report import as_json


class Format(StrEnum):
    """For people or for programs."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="`text` for people, `json` for programs.")]


def console() -> Console:
    """Standard output: coloured only on a terminal, and as wide as 100 columns where there is none."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=100, soft_wrap=False)


def talk(text: str) -> None:
    """A word to the person, never part of the data."""
    typer.echo(text, err=True)


def write_json(data: Any) -> None:
    """One JSON document, with a final newline."""
    typer.echo(as_json(data), nl=False)
