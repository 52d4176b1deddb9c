"""Records what a Pulumi program registers, without any cloud, credentials or CLI."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from intertie.graph import host, session
from intertie.graph.collector import paused
from intertie.graph.faults import explain
from intertie.graph.monitor import RecordingMonitor
from intertie.graph.types import Graph


def record(
    program: Path | Callable[[], Any],
    project: str,
    stack: str,
    config: Mapping[str, str] | None = None,
    secret_keys: Collection[str] = (),
    *,
    organization: str = "organization",
    root_directory: Path | None = None,
) -> Graph:
    """Runs a program as `pulumi preview` would on an empty stack, and returns everything that it registers.

    `program` is a folder with a `__main__.py`, a script, or a function. `config` maps `namespace:key` to text (objects
    as JSON); a key without namespace belongs to the project. Values of `secret_keys` are secrets, and none of them is
    in the result. Nothing is called in any cloud: ids and computed outputs are unknown, and so are the answers to
    invokes. What the program sets in its process ends with it; the working directory is never changed.

    Raises InputError with `file:line` when the program fails; errors of ours pass through as they are.
    """

    def full(key: str) -> str:
        return key if ":" in key else f"{project}:{key}"

    values = {full(key): value for key, value in (config or {}).items()}
    secrets = [full(key) for key in secret_keys]
    monitor = RecordingMonitor(project, stack, hidden=[values[key] for key in secrets if key in values])
    entry = host.entry_of(program) if isinstance(program, Path) else None
    root = root_directory or (entry.parent if entry else Path())
    around = session.Surroundings(values, secrets, organization, str(root.resolve()))
    if entry is None:
        assert not isinstance(program, Path)
        _run(program, monitor, around, _folder_of(program))
    else:
        with host.isolated(entry.parent, entry):
            _run(lambda: host.run_script(entry), monitor, around, entry.parent)
    return monitor.graph()


def _run(
    program: Callable[[], Any], monitor: RecordingMonitor, around: session.Surroundings, folder: Path | None
) -> None:
    try:
        with paused():
            session.run(program, monitor, around)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  (whatever a program raises becomes one message)
        raise explain(error, folder, monitor.hidden) from None


def _folder_of(program: Callable[[], Any]) -> Path | None:
    """Where a function is written: its errors are shown with their place there."""
    code = getattr(program, "__code__", None)
    return Path(code.co_filename).parent if code else None
