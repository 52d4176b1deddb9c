"""One run of a program in the SDK: settings, configuration and an event loop that nothing else shares.

The SDK keeps all of it in context variables; a recording runs in a copy of the caller's context, so that what it sets
ends with it. Like the rest of this room it knows parts of the SDK that are not public: it is held to one minor version.
"""

import asyncio
import contextlib
import contextvars
import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import config as sdk_config
from pulumi.runtime import settings as sdk_settings
from pulumi.runtime.stack import Stack

from intertie.graph.loop import NeverDone, RecordingLoop, UnderWay
from intertie.graph.monitor import RecordingMonitor

_PARALLEL = 16


class ProgramExit(Exception):  # noqa: N818  (not a failure of ours: the program called sys.exit)
    """The program ended itself."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a program can ask of the stack that it runs for."""

    config: Mapping[str, str]  # namespace:key → text
    secret_keys: Sequence[str]
    organization: str
    root_directory: str  # folder of Pulumi.yaml


def run(program: Callable[[], Any], monitor: RecordingMonitor, around: Surroundings) -> None:
    """Runs `program` as the engine would in a preview. Raises what the program raises; `ProgramExit` for sys.exit."""

    def inside() -> None:
        under_way = UnderWay()
        _configure(monitor, under_way, around)
        sdk_config.set_all_config(dict(around.config), list(around.secret_keys))
        _run_loop(program, under_way)

    context = contextvars.copy_context()
    if _loop_is_running():
        _in_thread(lambda: context.run(inside))
    else:
        context.run(inside)


def _configure(monitor: RecordingMonitor, under_way: UnderWay, around: Surroundings) -> None:
    """Sets every setting of the SDK, in this context alone.

    Assigning to `pulumi.runtime.settings.SETTINGS` would do, were it not that a first assignment also becomes the
    default of every other context of the process.
    """
    values: dict[str, Any] = {
        "rpc_manager": under_way.calls,
        "outputs": under_way.outputs,
        "lock": threading.Lock(),
        "monitor": monitor,
        "engine": monitor,
        "callbacks": monitor.callbacks,
        "monitor_features": set(monitor.GetDeploymentInfo(None).supportedFeatures),
        "project": monitor.project,
        "stack": monitor.stack,
        "organization": around.organization,
        "root_directory": around.root_directory,
        "parallel": _PARALLEL,
        "dry_run": True,
        "legacy_apply_enabled": False,
        "package_refs": {},
        "base_providers_by_ref": {},
    }
    properties = vars(sdk_settings.Settings)
    for name, value in values.items():
        properties[name]._data.set(value)  # noqa: SLF001
    sdk_settings.ROOT.set(None)


def _run_loop(program: Callable[[], Any], under_way: UnderWay) -> None:
    loop = RecordingLoop()
    loop.set_exception_handler(lambda _loop, _context: None)  # what fails is raised below, once
    try:
        loop.run_until_complete(_deploy(program, under_way))
    except SystemExit as error:  # of a function that ran later, in an apply
        raise ProgramExit(error.code) from error
    finally:
        _close(loop)


async def _deploy(program: Callable[[], Any], under_way: UnderWay) -> None:
    """The program inside its stack, then everything that it set going.

    The SDK's own `run_in_stack` does the same, but asks all pending outputs again after each one that is done: that
    grows with the square of their number.
    """
    stack = Stack()
    try:
        await _finished(_guarded(program))
        later = stack._take_async_program()  # noqa: SLF001
        if later is not None:
            stack._add_program_outputs(await later())  # noqa: SLF001
    finally:
        stack._finish()  # noqa: SLF001
    await under_way.quiet()


async def _finished(result: Any) -> None:
    if inspect.isawaitable(result):
        await result


def _guarded(program: Callable[[], Any]) -> Any:
    """The program, with sys.exit as an ordinary exception: it would stop the loop before anything is awaited."""
    try:
        return program()
    except SystemExit as error:
        raise ProgramExit(error.code) from error


def _close(loop: asyncio.AbstractEventLoop) -> None:
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    with contextlib.suppress(NeverDone):  # of a task that refuses to be cancelled
        if pending:
            loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def _loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _in_thread(call: Callable[[], None]) -> None:
    """Runs a call in a thread of its own: this one already drives an event loop."""
    raised: list[BaseException] = []

    def target() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001  (raised again in the caller's thread)
            raised.append(error)

    thread = threading.Thread(target=target, name="intertie-record")
    thread.start()
    thread.join()
    if raised:
        raise raised[0]
