"""`intertie preview`: what the stacks of a project would be, with no cloud, credentials or Pulumi CLI."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from intertie import report
from intertie.cli.commands.policy import Pack
from intertie.cli.exits import Exit
from intertie.cli.output import console, talk, waiting, write_json
from intertie.cli.pricing import Prices
from intertie.errors import InputError


class PreviewFormat(StrEnum):
    """For people, for programs, for pull requests."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"


Stacks = Annotated[
    list[str] | None, typer.Option("--stack", "-s", help="Preview this stack; may be given several times.")
]
All = Annotated[bool, typer.Option("--all", help="Preview every stack that has a file.")]
Spec = Annotated[
    Path | None, typer.Option("--spec", help="Preview every placement of this description; needs no stack files.")
]
ProjectFolder = Annotated[Path, typer.Option("--project", "-C", help="Folder with Pulumi.yaml.")]
FormatOption = Annotated[
    PreviewFormat, typer.Option("--format", "-f", help="`text`, `json`, `markdown`, or `sarif` (policies).")
]
Packs = Annotated[
    list[Pack] | None,
    typer.Option("--pack", "-p", help="Hold the stacks to this policy pack; may be given several times."),
]
PolicyConfig = Annotated[
    Path | None,
    typer.Option(
        "--policy-config", help="Configuration of the packs (JSON). Default: policy.json beside the stack files."
    ),
]
Guide = Annotated[bool, typer.Option("--guide", help="Explain what is shown, and what to try next.")]


BEFORE = """\
One description, a stack per placement. For each: the machines that the plan chose, how their
capacity is obtained (the ladder), and the resources that `pulumi up` would register. Nothing is
deployed, no cloud is called, no credentials are needed.
"""
AFTER = """
Try next:
  intertie explain stacks/specs/chat.yaml            why these machines, and why not others
  intertie validate FILE                             check a description of your own
  make demo SPEC=FILE                                preview it on its clouds
  intertie catalog machines --accelerator h100       what the clouds sell, with sources"""


def preview(  # noqa: PLR0917  these are options, not positions
    stack: Stacks = None,
    all_: All = False,
    spec: Spec = None,
    project: ProjectFolder = Path(),
    prices: Prices = None,
    pack: Packs = None,
    policy_config: PolicyConfig = None,
    format: FormatOption = PreviewFormat.TEXT,
    guide: Guide = False,
) -> None:
    """Preview stacks offline: resources, machines, capacity, cost and problems of each cloud, side by side.

    Runs the project's own program once per stack and checks every resource against the Pulumi SDKs. Nothing is
    deployed, no cloud is called and no credentials are needed. It shows what the program declares; whether a cloud
    grants quota and has capacity shows only there.

    Examples: `intertie preview --all`, `intertie preview --stack aws-use1`, `intertie preview --spec mine.yaml`,
    `intertie preview --all --pack production`
    """
    if not (stack or all_ or spec):
        raise InputError("say what to preview: --stack NAME, --all, or --spec FILE")
    if all_ and (stack or spec):
        raise InputError("--all previews every stack that has a file: give it without --stack and --spec")
    if (policy_config or format is PreviewFormat.SARIF) and not pack:
        raise InputError("say which pack judges: --pack baseline or --pack production")
    data = _previewed(project, stack, spec, prices, (tuple(each.value for each in pack or ()), policy_config))
    _show(data, format, guide=guide)
    raise typer.Exit(Exit.GOOD if data["verdict"] == "pass" else Exit.VIOLATIONS)


def _show(data: dict[str, Any], format: PreviewFormat, *, guide: bool) -> None:
    if format is PreviewFormat.JSON:
        write_json(data)
    elif format is PreviewFormat.MARKDOWN:
        typer.echo(report.preview_markdown(data), nl=False)
    elif format is PreviewFormat.SARIF:
        typer.echo(report.preview_sarif(data, _rules()), nl=False)
    else:
        out = console()
        if guide:
            out.print(BEFORE, markup=False, soft_wrap=True)
        report.preview_text(data, out)
        if guide:
            out.print(AFTER, markup=False, soft_wrap=True)


def _rules() -> list[dict[str, Any]]:
    from intertie_policies import registry
    from intertie_policies.listing import listed

    return [listed(rule) for rule in registry.rules()]


def _previewed(
    project: Path,
    stacks: list[str] | None,
    spec: Path | None,
    prices: list[Path] | None,
    policies: tuple[tuple[str, ...], Path | None],
) -> dict[str, Any]:
    """The result as plain data. The rooms that need Pulumi are loaded here, so that `--help` does not wait for them."""
    from intertie.cli.pricing import price_book
    from intertie.preview import judged
    from intertie.preview import preview as preview_stacks
    from intertie.preview.project import read_project
    from intertie_policies import registry
    from intertie_policies.config import read_file

    book = price_book(prices)
    packs, given = policies
    file = given or (read_project(project).policy_file() if packs else None)
    if file is not None and given is None:
        talk(f"policy packs are configured by {file}; --policy-config names another file")
    configuration = read_file(file, registry.ids())
    with waiting("previewing: the first stack of each cloud loads its SDK, which takes a few seconds"):
        return judged(preview_stacks(project, stacks, spec, book), packs, configuration).to_json()
