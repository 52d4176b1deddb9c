"""`intertie policy`: the rules of the packs, and what they say of resources that somebody wrote down."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from intertie import report
from intertie.cli.exits import Exit
from intertie.cli.output import Format, FormatOption, console, write_json
from intertie.errors import InputError

app = typer.Typer(help="Check resources against the policy packs, and look up their rules.", no_args_is_help=True)


class Pack(StrEnum):
    """The packs."""

    BASELINE = "baseline"
    PRODUCTION = "production"


class CheckFormat(StrEnum):
    """For people, for programs, for pull requests, for code scanning, for CI servers."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    SARIF = "sarif"
    JUNIT = "junit"


Packs = Annotated[list[Pack] | None, typer.Option("--pack", "-p", help="Pack of rules; may be given several times.")]
Config = Annotated[Path | None, typer.Option("--config", "-c", help="Configuration of the packs (JSON).")]


@app.command()
def check(
    file: Annotated[
        Path, typer.Argument(help="JSON list of resources, or output of `pulumi stack export`; - is stdin.")
    ],
    pack: Packs = None,
    config: Config = None,
    format: Annotated[
        CheckFormat, typer.Option("--format", "-f", help="`text`, `json`, `markdown`, `sarif` or `junit`.")
    ] = CheckFormat.TEXT,
) -> None:
    """Check resources against policy packs, without a program, an engine or a cloud.

    FILE is a JSON list of `{"type", "name", "props"}` with Pulumi's type tokens and wire names, or a checkpoint. What
    is unknown is a violation. Without `--pack` the production pack is asked.

    Example: `pulumi stack export | intertie policy check - --pack production`
    """
    from intertie_policies import reading, registry, results
    from intertie_policies.config import read_file
    from intertie_policies.engine import Judge
    from intertie_policies.listing import listed

    packs = list(dict.fromkeys(each.value for each in pack or [Pack.PRODUCTION]))
    configuration = read_file(config, registry.ids())
    found = reading.read_file(file)
    judges = [
        Judge(each, configuration, stack=found.stack, project=found.project, applying=found.applied) for each in packs
    ]
    data = results.merged(judge.everything(found.nodes) for judge in judges)
    rules = [listed(rule) for rule in registry.rules()]
    _write(data, rules, packs, str(file), format)
    raise typer.Exit(Exit.GOOD if data["verdict"] == "pass" else Exit.VIOLATIONS)


def _write(data: Any, rules: list[dict[str, Any]], packs: list[str], file: str, format: CheckFormat) -> None:
    title = f"{file} · {', '.join(packs)}"
    if format is CheckFormat.JSON:
        write_json(data)
    elif format is CheckFormat.TEXT:
        report.policy_text(data, title, console())
    else:
        texts = {
            CheckFormat.MARKDOWN: lambda: report.policy_markdown(data, title),
            CheckFormat.SARIF: lambda: report.policy_sarif(data, rules, file),
            CheckFormat.JUNIT: lambda: report.policy_junit(data, rules, packs),
        }
        typer.echo(texts[format](), nl=False)


@app.command("list")
def list_(
    subject: Annotated[
        str | None, typer.Option("--subject", "-s", help="Only rules about this: region, cost, …")
    ] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """List the rules with their level in each pack.

    Example: `intertie policy list --subject capacity`
    """
    from intertie_policies import registry
    from intertie_policies.listing import listed

    subjects = sorted({rule.subject for rule in registry.rules()})
    if subject is not None and subject not in subjects:
        raise InputError(f"no rule is about {subject!r}; allowed: {', '.join(subjects)}")
    rules = [listed(rule) for rule in registry.rules() if subject in (None, rule.subject)]
    if format is Format.JSON:
        write_json({"schema": "intertie.rules/v1", "rules": rules})
    else:
        report.rules_text(rules, console())


@app.command()
def explain(
    rule: Annotated[str, typer.Argument(help="Id of a rule, as `intertie policy list` shows it.")],
    format: FormatOption = Format.TEXT,
) -> None:
    """Tell all there is to know about one rule: what holds, why, what to do, its sources.

    Example: `intertie policy explain region-allowed`
    """
    import difflib

    from intertie_policies import registry
    from intertie_policies.listing import listed

    if rule not in registry.ids():
        near = difflib.get_close_matches(rule, sorted(registry.ids()), n=1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise InputError(f"no rule is called {rule!r}{meant}\n  → intertie policy list")
    data = listed(registry.find(rule))
    if format is Format.JSON:
        write_json({"schema": "intertie.rule/v1", **data})
    else:
        report.rule_text(data, console())
