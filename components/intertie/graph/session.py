"""One run of a program in the SDK: settings, configuration and an event loop that nothing else shares.

The SDK keeps all of it in context variables; a recording runs in a copy of the caller's context, so that what it sets
ends with it. This module is the only one that touches parts of the SDK that are not public (held to one minor version).
"""

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Callable, Iterator, Mapping, MutableSet, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pulumi.runtime import config as sdk_config
from pulumi.runtime import settings as sdk_settings
from pulumi.runtime.rpc_manager import RPCManager
from pulumi.runtime.stack import Stack

from intertie.graph.monitor import ORDER, RecordingMonitor

_PARALLEL = 16


class ProgramExit(Exception):  # noqa: N818  (not a failure of ours: the program called sys.exit)
    """The program ended itself."""


class _NumberedRpcs(RPCManager):
    """Numbers the SDK's calls in the order in which the program causes them."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)
        self.rpcs: list[Any] = []

    def do_rpc(self, name: str, rpc_function: Callable[..., Any]) -> Callable[..., Any]:
        number = next(self._numbers)

        async def numbered(*args: Any, **kwargs: Any) -> Any:
            ORDER.set(number)
            return await rpc_function(*args, **kwargs)

        return super().do_rpc(name, numbered)


class _Outputs(MutableSet[Any]):
    """The outputs under way, in their order: of several that fail, the first one is reported every time."""

    def __init__(self) -> None:
        self._tasks: dict[Any, None] = {}

    def __contains__(self, task: object) -> bool:
        return task in self._tasks

    def __iter__(self) -> Iterator[Any]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, value: Any) -> None:
        self._tasks[value] = None

    def discard(self, value: Any) -> None:
        self._tasks.pop(value, None)


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """What the SDK has begun and not finished."""

    calls: _NumberedRpcs = field(default_factory=_NumberedRpcs)
    outputs: _Outputs = field(default_factory=_Outputs)


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
        under_way = _UnderWay()
        _configure(monitor, under_way, around)
        sdk_config.set_all_config(dict(around.config), list(around.secret_keys))
        _run_loop(program, under_way)

    context = contextvars.copy_context()
    if _loop_is_running():
        _in_thread(lambda: context.run(inside))
    else:
        context.run(inside)


def _configure(monitor: RecordingMonitor, under_way: _UnderWay, around: Surroundings) -> None:
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


def _run_loop(program: Callable[[], Any], under_way: _UnderWay) -> None:
    loop = _Loop()
    loop.set_exception_handler(lambda _loop, _context: None)  # what fails is raised below, once
    try:
        loop.run_until_complete(_deploy(program, under_way))
    finally:
        _close(loop)


async def _deploy(program: Callable[[], Any], under_way: _UnderWay) -> None:
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
    await _quiet(under_way)


async def _finished(result: Any) -> None:
    if inspect.isawaitable(result):
        await result


async def _quiet(under_way: _UnderWay) -> None:
    """Returns when nothing is under way any more. Raises the first thing that fails."""
    while True:
        calls, outputs = [*under_way.calls.rpcs], [*under_way.outputs]
        if not calls and not outputs:
            return
        under_way.calls.rpcs.clear()
        await asyncio.wait([*calls, *outputs], return_when=asyncio.FIRST_EXCEPTION)
        under_way.calls.rpcs.extend(call for call in calls if not call.done())
        # An output that is done is listed no longer, unless it failed and no other one has taken over from it.
        for task in (*calls, *(output for output in outputs if output in under_way.outputs)):
            if task.done():
                await task


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
