"""What a command line names of a description: placement and stage. Where there is only one, it need not be named."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from intertie.errors import InputError

if TYPE_CHECKING:
    from intertie.plan import Plan
    from intertie.plan.types import StagePlan


def planned(spec: Path, placement: str | None) -> "Plan":
    """The plan of a placement. InputError with the known ones when it is none of them."""
    from intertie.plan import resolve
    from intertie.spec import read_file

    described = read_file(spec)
    return resolve(described, only("--placement", placement, described.placements))


def accelerated(plan: "Plan", stage: str | None) -> "StagePlan":
    """A stage on accelerators."""
    return plan.stage(only("--stage", stage, (each.name for each in plan.stages if each.on_accelerators)))


def only(option: str, given: str | None, known: Iterable[str]) -> str:
    """The name that was given, or the only one that there is."""
    names = list(known)
    if given is None and len(names) == 1:
        return names[0]
    if given not in names:
        raise InputError(f"{option}: found {given!r}; allowed: {', '.join(names) or 'none: the description has none'}")
    return given
