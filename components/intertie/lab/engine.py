"""Drives the Pulumi CLI on one stack, for tests and drills: bounded in time, with every event of the engine.

A thin runner and nothing more: the command line, the environment of a lab, the event log that the CLI writes, and
an end to whatever hangs. People use `pulumi` itself.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from intertie.errors import OutsideError
from intertie.lab.processes import bound

LIMIT = 600.0
"""Seconds that one command may take unless it is told otherwise."""

_GRACE = 15.0  # seconds for an interrupted CLI to finish what is under way and to save its state
_UNCHANGED = {"same", "read", "refresh"}


@dataclass(frozen=True, slots=True)
class Step:
    """What the engine does, or would do, to one resource. `keys` are the inputs for which it is replaced."""

    op: str
    urn: str
    keys: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        return self.urn.split("::", 3)[3]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one command ended. `events` are the engine's own, as `apitype.EngineEvent` in pulumi/pulumi."""

    words: tuple[str, ...]
    code: int  # negative: the signal that ended it
    seconds: float
    stdout: str
    stderr: str
    events: tuple[dict[str, Any], ...]

    @property
    def ok(self) -> bool:
        return self.code == 0

    @property
    def text(self) -> str:
        """All that a person saw."""
        return self.stdout + self.stderr

    @property
    def changes(self) -> dict[str, int]:
        """Number of resources per operation, as the summary says; empty when the command did not come that far."""
        summaries = [event["summaryEvent"] for event in self.events if "summaryEvent" in event]
        return dict(summaries[-1].get("resourceChanges") or {}) if summaries else {}

    @property
    def changed(self) -> dict[str, int]:
        """The same without what stays as it is."""
        return {op: count for op, count in self.changes.items() if op not in _UNCHANGED}

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step that the engine began, in its order."""
        found = (event["resourcePreEvent"]["metadata"] for event in self.events if "resourcePreEvent" in event)
        return tuple(Step(each["op"], each["urn"], tuple(each.get("keys") or ())) for each in found)

    def messages(self, *severities: str) -> tuple[str, ...]:
        """Diagnostics of these severities (`error`, `warning`, `info`, `info#err`), each as often as it was shown."""
        found = (event["diagnosticEvent"] for event in self.events if "diagnosticEvent" in event)
        return tuple(each["message"].strip() for each in found if each["severity"] in severities)


@dataclass(slots=True)
class Command:
    """One CLI process under way, no longer than its starter. Use `wait`; a test may `kill` or `interrupt` it before."""

    words: tuple[str, ...]
    process: "subprocess.Popen[bytes]"
    scratch: Path
    started: float = field(default_factory=time.monotonic)

    def events(self) -> tuple[dict[str, Any], ...]:
        """What the engine has logged so far; a line that is still being written is left for later."""
        return tuple(json.loads(line) for line in self._read("events").split("\n")[:-1])

    def logged(self, kind: str) -> int:
        """How many events of a kind (`resOutputsEvent`: a step that is done) the engine has logged so far."""
        return self._read("events").count(f'"{kind}":')

    def shown(self) -> str:
        """All that a person has seen so far."""
        return self._read("stdout") + self._read("stderr")

    def interrupt(self) -> None:
        """What Ctrl-C does: finish what is under way, save the state, begin nothing more."""
        self.process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """What a power cut does to the CLI."""
        self.process.kill()

    def wait(self, limit: float = LIMIT) -> Outcome:
        """How it ended. OutsideError, with the last that was shown, when it does not end within `limit` seconds."""
        try:
            self._end(limit)
            seconds = time.monotonic() - self.started
            stdout, stderr = self._read("stdout"), self._read("stderr")
            return Outcome(self.words, self.process.returncode, seconds, stdout, stderr, self.events())
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def _end(self, limit: float) -> None:
        try:
            self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.interrupt()
            try:
                self.process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                self.kill()
                self.process.wait()
            shown = "\n".join(self.shown().splitlines()[-20:])
            text = f"pulumi {self.words[0]} did not end within {limit:g} s; it said last:\n{shown}"
            raise OutsideError(text) from None
        except BaseException:
            self.kill()
            self.process.wait()
            raise

    def _read(self, name: str) -> str:
        file = self.scratch / name
        return file.read_text(errors="replace") if file.exists() else ""


@dataclass(frozen=True, slots=True)
class Engine:
    """The CLI on one stack of a project, in the environment of a lab. Commands need no terminal and ask nothing."""

    environment: Mapping[str, str]
    project: Path
    stack: str

    def init(self) -> Outcome:
        """Create the stack."""
        return self.run("stack", "init", self.stack, own_stack=False)

    def preview(self, *options: str, limit: float = LIMIT) -> Outcome:
        return self.run("preview", *options, limit=limit)

    def up(self, *options: str, limit: float = LIMIT) -> Outcome:
        """Update without the preview before it: call `preview` first where packs are to judge."""
        return self.start("up", "--yes", "--skip-preview", *options).wait(limit)

    def refresh(self, *options: str, limit: float = LIMIT) -> Outcome:
        return self.run("refresh", "--yes", "--skip-preview", *options, limit=limit)

    def destroy(self, *options: str, limit: float = LIMIT) -> Outcome:
        return self.run("destroy", "--yes", "--skip-preview", *options, limit=limit)

    def cancel(self) -> Outcome:
        """Take away the lock that a killed CLI leaves behind."""
        return self.run("cancel", "--yes", self.stack, own_stack=False)

    def state(self, *, secrets: bool = False) -> dict[str, Any]:
        """The deployment as the backend has it; secrets stay encrypted. OutsideError when it cannot be read."""
        return self._json("stack", "export", *(["--show-secrets"] if secrets else []))["deployment"]

    def resources(self, *, secrets: bool = False) -> tuple[dict[str, Any], ...]:
        """Resources of the state, in its order."""
        return tuple(self.state(secrets=secrets).get("resources") or ())

    def outputs(self, *, secrets: bool = False) -> dict[str, Any]:
        """What the program exports."""
        return self._json("stack", "output", "--json", *(["--show-secrets"] if secrets else []))

    def _json(self, *words: str) -> Any:
        outcome = self.run(*words)
        if not outcome.ok:
            raise OutsideError(f"pulumi {' '.join(words)} failed:\n{outcome.text}")
        return json.loads(outcome.stdout)

    def run(self, *words: str, limit: float = LIMIT, own_stack: bool = True) -> Outcome:
        return self.start(*words, own_stack=own_stack).wait(limit)

    def start(self, *words: str, own_stack: bool = True) -> Command:
        """Begin a command; the caller waits for it."""
        scratch = _scratch(self.environment)
        options = ["--non-interactive", "--color=never"]
        if own_stack:
            options.append(f"--stack={self.stack}")
        if words[0] in {"preview", "up", "refresh", "destroy"}:
            options.append(f"--event-log={scratch / 'events'}")
        return _begin(words, ["pulumi", *words, *options], self.project, environment(self.environment), scratch)


def launch(words: tuple[str, ...], folder: Path, environment: Mapping[str, str], program: str = "pulumi") -> Command:
    """Begin any command of the CLI, as it stands; the caller waits for it."""
    return _begin(words, [program, *words], folder, environment, _scratch(environment))


def _scratch(environment: Mapping[str, str]) -> Path:
    """In the lab's folder, where it has one: what is shown may be secret, and goes with the lab whatever happens."""
    return Path(tempfile.mkdtemp(prefix="command-", dir=environment.get("INTERTIE_LAB")))


def _begin(
    words: tuple[str, ...], command: list[str], folder: Path, environment: Mapping[str, str], scratch: Path
) -> Command:
    """Into files, not pipes: nothing waits for a reader, and nothing that a killed CLI leaves behind keeps us."""
    path = shutil.which(command[0], path=environment.get("PATH"))
    if path is None:
        raise OutsideError(f"{command[0]} is not on the lab's PATH")
    with (scratch / "stdout").open("wb") as stdout, (scratch / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            bound([path, *command[1:]]),
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    return Command(words, process, scratch)


def environment(lab: Mapping[str, str]) -> dict[str, str]:
    """The process's environment without the person's own Pulumi settings, and with the lab's."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    return {**own, **lab, "PULUMI_DEBUG_COMMANDS": "true"}  # without it the CLI knows no --event-log


def copy_project(source: Path, target: Path) -> Path:
    """A copy of a project that `pulumi` may write into: Pulumi.yaml and what it names, not what was built from it."""
    target.mkdir(parents=True)
    shutil.copy2(source / "Pulumi.yaml", target)
    shutil.copytree(source / "stacks", target / "stacks", ignore=shutil.ignore_patterns("__pycache__"))
    return target


def failures(outcomes: Iterable[Outcome]) -> str:
    """The commands that failed, with what they said: what a test prints."""
    return "\n\n".join(f"pulumi {' '.join(each.words)}: {each.code}\n{each.text}" for each in outcomes if not each.ok)
