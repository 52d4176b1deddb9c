"""An event loop for one recording, and what is under way in it."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, MutableSet
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pulumi.runtime.rpc_manager import RPCManager

ORDER: ContextVar[int] = ContextVar("intertie_registration_order", default=0)
"""Number of the call that is under way: resources are kept as constructed, not as they happen to arrive."""

_PATIENCE_S = 5.0
"""How long other threads of the process may take to wake a loop that waits for nothing else."""


class NeverDone(Exception):  # noqa: N818  (the program's failure, told by `faults`)
    """Everything waits, and nothing is left that could end the waiting.

    `registration` holds what the SDK knows of the first resource that waits, if one does.
    """

    def __init__(self, registration: Mapping[str, Any]) -> None:
        self.registration = registration
        super().__init__()


class NumberedCalls(RPCManager):
    """The SDK's calls to the engine, numbered in the order in which the program causes them."""

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


class OrderedOutputs(MutableSet[Any]):
    """Outputs in their order: of several that fail, the first one is reported every time."""

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
class UnderWay:
    """What the SDK has begun and not finished."""

    calls: NumberedCalls = field(default_factory=NumberedCalls)
    outputs: OrderedOutputs = field(default_factory=OrderedOutputs)

    async def quiet(self) -> None:
        """Returns when nothing is under way any more. Raises the first thing that fails."""
        while self.calls.rpcs or self.outputs:
            calls, outputs = [*self.calls.rpcs], [*self.outputs]
            self.calls.rpcs.clear()
            await asyncio.wait([*calls, *outputs], return_when=asyncio.FIRST_EXCEPTION)
            self.calls.rpcs.extend(call for call in calls if not call.done())
            # An output that is done is listed no longer, unless it failed and no other one has taken over from it.
            for task in (*calls, *(output for output in outputs if output in self.outputs)):
                if task.done():
                    await task


class RecordingLoop(asyncio.SelectorEventLoop):
    """Answers the SDK's own calls at once: there is no network to wait for, and threads would make the order chance.

    Where the real engine would wait for ever, it raises NeverDone.
    """

    def __init__(self) -> None:
        super().__init__()
        self._jobs = 0
        self._has_waited = False

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        if executor is not None or getattr(func, "__module__", "") != "pulumi.runtime._context":
            return self._in_thread(super().run_in_executor(executor, func, *args))
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  (handed on to whoever awaits)
            future.set_exception(error)
        return future

    def _in_thread(self, future: Any) -> Any:
        def done(_: Any) -> None:
            self._jobs -= 1

        self._jobs += 1
        future.add_done_callback(done)
        return future

    def _run_once(self) -> None:
        """One turn, as asyncio takes it and as the SDK takes it when it waits inside a program."""
        if vars(self)["_ready"]:
            self._has_waited = False
        elif self._is_stuck():
            if self._has_waited or not self._other_threads():
                raise NeverDone(_first_waiting(self))
            self._has_waited = True
            self.call_later(_PATIENCE_S, lambda: None)
        super()._run_once()  # type: ignore[misc]

    def _is_stuck(self) -> bool:
        """Whether nothing is scheduled, and no job, socket or pipe of this loop could wake it."""
        state = vars(self)
        sockets = len(state["_selector"].get_map()) - state["_internal_fds"]
        return not (state["_scheduled"] or state["_stopping"] or self._jobs or sockets)

    def _other_threads(self) -> bool:
        """Whether there are threads that could wake the loop, besides those of its own that are idle."""
        own = getattr(vars(self)["_default_executor"], "_threads", ())
        return not {*threading.enumerate()} <= {threading.current_thread(), *own}


def _first_waiting(loop: asyncio.AbstractEventLoop) -> Mapping[str, Any]:
    """Local names of the SDK's registration that was begun first and is not finished."""
    found: dict[int, Mapping[str, Any]] = {}
    for task in asyncio.all_tasks(loop):
        call: Any = task.get_coro()
        frame, registration = (
            getattr(call, "cr_frame", None),
            getattr(getattr(call, "cr_await", None), "cr_frame", None),
        )
        if frame and registration and "number" in frame.f_locals and "ty" in registration.f_locals:
            found[frame.f_locals["number"]] = dict(registration.f_locals)
    return found[min(found)] if found else {}
