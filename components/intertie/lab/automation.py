"""Pulumi's Automation API on a stack of a lab, bounded in time and in the lab's own environment.

The API leaves two things open that matter here: it hands the person's own Pulumi settings on to the CLI, and it waits
for the CLI for ever. Both are the business of the class that runs the CLI for it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pulumi import automation
from pulumi.automation import errors
from pulumi.automation.events import EngineEvent

from intertie.errors import OutsideError
from intertie.lab import engine
from intertie.lab.home import Home

Found = TypeVar("Found")


class LabCommand(automation.PulumiCommand):
    """The CLI of a lab. OutsideError for a command that does not end within `limit` seconds."""

    def __init__(self, home: Home, limit: float = engine.LIMIT) -> None:
        super().__init__(root=str(home.folder))
        self._limit = limit

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> automation.CommandResult:
        """As the API's own. What the CLI says is passed on when it has ended."""
        # The mark of the Automation API lets the CLI word its messages for programs.
        environment = engine.environment({**additional_env, "PULUMI_AUTOMATION_API": "true"})
        words = (*args, "--non-interactive")
        ended = engine.launch(words, Path(cwd), environment, program=self.command).wait(self._limit)
        for text, tell in ((ended.stdout, on_output), (ended.stderr, on_error)):
            if tell is not None:
                for line in text.splitlines():
                    tell(line)
        result = automation.CommandResult(ended.stdout.rstrip(), ended.stderr.rstrip(), ended.code)
        if not ended.ok:
            raise errors.create_command_error(result)
        return result


def create(home: Home, project: Path, stack: str) -> automation.Stack:
    """A new stack of a project, which is written into. OutsideError when the CLI refuses."""
    options = automation.LocalWorkspaceOptions(
        pulumi_home=str(home.pulumi_home), env_vars=home.environment(), pulumi_command=LabCommand(home)
    )
    return _told(lambda _: automation.create_stack(stack, work_dir=str(project), opts=options))


def preview(stack: automation.Stack, packs: tuple[Path, ...] = ()) -> Mapping[str, int]:
    """How many resources would change, by kind of change. OutsideError with the engine's errors when it fails.

    A mandatory rule of a pack that is not kept fails it.
    """
    names = [str(each) for each in packs]
    found = _told(lambda told: stack.preview(color="never", policy_packs=names or None, on_event=told))
    return {str(kind): count for kind, count in found.change_summary.items()}


def up(stack: automation.Stack) -> Mapping[str, int]:
    """How many resources were changed, by kind of change. OutsideError with the engine's errors when it fails."""
    found = _told(lambda told: stack.up(color="never", on_event=told, show_secrets=False))
    return {str(kind): count for kind, count in (found.summary.resource_changes or {}).items()}


def _told(act: Callable[[Callable[[EngineEvent], None]], Found]) -> Found:
    """What an act gives; its failure in the words of the engine's own diagnostics."""
    said: list[str] = []

    def hear(event: EngineEvent) -> None:
        if event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
            said.append(event.diagnostic_event.message.strip())
        if event.policy_event is not None and event.policy_event.enforcement_level == "mandatory":
            said.append(event.policy_event.message.strip())

    try:
        return act(hear)
    except errors.CommandError as error:
        raise OutsideError("\n".join(dict.fromkeys(said)) or str(error).strip()) from None
