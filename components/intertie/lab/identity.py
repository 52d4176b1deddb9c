"""Which process is meant: a number is not enough, for the system gives it to somebody else when the process has gone.

Only what was written down when a process was started, and still is the same process, is ever ended.
"""

import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

_LOOKS_EVERY = 0.02


@dataclass(frozen=True, slots=True)
class Identity:
    """A process: its number, and when it began in the words of the system."""

    pid: int
    began: str

    @property
    def alive(self) -> bool:
        return bool(self.began) and began(self.pid) == self.began

    def write(self, file: Path) -> None:
        """For its owner's eyes, whole or not at all."""
        scratch = file.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(self)))
        scratch.chmod(0o600)
        scratch.replace(file)

    def end(self, seconds: float) -> None:
        """Ask it to end; after `seconds` end its process group. Nothing happens to any other process."""
        self._signal(signal.SIGTERM)
        limit = time.monotonic() + seconds
        while self.alive and time.monotonic() < limit:
            time.sleep(_LOOKS_EVERY)
        if self.alive and os.getpgid(self.pid) == self.pid:  # it leads its group: we started it that way
            os.killpg(self.pid, signal.SIGKILL)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return


def of(pid: int) -> Identity:
    """The process that has this number now."""
    return Identity(pid, began(pid))


def read(file: Path) -> Identity | None:
    """The process that was written down; None when there is no such file, or nothing readable in it."""
    try:
        found = json.loads(file.read_text())
        return Identity(int(found["pid"]), str(found["began"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def began(pid: int) -> str:
    """When a process began: ticks since the start of the machine on Linux, a date elsewhere. Empty: it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return "" if Path("/proc/self").exists() else _date(pid)
    except ProcessLookupError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def _date(pid: int) -> str:
    """The same where there is no /proc."""
    found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return found.stdout.strip()
