"""`intertie lab`: the real Pulumi engine and real Kubernetes on this machine, with simulated clouds."""

import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from intertie.cli.exits import Exit
from intertie.cli.output import Format, FormatOption, console, talk, write_json
from intertie.errors import OutsideError

app = typer.Typer(
    help="A simulated organisation on this machine: real Pulumi engine, real Kubernetes, no cloud account.",
    no_args_is_help=True,
)

Name = Annotated[
    str | None,
    typer.Option("--name", "-n", help="Name of the lab. By default the one that this shell is in, else `default`."),
]
Folder = Annotated[
    Path | None, typer.Option("--folder", help="Folder of the lab; by default .cache/lab/NAME in the checkout.")
]
Happening = Annotated[
    Path | None, typer.Option(help="Let this happen: limits, faults, a cloud that is down. See docs/lab.md.")
]
Owner = Annotated[
    int | None,
    typer.Option(envvar="INTERTIE_LAB_OWNER", help="Number of a process with which the lab ends: `$$`, this shell's."),
]


@app.command()
def up(  # noqa: PLR0917  options are the command line's
    name: Name = None,
    folder: Folder = None,
    kubernetes: Annotated[
        bool, typer.Option(help="Run a control plane for every cluster that is created in the lab.")
    ] = True,
    scenario: Happening = None,
    owner: Owner = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Start a lab, and print the environment to use it in.

    A lab that is up stays as it is: run it again in another shell to use the lab there too.

    Example: `eval "$(intertie lab up)"`
    """
    lab = _lab(name, folder, kubernetes=kubernetes, owner=owner)
    happening = _scenario(scenario) if scenario is not None else None
    began = time.monotonic()
    with _busy("starting the lab: folder, simulated clouds, supervisor"):
        lab.start()
        if happening is not None:
            lab.strike(happening)
    if format is Format.JSON:
        write_json({"schema": "intertie.lab/v1", **lab.status().to_json(), "environment": lab.environment()})
    else:
        for key, value in lab.environment().items():
            typer.echo(f"export {key}={shlex.quote(value)}")
    talk(
        f"lab {lab.name!r} is up in {time.monotonic() - began:.1f} s. Clouds are simulated and their time is modelled; "
        "the Pulumi engine and Kubernetes are real.\n"
        '  → what is printed on stdout belongs into your shell: eval "$(intertie lab up)"; then pulumi stack init, up\n'
        "  → intertie lab events shows what the clouds did; intertie lab down ends it and removes everything"
    )


@app.command()
def down(name: Name = None, folder: Folder = None, format: FormatOption = Format.TEXT) -> None:
    """End a lab: its processes, its clouds, its Pulumi state. Nothing of it stays.

    Example: `intertie lab down`
    """
    lab = _lab(name, folder)
    was = lab.status().state
    with _busy("stopping the lab"):
        lab.stop()
    if format is Format.JSON:
        write_json({"schema": "intertie.lab/v1", **lab.status().to_json(), "was": was})
    else:
        typer.echo(f"lab {lab.name!r}: {'was not up' if was == 'down' else 'stopped and removed'}")


@app.command()
def status(name: Name = None, folder: Folder = None, format: FormatOption = Format.TEXT) -> None:
    """Show whether a lab is up, its virtual clock, its clusters and how many resources each cloud has.

    Exit code 3 when it is not up.

    Example: `intertie lab status`
    """
    lab = _lab(name, folder)
    found = lab.status()
    if format is Format.JSON:
        write_json({"schema": "intertie.lab/v1", **found.to_json()})
    else:
        _print_status(lab.name, found.to_json())
    raise typer.Exit(Exit.GOOD if found.state == "up" else Exit.OUTSIDE)


@app.command()
def events(
    name: Name = None,
    folder: Folder = None,
    after: Annotated[int, typer.Option(min=0, help="Only events after this number.")] = 0,
    follow: Annotated[float, typer.Option(min=0, help="Go on for this many seconds, as events happen.")] = 0,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show what happened in a lab: every call to a cloud, every fault, with the virtual clock.

    Example: `intertie lab events --follow 60`
    """
    found = _events(_lab(name, folder), after, time.monotonic() + follow)
    if format is Format.JSON:
        write_json({"schema": "intertie.lab.events/v1", "events": list(found)})
        return
    for event in found:
        line = f"{event['at_ms'] / 1000:>10.3f}s  {event['source']:<12} {event['action']:<10} {event['subject']}"
        typer.echo(f"{event['seq']:>6} {line}  {event['message']}".rstrip())


def _events(lab: Any, after: int, until: float) -> Iterator[dict[str, Any]]:
    """Events in their order; those that happen before `until` too. Ends when the lab does."""
    if lab.status().state == "down":
        raise OutsideError("this lab is not up\n  → intertie lab up")
    while True:
        for seq, at, _, source, action, subject, message in lab.events(after):
            after = seq
            yield {"seq": seq, "at_ms": at, "source": source, "action": action, "subject": subject, "message": message}
        if time.monotonic() >= until or lab.status().state == "down":
            return
        time.sleep(0.2)


def _lab(name: str | None, folder: Path | None, **options: Any) -> Any:
    """The lab's session. Loaded here, so that `--help` does not wait for it."""
    from intertie.lab.session import Lab, default_folder

    return Lab(folder or default_folder(name), **options)


def _scenario(file: Path) -> Any:
    """A scenario, read before anything is started: with a mistake in it there is nothing to start."""
    from intertie.lab import scenario

    return scenario.read(file)


def _print_status(name: str, found: dict[str, Any]) -> None:
    out = console()
    out.print(f"lab {name!r}: {found['state']}  ({found['folder']})", markup=False, soft_wrap=True)
    if found["state"] == "down":
        return
    out.print(f"virtual clock: {found['now_ms'] / 1000:.3f} s since the lab began", markup=False)
    for cloud, count in sorted(found["resources"].items()):
        out.print(f"{cloud}: {count} resources", markup=False)
    if found["clusters"]:
        table = Table("cluster", "cloud", "region", "state", "endpoint", box=None, pad_edge=False, header_style="bold")
        for each in found["clusters"]:
            table.add_row(each["name"], each["cloud"], each["region"], each["state"], each["endpoint"])
        out.print(table)


@contextmanager
def _busy(text: str) -> Iterator[None]:
    """A sign of life on a terminal; nothing where there is none."""
    talker = Console(stderr=True)
    if not talker.is_terminal:
        yield
        return
    with talker.status(text):
        yield
