"""Where results go: data to stdout, talk to stderr. The same input prints the same bytes."""

import os
from contextlib import AbstractContextManager, nullcontext
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


def waiting(text: str) -> AbstractContextManager[object]:
    """Shows that something is going on: on standard error, on a terminal, and not where a machine (`CI`) watches."""
    err = Console(stderr=True, highlight=False)
    return err.status(text) if err.is_terminal and not os.environ.get("CI") else nullcontext()


def talk(text: str) -> None:
    """A word to the person, never part of the data."""
    typer.echo(text, err=True)


def write_json(data: Any) -> None:
    """One JSON document, with a final newline."""
    typer.echo(as_json(data), nl=False)
