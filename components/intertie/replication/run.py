"""Makes copies through a port, one after another, and records what was made."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intertie.errors import InputError, OutsideError
from intertie.replication.tasks import Kind, Task
from intertie.replication.tools import Step, steps

SCHEMA = "intertie.replicate/v1"
LOCK = "intertie.lock/v1"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

Runner = Callable[[tuple[str, ...], str | None], str]
"""Runs a command with a standard input, and gives its output. OutsideError when it fails or is not there."""
Secrets = Mapping[str, Mapping[str, str]]
"""Secret → field → value."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What became of a task: never with a value of a secret, nor with a digest of one, which could be guessed from."""

    task: Task
    outcome: str  # made | failed | left
    digest: str = ""
    said: str = ""


def make(
    found: Iterable[Task], run: Runner, scratch: Path, secrets: Secrets, told: Callable[[str], None]
) -> tuple[Evidence, ...]:
    """Makes every copy; one that fails does not stop the others. Secrets whose values are not given are left.

    Raises InputError, before anything is copied, for a task that is open or a secret with the wrong fields.
    """
    plan = [(task, steps(task, scratch)) for task in found]
    for task, _ in plan:
        _check(task, secrets)
    evidence: list[Evidence] = []
    for task, commands in plan:
        if task.kind is Kind.SECRET and task.name not in secrets:
            evidence.append(Evidence(task, "left", said="no value was given for it"))
            continue
        told(f"{task.placement}: {task.kind} {task.name}")
        evidence.append(_made(task, commands, run, secrets))
    return tuple(evidence)


def record(evidence: Iterable[Evidence]) -> dict[str, Any]:
    """`intertie.replicate/v1`: what was copied where, with digests."""
    return {
        "schema": SCHEMA,
        "copies": [
            {
                "placement": each.task.placement,
                "kind": each.task.kind.value,
                "name": each.task.name,
                "source": each.task.source,
                "target": each.task.target,
                "revision": each.task.revision,
                "outcome": each.outcome,
                "digest": each.digest,
                "said": each.said,
            }
            for each in evidence
        ],
    }


def lock(evidence: Iterable[Evidence], before: Mapping[str, str]) -> str:
    """The lock file: digests of all images, those of earlier runs too. InputError where two places hold different
    bytes under one name."""
    found = dict(before)
    fresh: dict[str, str] = {}
    for each in evidence:
        if each.task.kind is Kind.IMAGE and each.digest and "@" not in each.task.source:
            if fresh.setdefault(each.task.name, each.digest) != each.digest:
                raise InputError(f"{each.task.name} is not the same image in every placement: copy it anew")
            found[each.task.name] = each.digest
    return json.dumps({"schema": LOCK, "images": dict(sorted(found.items()))}, indent=2) + "\n"


def _check(task: Task, secrets: Secrets) -> None:
    given = secrets.get(task.name)
    if task.kind is not Kind.SECRET or given is None:
        return
    wanted = set(task.fields)
    if (wanted and set(given) != wanted) or not given:
        fields = ", ".join(task.fields) or "one field for each caller, under the caller's name"
        shown = ", ".join(sorted(given)) or "none"
        raise InputError(f"secret {task.name!r} has the fields {shown}; expected {fields}")


def _made(task: Task, commands: Iterable[Step], run: Runner, secrets: Secrets) -> Evidence:
    digest = ""
    for step in commands:
        value = step.written(secrets[task.name]) if step.secret else None
        try:
            said = run(step.command, value).strip()
        except OutsideError as error:
            return Evidence(task, "failed", said=_without(str(error), secrets.get(task.name, {})))
        if step.brings is not None:
            digest = folder_digest(step.brings)
        if step.says_digest:
            digest = said
            if not _DIGEST.fullmatch(said):
                return Evidence(task, "failed", said=f"{step.tool} gave no digest")
    wanted = task.source.partition("@")[2]
    if wanted and digest and digest != wanted:
        return Evidence(task, "failed", digest, f"its digest is not {wanted}")
    return Evidence(task, "made", digest)


def folder_digest(folder: Path) -> str:
    """One digest for all files of a folder: of the lines `<digest>  <path>` in the order of the paths, as `sha256sum`
    writes them. What the download keeps for itself is not counted."""
    lines: list[str] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and inside.parts[0] != ".cache":
            with path.open("rb") as file:
                lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {inside.as_posix()}\n")
    return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def _without(text: str, values: Mapping[str, str]) -> str:
    """A tool's message, should it repeat what it was given."""
    for value in values.values():
        text = text.replace(value, "[secret]") if value else text
    return text
