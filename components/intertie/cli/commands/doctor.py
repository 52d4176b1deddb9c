"""`intertie doctor`: what is installed, which tiers can run here, and what to do about the rest."""

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.table import Table

from intertie.cli.commands import doctor_online, doctor_placement
from intertie.cli.exits import Exit
from intertie.cli.output import Format, FormatOption, console, write_json
from intertie.errors import InputError, OutsideError
from intertie.lab import programs

CLOUD_PACKAGES = {"aws": "pulumi-aws", "azure": "pulumi-azure-native", "gcp": "pulumi-gcp"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `needed` says whether the offline preview fails without it."""

    name: str
    found: str  # "" = missing
    needed: bool
    remedy: str

    @property
    def ok(self) -> bool:
        return bool(self.found)


def doctor(
    placement: Annotated[
        str | None, typer.Option("--placement", "-p", help="What the account of this placement must have.")
    ] = None,
    spec: Annotated[Path | None, typer.Option("--spec", "-s", help="Description that has the placement.")] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the account for its quotas, with the cloud's own command line.")
    ] = False,
    format: FormatOption = Format.TEXT,
) -> None:
    """Show what is installed, what can run on this machine, and how to get the rest.

    With a placement: the quotas that its plan needs, by their exact names, with the words that ask for them; providers
    and APIs; reservations; DNS; tools. Nothing is asked of the cloud, unless `--online` says so.

    Exit code 1 when a quota is too small, or cannot be read online; 3 when something is missing that the offline
    preview needs.

    Example: `intertie doctor`, or `intertie doctor --placement aws-use1 --spec stacks/specs/chat.yaml`
    """
    if placement is not None or spec is not None:
        _of_placement(placement, spec, online, format)
    if online:
        raise InputError("--online is about a placement: name it with --placement and --spec")
    checks = [probe() for probe in PROBES]
    tiers = _tiers(checks)
    if format is Format.JSON:
        write_json({"schema": "intertie.doctor/v1", "checks": [asdict(check) for check in checks], "tiers": tiers})
    else:
        _print(checks, tiers)
    raise typer.Exit(Exit.GOOD if tiers["in-process preview"] else Exit.OUTSIDE)


def _of_placement(placement: str | None, spec: Path | None, online: bool, format: Format) -> NoReturn:
    if placement is None or spec is None:
        raise InputError("--placement and --spec belong together: which placement of which description?")
    found = doctor_placement.examine(spec, placement)
    asked = doctor_online.grants(found.plan, found.quotas) if online else None
    if format is Format.JSON:
        write_json(found.to_json(asked))
    else:
        doctor_placement.show(found, asked)
    short = any(each.verdict != "enough" for each in asked or ())
    raise typer.Exit(Exit.VIOLATIONS if short else Exit.GOOD)


def _print(checks: list[Check], tiers: dict[str, bool]) -> None:
    table = Table("what", "found", "what to do", box=None, pad_edge=False, header_style="bold")
    for check in checks:
        missing = "missing" if check.needed else "missing (optional)"
        table.add_row(check.name, check.found or missing, "" if check.ok else check.remedy)
    out = console()
    out.print(table)
    for name, can_run in tiers.items():
        out.print(f"\n{name}: {'can run' if can_run else 'cannot run'}")


def _tiers(checks: list[Check]) -> dict[str, bool]:
    """What this machine can run: the preview, and the two tiers of the lab."""
    found = {check.name for check in checks if check.ok}
    return {
        "in-process preview": all(check.ok for check in checks if check.needed),
        "lab, engine": "lab: pulumi" in found,
        "lab, Kubernetes": {f"lab: {name}" for name in programs.FAMILIES} <= found,
    }


def _family(name: str) -> Callable[[], Check]:
    def probe() -> Check:
        try:
            places = [programs.find(program) for program in programs.FAMILIES[name].programs]
            remedy = programs.why_not_buildable() or "make tools (in a checkout)"
        except OutsideError as error:
            return Check(f"lab: {name}", "", False, str(error))
        return Check(f"lab: {name}", str(places[0]) if all(places) else "", False, remedy)

    return probe


def _package(distribution: str, needed: bool, remedy: str) -> Callable[[], Check]:
    def probe() -> Check:
        try:
            found = version(distribution)
        except PackageNotFoundError:
            found = ""
        return Check(distribution, found, needed, remedy)

    return probe


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Check("Python 3.11 to 3.13", found if supported else "", True, f"this is Python {found}")


PROBES: list[Callable[[], Check]] = [
    _python,
    _package("pulumi", True, "make setup, or pip install intertie"),
    _package("pulumi-kubernetes", True, "make setup, or pip install intertie"),
    *(
        _package(distribution, False, f"pip install 'intertie[{cloud}]' to preview and deploy on {cloud}")
        for cloud, distribution in CLOUD_PACKAGES.items()
    ),
    *(_family(name) for name in programs.FAMILIES),
]
