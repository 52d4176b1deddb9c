"""`intertie replicate`: what must lie in each placement before the day it is needed, and the copies of it."""

import json
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer

from intertie.cli.exits import Exit
from intertie.cli.output import Format, FormatOption, console, talk, write_json
from intertie.errors import InputError, OutsideError
from intertie.money.files import read_text, replace_file
from intertie.plan import resolve
from intertie.replication import Task, make, record, tasks
from intertie.replication.run import Evidence, lock
from intertie.replication.tools import steps
from intertie.spec import PipelineSpec, read_file
from intertie.spec.reader import digests_in, lock_path

_HOURS = 6 * 3600  # of one command: hundreds of gigabytes between clouds


def replicate(
    spec: Annotated[Path, typer.Argument(help="Description of the pipeline, for example stacks/specs/chat.yaml.")],
    *,
    placement: Annotated[
        list[str] | None, typer.Option("--placement", "-p", help="Only this placement; may be given several times.")
    ] = None,
    bucket: Annotated[
        list[str] | None,
        typer.Option(help="PLACEMENT=URI: the stack's output `weights`, such as s3://chat-weights-1a2."),
    ] = None,
    secrets: Annotated[
        Path | None,
        typer.Option(help="JSON file with the secrets' values, readable by you alone: {name: {field: value}}."),
    ] = None,
    run: Annotated[bool, typer.Option("--run", help="Make the copies. Without it, only say which.")] = False,
    scratch: Annotated[Path, typer.Option(help="Folder in which weights lie between two clouds.")] = Path(
        "out/weights"
    ),
    evidence: Annotated[Path | None, typer.Option(help="Write what was copied, with digests, to this file.")] = None,
    format: FormatOption = Format.TEXT,
) -> None:
    """Copy images, weights and secrets into every placement that may need them, and record their digests.

    Says what it would copy and with which commands; `--run` makes the copies with crane, hf, aws, az and gcloud, and
    writes the images' digests beside the description. Values of secrets go to the tools by standard input.

    Example: `intertie replicate stacks/specs/chat.yaml --placement gcp-euw4`
    """
    described = read_file(spec)
    found = _tasks(described, placement, _pairs(bucket or []))
    if not run:
        _show(found, scratch, format)
        return
    path = lock_path(spec)
    before = digests_in(read_text(path, "the lock of a description"), str(path)) if path.is_file() else {}
    made = make(found, _runner, scratch, _secrets(secrets), talk)
    replace_file(path, lock(made, before))
    _tell(made, evidence, format)
    if any(each.outcome == "failed" for each in made):
        raise typer.Exit(Exit.OUTSIDE)


def _tasks(described: PipelineSpec, placements: list[str] | None, buckets: dict[str, str]) -> list[Task]:
    names = list(dict.fromkeys(placements or described.placements))
    for name in [*names, *buckets]:
        if name not in described.placements:
            raise InputError(f"there is no placement {name!r}; there are: {', '.join(described.placements)}")
    return [task for name in names for task in tasks(resolve(described, name), buckets.get(name))]


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = {text.partition("=")[0]: text.partition("=")[2] for text in texts}
    wrong = [text for text in texts if "=" not in text or "://" not in text]
    if wrong:
        raise InputError(f"--bucket {wrong[0]}: expected PLACEMENT=URI, such as aws-use1=s3://chat-weights-1a2")
    return {name: uri.rstrip("/") for name, uri in pairs.items()}


def _secrets(path: Path | None) -> dict[str, dict[str, str]]:
    """The values. A file that others may read is refused: it holds the keys of the house."""
    if path is None:
        return {}
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise InputError(f"{path}: others may read it; chmod 600 {shlex.quote(str(path))}")
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: it cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: expected JSON: {{name: {{field: value}}}}") from None
    fits = isinstance(found, dict) and all(
        isinstance(fields, dict) and all(isinstance(value, str) for value in fields.values())
        for fields in found.values()
    )
    if not fits:
        raise InputError(f"{path}: expected {{name: {{field: value}}}}, with texts as values")
    return found


def _runner(command: tuple[str, ...], given: str | None) -> str:
    try:
        done = subprocess.run(  # noqa: S603  commands of tools.py, never through a shell
            command, input=given, capture_output=True, text=True, check=False, timeout=_HOURS
        )
    except FileNotFoundError:
        raise OutsideError(f"{command[0]} is not on PATH") from None
    except (subprocess.TimeoutExpired, OSError) as error:
        raise OutsideError(f"{command[0]}: {type(error).__name__}") from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["it said nothing"]
        raise OutsideError(f"{shlex.join(command[:3])} … failed: {lines[-1]}")
    return done.stdout


def _show(found: list[Task], scratch: Path, format: Format) -> None:
    plan = [(task, _commands(task, scratch)) for task in found]
    if format is Format.JSON:
        copies = [
            {"placement": task.placement, "kind": task.kind.value, "name": task.name, "source": task.source,
             "target": task.target, "why": task.why, "fields": list(task.fields), "commands": commands}
            for task, commands in plan
        ]  # fmt: skip
        write_json({"schema": "intertie.replicate-plan/v1", "copies": copies})
        return
    out = console()
    for task, commands in plan:
        arrow = f" → {task.target}" if task.target else ""
        out.print(f"{task.placement}: {task.kind} {task.name}{arrow}", markup=False, soft_wrap=True)
        out.print(f"    because {task.why}", markup=False, soft_wrap=True)
        for command in commands:
            out.print(f"    {command}", markup=False, soft_wrap=True)


def _commands(task: Task, scratch: Path) -> list[str]:
    """As a shell takes them; for a task that is open, what is missing."""
    try:
        return [shlex.join(step.command) + (" < value" if step.secret else "") for step in steps(task, scratch)]
    except InputError as error:
        return [f"open: {error.message}"]


def _tell(made: tuple[Evidence, ...], path: Path | None, format: Format) -> None:
    data = record(made)
    if path is not None:
        replace_file(path, json.dumps(data, indent=2, sort_keys=True) + "\n")
    if format is Format.JSON:
        write_json(data)
        return
    out = console()
    for each in made:
        more = f" {each.digest or each.said}" if each.digest or each.said else ""
        out.print(f"{each.outcome}: {each.task.placement} {each.task.kind} {each.task.name}{more}", markup=False,
                  soft_wrap=True)  # fmt: skip
