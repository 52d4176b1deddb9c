"""Long-lived programs that end with the one who started them, and free ports for them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep

from intertie.errors import OutsideError

_BOUND = Path(__file__).with_name("exec_bound.py")
_LOOKS_EVERY = 0.02
_LAST_LINES = 1500  # characters of a log that an error shows


class Child:
    """A program that this process started. Start it from a thread that lives as long as the program is to live:
    on Linux the kernel ends it together with that thread.
    """

    def __init__(
        self, name: str, command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self._log = log
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as output:
            self._process = subprocess.Popen(
                bound(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment) if environment is not None else None,
                start_new_session=True,  # Ctrl-C is for the one who started it, which ends it in order
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def last_words(self) -> str:
        """The end of what it wrote."""
        try:
            return self._log.read_text(errors="replace")[-_LAST_LINES:]
        except OSError:
            return ""

    def wait_for(self, ready: Callable[[], bool], seconds: float) -> None:
        """Until `ready`. OutsideError with its last words when it ends before, or takes longer than `seconds`."""
        end = monotonic() + seconds
        while not ready():
            if not self.running:
                code = self._process.returncode
                raise OutsideError(f"{self.name} ended with code {code} while it started:\n{self.last_words()}")
            if monotonic() > end:
                raise OutsideError(f"{self.name} was not ready after {seconds:g} s:\n{self.last_words()}")
            sleep(_LOOKS_EVERY)

    def ask_to_stop(self) -> None:
        if self.running:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        if self.running:
            self._process.kill()
        self._process.wait()


def bound(command: Sequence[str | Path]) -> list[str]:
    """A command, its program named by a path, as one that on Linux ends with the thread that starts it."""
    return [sys.executable, "-I", "-S", str(_BOUND), str(os.getpid()), *map(str, command)]


def stop_all(children: Iterable[Child], seconds: float = 2.0) -> None:
    """Ask all of them to stop, the last started first; after `seconds` there is no more asking."""
    waiting = list(children)
    for child in reversed(waiting):
        child.ask_to_stop()
    end = monotonic() + seconds
    while monotonic() < end and any(child.running for child in waiting):
        sleep(_LOOKS_EVERY)
    for child in waiting:
        child.kill()


def free_ports(count: int) -> tuple[int, ...]:
    """Ports on loopback that nobody listens on at the moment, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return tuple(each.getsockname()[1] for each in sockets)
    finally:
        for each in sockets:
            each.close()


def listening(port: int) -> bool:
    """Whether somebody takes connections on a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def alive(pid: int) -> bool:
    """Whether a process runs. One that has ended and was not yet waited for does not."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return sys.platform != "linux"
    return state != "Z"
