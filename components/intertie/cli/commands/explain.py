"""`intertie explain`: why the plan is what it is."""

from pathlib import Path
from typing import Annotated

import typer

from intertie.cli.exits import Exit
from intertie.cli.output import Format, FormatOption, console, talk, write_json
from intertie.errors import InputError, PlanError
from intertie.plan import resolve
from intertie.plan.explain import text
from intertie.spec import read_file


def explain(
    spec: Annotated[Path, typer.Argument(help="Description of the pipeline, for example stacks/specs/chat.yaml.")],
    placement: Annotated[
        list[str] | None, typer.Option("--placement", "-p", help="Only this placement; may be given several times.")
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Explain each choice of the plan: what was chosen, why, and what was passed over for which reason.

    Example: `intertie explain stacks/specs/chat.yaml --placement gcp-euw4`
    """
    described = read_file(spec)
    names = list(dict.fromkeys(placement or described.placements))
    for name in names:
        if name not in described.placements:
            raise InputError(f"{spec} has no placement {name!r}; it has: {', '.join(described.placements)}")
    plans, failed = [], []
    for name in names:
        try:
            plans.append(resolve(described, name))
        except PlanError as error:
            failed.append(error)
    if format is Format.JSON:
        write_json(
            {
                "schema": "intertie.explain/v1",
                "plans": [plan.to_json() for plan in plans],
                "problems": {error.placement: [problem.to_json() for problem in error.problems] for error in failed},
            }
        )
    else:
        out = console()
        for plan in plans:
            for line in text(plan):
                out.print(line, markup=False, soft_wrap=True)
            out.print()
        for error in failed:
            talk(str(error))
    raise typer.Exit(Exit.VIOLATIONS if failed else Exit.GOOD)
