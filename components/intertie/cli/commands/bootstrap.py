"""`intertie bootstrap`: says what a placement's account needs before its first deployment, and writes the program."""

import json
import os
import re
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from intertie.cli.exits import Exit
from intertie.cli.output import Format, FormatOption, console, talk, write_json
from intertie.errors import InputError, PlanError
from intertie.plan import Plan, resolve
from intertie.spec import PipelineSpec, read_file

GITHUB = "https://token.actions.githubusercontent.com"
_PROGRAM = '''\
"""State bucket, key, trust in the CI's tokens and deploy role of one placement: a stack of its own, deployed once."""

from pathlib import Path

import pulumi

from intertie import PlacementBootstrap, read_file

config = pulumi.Config()
spec = read_file(Path(__file__).parent / config.require("spec"))
made = PlacementBootstrap(
    f"{spec.name}-bootstrap",
    {
        "spec": spec,
        "placement": config.require("placement"),
        "account": config.require("account"),
        "issuer": config.require("issuer"),
        "subject": config.require("subject"),
        "issuer_known": config.get_bool("issuerKnown") or False,
    },
)

pulumi.export("backend", made.backend)
pulumi.export("secretsProvider", made.secrets_provider)
pulumi.export("deployer", made.deployer)
'''
_PROJECT = """\
name: bootstrap
description: What must be there before the first deployment of a placement
runtime: python
"""

Settings = dict[str, str]
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,127}")


def bootstrap(
    placement: Annotated[str, typer.Argument(help="Placement of the description, for example aws-use1.")],
    *,
    spec: Annotated[Path, typer.Option("--spec", "-s", help="Description of the pipeline.")],
    subject: Annotated[
        str, typer.Option(help="The one subject whose tokens may deploy: repo:acme/inference:environment:production.")
    ],
    account: Annotated[
        str | None, typer.Option(help="AWS account, Azure subscription or Google project. Default: `account.id`.")
    ] = None,
    issuer: Annotated[str, typer.Option(help="Issuer of the CI's OIDC tokens.")] = GITHUB,
    issuer_known: Annotated[
        bool, typer.Option("--issuer-known", help="The AWS account trusts the issuer already.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write the Pulumi program into this folder.")] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Say what must be there before a placement is deployed for the first time, and write the program that makes it.

    State bucket, key, trust in your CI's tokens and a deploy role with exactly what the stacks need, in the placement's
    own cloud and region. Nothing is created here: run `pulumi up` in the folder that `--out` names. The same input
    writes the same files.

    Example: `intertie bootstrap aws-use1 -s stacks/specs/chat.yaml --subject repo:acme/inference:environment:aws-use1
    --account 123456789012 --out bootstrap/aws-use1`
    """
    described = read_file(spec)
    plan = _plan(described, placement, spec)
    settings = _settings(plan, spec, out, account=account, issuer=issuer, subject=subject, known=issuer_known)
    made = _resources(described, settings)
    if out is not None:
        _write(out, placement, plan, settings)
    if format is Format.JSON:
        write_json(_json(plan, settings, made, out))
    else:
        _print(plan, made, out)
    raise typer.Exit(Exit.GOOD)


def _plan(described: PipelineSpec, placement: str, spec: Path) -> Plan:
    if placement not in described.placements:
        raise InputError(f"{spec} has no placement {placement!r}; it has: {', '.join(described.placements)}")
    try:
        plan = resolve(described, placement)
    except PlanError as error:
        raise InputError(f"placement {placement!r} has no plan yet", error.problems) from error
    if plan.platform == "existing":
        raise InputError(f"placement {placement!r} adopts a cluster: there is no account to prepare")
    return plan


def _settings(
    plan: Plan, spec: Path, out: Path | None, *, account: str | None, issuer: str, subject: str, known: bool
) -> Settings:
    """The stack's configuration. The description is named from where the program will be."""
    own = plan.where.account.id if plan.where.account is not None else None
    if account is None and own is None:
        raise InputError("no account is known: give --account, or write `account: {id: ...}` in the placement")
    if not _ACCOUNT.fullmatch(account or own or ""):
        raise InputError(
            f"--account {account or own!r} must be an account, subscription or project as the cloud shows it"
        )
    if not issuer.startswith("https://"):
        raise InputError(f"--issuer {issuer!r} must be an address that starts with https://")
    if not subject or any(letter in subject for letter in "*?'\"\\ \n"):
        raise InputError(f"--subject {subject!r} must be one subject in full, without patterns, quotes or spaces")
    return {
        "spec": os.path.relpath(spec.resolve(), (out or Path()).resolve()),
        "placement": plan.placement,
        "account": account or own or "",
        "issuer": issuer,
        "subject": subject,
        "issuerKnown": "true" if known else "false",
    }


def _resources(described: PipelineSpec, settings: Settings) -> list[dict[str, Any]]:
    """What the program would make, recorded without any cloud."""
    from intertie.bootstraps import PlacementBootstrap
    from intertie.graph import record

    def program() -> None:
        PlacementBootstrap(
            f"{described.name}-bootstrap",
            {
                "spec": described,
                "placement": settings["placement"],
                "account": settings["account"],
                "issuer": settings["issuer"],
                "subject": settings["subject"],
                "issuer_known": settings["issuerKnown"] == "true",
            },
        )

    graph = record(program, "bootstrap", settings["placement"], root_directory=Path())
    return [
        {"type": each.type, "name": each.name, "protected": each.protect, "kept": each.retain_on_delete}
        for each in graph.resources
        if not each.type.startswith(("pulumi:", "intertie:"))
    ]


def _write(out: Path, placement: str, plan: Plan, settings: Settings) -> None:
    """Three files. Existing ones of the same content are left; others are only replaced if they were ours."""
    lines = ["config:", *(f"  bootstrap:{key}: {json.dumps(value)}" for key, value in settings.items())]
    if plan.cloud == "aws":
        lines += [f"  aws:region: {plan.region}", f'  aws:allowedAccountIds: ["{settings["account"]}"]']
    if plan.cloud == "gcp":
        lines.append(f"  gcp:project: {settings['account']}")
    if plan.cloud == "azure":
        lines += [f"  azure-native:subscriptionId: {settings['account']}", f"  azure-native:location: {plan.region}"]
    files = {"Pulumi.yaml": _PROJECT, "__main__.py": _PROGRAM, f"Pulumi.{placement}.yaml": "\n".join(lines) + "\n"}
    for name in ("Pulumi.yaml", "__main__.py"):
        there = out / name
        if there.exists() and there.read_text(encoding="utf-8") != files[name]:
            raise InputError(f"{there} exists and is not what would be written: choose another folder with --out")
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_text(text, encoding="utf-8")


def _json(plan: Plan, settings: Settings, made: list[dict[str, Any]], out: Path | None) -> dict[str, Any]:
    return {
        "schema": "intertie.bootstrap/v1",
        "placement": plan.placement,
        "cloud": plan.cloud,
        "region": plan.region,
        "settings": settings,
        "resources": made,
        "written": str(out) if out is not None else None,
    }


def _print(plan: Plan, made: list[dict[str, Any]], out: Path | None) -> None:
    table = Table("resource", "type", "kept for ever", box=None, pad_edge=False, header_style="bold")
    for each in made:
        table.add_row(each["name"], each["type"], "yes" if each["kept"] else "")
    show = console()
    show.print(f"bootstrap of {plan.placement}: {len(made)} resources in {plan.cloud} {plan.region}", markup=False)
    show.print(table)
    if out is None:
        talk("nothing is written: --out FOLDER writes the Pulumi program that makes these")
        return
    talk(f"written to {out}. Deploy it once, with rights of your own, and keep its state with the code:")
    talk(f"  cd {out} && pulumi login file://. && pulumi stack select --create {plan.placement} && pulumi up")
    talk("then: `backend` and `secretsProvider` go into the placement's `state`, `deployer` into its `account`.")
