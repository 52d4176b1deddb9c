"""How each copy is made: command lines of tools that the clouds and the registries' own projects maintain.

A secret's value is never on a command line, where every process of the machine could read it: it goes in by standard
input.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from intertie.errors import InputError
from intertie.replication.tasks import Kind, Task

Fields = Mapping[str, str]
"""Field of a secret → value."""


def _object(fields: Fields) -> str:
    return json.dumps(dict(fields), sort_keys=True)


@dataclass(frozen=True, slots=True)
class Step:
    """One command. `secret`: its standard input is the secret's value. `says_digest`: its output is the digest."""

    command: tuple[str, ...]
    secret: bool = False
    written: Callable[[Fields], str] = _object  # how the store has the value
    says_digest: bool = False
    brings: Path | None = None  # folder whose digest is taken when the command has ended

    @property
    def tool(self) -> str:
        return self.command[0]


def steps(task: Task, scratch: Path) -> tuple[Step, ...]:
    """What makes the copy, in order. `scratch`: where weights lie in between. InputError where the task is open."""
    if task.kind is Kind.IMAGE:
        # every layer is asked for, which is what brings it into the cache
        bring = ("validate", "--remote", task.target) if task.cached else ("copy", task.source, task.target)
        copied = (Step(("crane", *bring)),) if task.target else ()
        return (*copied, Step(("crane", "digest", task.target or task.source), says_digest=True))
    if task.kind is Kind.WEIGHTS:
        return _weights(task, scratch)
    return _token(task) if task.username else (_secret(task, task.target),)


def _weights(task: Task, scratch: Path) -> tuple[Step, ...]:
    """All files of the revision, then up, with what the bucket has already left alone."""
    if "<" in task.source + task.target:
        raise InputError(
            f"{task.placement}: where the weights of {task.name} go is not known; "
            f"give the stack's output: --bucket {task.placement}=$(pulumi stack output weights)"
        )
    place = scratch / task.name.replace("/", "--") / (task.revision or "main")
    folder = str(place)
    fetch = ["hf", "download", task.name, "--local-dir", folder]
    fetch += ["--revision", task.revision] if task.revision else []
    return Step(tuple(fetch), brings=place), Step(_upload(task, folder))


def _upload(task: Task, folder: str) -> tuple[str, ...]:
    scheme, _, path = task.target.partition("://")
    if scheme == "s3":
        return ("aws", "s3", "sync", folder, task.target, "--exclude", ".cache/*", "--only-show-errors")
    if scheme == "gs":
        return ("gcloud", "storage", "rsync", "--recursive", "--exclude=^\\.cache/", folder, task.target)
    host, _, inside = path.partition("/")
    account, _, domain = host.partition(".")
    if scheme == "https" and domain.startswith("blob."):
        container, _, below = inside.partition("/")
        return (
            "az", "storage", "blob", "upload-batch", "--auth-mode", "login", "--overwrite", "false",
            "--account-name", account, "--source", folder, "--destination", container, "--destination-path", below,
        )  # fmt: skip
    raise InputError(
        f"{task.placement}: nothing is known to upload weights to {task.target!r}; "
        "s3://, gs:// and https://<account>.blob.core.windows.net/<container> are"
    )


def _token(task: Task) -> tuple[Step, ...]:
    """A token as the cloud's own registry reads it: with its name, or in two secrets, or alone."""
    if task.cloud == "aws":
        return (
            _secret(
                task, task.target, lambda given: _object({"username": task.username, "accessToken": given["token"]})
            ),
        )
    token = _secret(task, task.target, lambda given: given["token"])
    if task.cloud == "azure":
        return (_secret(task, f"{task.target}-username", lambda _: task.username), token)
    return (token,)


def _secret(task: Task, key: str, written: Callable[[Fields], str] = _object) -> Step:
    stdin = "/dev/stdin"
    commands: Mapping[str, tuple[str, ...]] = {
        "aws": ("aws", "secretsmanager", "put-secret-value", "--region", task.region, "--secret-id", key,
                "--secret-string", f"file://{stdin}", "--query", "VersionId", "--output", "text"),
        "azure": ("az", "keyvault", "secret", "set", "--vault-name", task.vault, "--name", key,
                  "--file", stdin, "--encoding", "utf-8", "--query", "attributes.version", "--output", "tsv"),
        "gcp": ("gcloud", "secrets", "versions", "add", key, "--data-file=-",
                *((f"--project={task.account}",) if task.account else ())),
    }  # fmt: skip
    if task.cloud not in commands:
        raise InputError(f"{task.placement}: no secret store is known on cloud {task.cloud!r}")
    return Step(commands[task.cloud], secret=True, written=written)
