"""One run of a program in the SDK: settings, configuration and an event loop that nothing else shares.

The SDK keeps all of it in context variables; a recording runs in a copy of the caller's context, so that what it sets
ends with it. This module is the only one that touches parts of the SDK that are not public (held to one minor version).
"""

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from pulumi.runtime import config as sdk_config
from pulumi.runtime import settings as sdk_settings
from pulumi.runtime.rpc_manager import RPCManager
from pulumi.runtime.stack import run_in_stack

from intertie.graph.monitor import ORDER, RecordingMonitor

_PARALLEL = 16


class ProgramExit(Exception):  # noqa: N818  (not a failure of ours: the program called sys.exit)
    """The program ended itself."""


class _NumberedRpcs(RPCManager):
    """Numbers the SDK's calls in the order in which the program causes them."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)

    def do_rpc(self, name: str, rpc_function: Callable[..., Any]) -> Callable[..., Any]:
        number = next(self._numbers)

        async def numbered(*args: Any, **kwargs: Any) -> Any:
            ORDER.set(number)
            return await rpc_function(*args, **kwargs)

        return super().do_rpc(name, numbered)


class _Loop(asyncio.SelectorEventLoop):
    """Answers the SDK's own calls at once: there is no network to wait for, and threads would make the order chance."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        if executor is not None or getattr(func, "__module__", "") != "pulumi.runtime._context":
            return super().run_in_executor(executor, func, *args)
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  (handed on to whoever awaits)
            future.set_exception(error)
        return future


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
        _configure(monitor, around.organization, around.root_directory)
        sdk_config.set_all_config(dict(around.config), list(around.secret_keys))
        _run_loop(program)

    context = contextvars.copy_context()
    if _loop_is_running():
        _in_thread(lambda: context.run(inside))
    else:
        context.run(inside)


def _configure(monitor: RecordingMonitor, organization: str, root_directory: str) -> None:
    """Sets every setting of the SDK, in this context alone.

    Assigning to `pulumi.runtime.settings.SETTINGS` would do, were it not that a first assignment also becomes the
    default of every other context of the process.
    """
    values: dict[str, Any] = {
        "rpc_manager": _NumberedRpcs(),
        "outputs": set(),
        "lock": threading.Lock(),
        "monitor": monitor,
        "engine": monitor,
        "callbacks": monitor.callbacks,
        "monitor_features": set(monitor.GetDeploymentInfo(None).supportedFeatures),
        "project": monitor.project,
        "stack": monitor.stack,
        "organization": organization,
        "root_directory": root_directory,
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


def _run_loop(program: Callable[[], Any]) -> None:
    loop = _Loop()
    loop.set_exception_handler(lambda _loop, _context: None)  # what fails is raised below, once
    try:
        loop.run_until_complete(run_in_stack(lambda: _guarded(program)))
    finally:
        _close(loop)


def _guarded(program: Callable[[], Any]) -> Any:
    """The program, with sys.exit as an ordinary exception: it would stop the loop before anything is awaited."""
    try:
        result = program()
    except SystemExit as error:
        raise ProgramExit(error.code) from error
    return result if inspect.isawaitable(result) else None


def _close(loop: asyncio.AbstractEventLoop) -> None:
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
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
