"""`intertie validate`: is the description well-formed, and is there a plan for each placement?"""

from pathlib import Path
from typing import Annotated

import typer

from intertie.cli.exits import Exit
from intertie.cli.output import Format, FormatOption, console, write_json
from intertie.errors import PlanError, Problem
from intertie.plan import resolve
from intertie.spec import PipelineSpec, read_file


def validate(
    spec: Annotated[Path, typer.Argument(help="Description of the pipeline, for example stacks/specs/chat.yaml.")],
    format: FormatOption = Format.TEXT,
) -> None:
    """Check a description: its form, and whether a plan exists for every placement.

    Prints every problem at once, each with its place, what is allowed and what to do.

    Example: `intertie validate stacks/specs/chat.yaml`
    """
    described = read_file(spec)
    found = {name: _problems(described, name) for name in described.placements}
    if format is Format.JSON:
        write_json(
            {
                "schema": "intertie.validate/v1",
                "verdict": "fail" if any(found.values()) else "pass",
                "placements": {name: [problem.to_json() for problem in items] for name, items in found.items()},
            }
        )
    else:
        out = console()
        for name, items in found.items():
            where = described.placements[name]
            out.print(f"{name} ({where.cloud} {where.region}): {_count(items)}")
            for problem in items:
                out.print(f"  {problem}", markup=False, soft_wrap=True)
    raise typer.Exit(Exit.VIOLATIONS if any(found.values()) else Exit.GOOD)


def _count(items: tuple[Problem, ...]) -> str:
    return f"{len(items)} problem{'s' if len(items) != 1 else ''}" if items else "ok"


def _problems(described: PipelineSpec, placement: str) -> tuple[Problem, ...]:
    try:
        resolve(described, placement)
    except PlanError as error:
        return error.problems
    return ()
