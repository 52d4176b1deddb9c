"""One lab from its start to its end: the folder, the supervisor's process, and nothing left of either afterwards.

with Lab(folder) as lab:
    subprocess.run(["pulumi", "up"], env={**os.environ, **lab.environment()})
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from intertie.errors import InputError, OutsideError
from intertie.lab import home, identity, programs, scenario
from intertie.lab.home import Home
from intertie.lab.scenario import Scenario
from intertie.lab.world import Cluster, World

STOP_SECONDS = 4.0
"""How long the supervisor has to end its programs before it is ended with them."""

_MARK = "intertie-lab"  # a file that only a lab's folder holds: nothing else is ever removed
_SUPERVISED = ("kubernetes", "kwok", "lws")
_READY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Status:
    """What a lab is doing. `now` is the virtual clock: milliseconds since the lab began."""

    state: str  # up; down; crashed (its supervisor has gone, what it knew is still there)
    folder: Path
    kubernetes: bool = False
    now: int = 0
    resources: dict[str, int] | None = None  # how many exist, per cloud
    clusters: tuple[Cluster, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "folder": str(self.folder),
            "kubernetes": self.kubernetes,
            "now_ms": self.now,
            "resources": self.resources or {},
            "clusters": [
                {"id": each.id, "cloud": each.cloud, "region": each.region, "name": each.name, "state": each.state,
                 "endpoint": each.endpoint, "error": each.error}
                for each in self.clusters
            ],
        }  # fmt: skip


class Lab:
    """A simulated organisation in one folder. `kubernetes=False` starts no control planes: for tests of the clouds.

    `owner` is a process that the lab is for: it ends with it, and takes its folder along.
    """

    def __init__(self, folder: Path, *, kubernetes: bool = True, owner: int | None = None) -> None:
        self.folder = folder.absolute()
        self.home = Home(self.folder)
        self._kubernetes = kubernetes
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = owner

    @property
    def name(self) -> str:
        return self.folder.name

    def __enter__(self) -> Self:
        """Start it for as long as this process lives: should it be killed, the lab goes with it."""
        self._owner = self._owner or os.getpid()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def environment(self) -> dict[str, str]:
        """What to set so that `pulumi` and `kubectl` work on this lab."""
        return self.home.environment()

    def start(self) -> None:
        """Lay out the folder and start the supervisor. A lab that is up is left as it is; a crashed one goes on.

        InputError when the folder holds something else; OutsideError when a program is missing or fails.
        """
        self._refuse_foreign()
        if self._kubernetes and (missing := sorted(set(_SUPERVISED) & set(programs.missing()))):
            reason = programs.why_not_buildable() or "run `make tools` (about 12 minutes, once)"
            raise OutsideError(f"the lab needs programs that are not here ({', '.join(missing)}); {reason}")
        fresh = not self.folder.exists()
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.folder / _MARK).touch(mode=0o600)
            home.create(self.folder)
            World(self.home.world).close()
            with self._alone():
                if self._kubernetes and self.supervisor is None:
                    self._supervise()
        except BaseException:  # Ctrl-C included: half a lab is of no use
            if fresh:
                self.stop()
            raise

    def stop(self) -> None:
        """End the supervisor and all that it started, and remove the folder. Nothing happens when there is no lab."""
        if not self.folder.exists():
            self._reap()
            return
        self._refuse_foreign()
        (self.folder / _MARK).touch(mode=0o600)  # an empty folder is what a start left that was ended at once
        with self._alone():
            if (supervisor := self.supervisor) is not None:
                supervisor.end(STOP_SECONDS)
            if self._process is not None:
                self._process.wait(STOP_SECONDS)
        _remove(self.folder)

    def status(self) -> Status:
        """What it is doing, read from its folder."""
        if not self.home.world.exists():
            return Status("down", self.folder)
        world = World(self.home.world)
        try:
            counts: dict[str, int] = {}
            for each in world.resources():
                counts[each.cloud] = counts.get(each.cloud, 0) + 1
            supervised = self._pid_file.exists()
            state = "crashed" if supervised and self.supervisor is None else "up"
            return Status(state, self.folder, supervised, world.now(), counts, tuple(world.clusters()))
        finally:
            world.close()

    def strike(self, happening: Scenario) -> None:
        """Let a scenario happen: what there is, and what goes wrong."""
        world = World(self.home.world)
        try:
            scenario.apply(world, happening)
        finally:
            world.close()

    def events(self, after: int = 0) -> list[tuple[Any, ...]]:
        """(seq, virtual ms, wall clock, source, action, subject, message) of what happened; none when it is down."""
        if not self.home.world.exists():
            return []
        world = World(self.home.world)
        try:
            return world.events(after)
        finally:
            world.close()

    @property
    def supervisor(self) -> identity.Identity | None:
        """The supervisor's process, while it runs."""
        found = identity.read(self._pid_file)
        return found if found is not None and found.alive else None

    @property
    def _pid_file(self) -> Path:
        return self.folder / "supervisor.pid"

    def _reap(self) -> None:
        """Take leave of a supervisor of ours that has ended by itself."""
        if self._process is not None:
            self._process.poll()

    def _supervise(self) -> None:
        self._reap()
        log = self.folder / "supervisor.log"
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as output:
            self._process = process = subprocess.Popen(
                [sys.executable, "-u", "-m", "intertie.lab.supervisor", str(self.folder), str(self._owner or "")],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **self.environment()},
                start_new_session=True,  # Ctrl-C is for the command that a person runs, not for the lab
            )
        identity.of(process.pid).write(self._pid_file)
        self._wait_for(process, log)

    def _wait_for(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        """Until the supervisor has told the world that it is there."""
        end = time.monotonic() + _READY_SECONDS
        world = World(self.home.world)
        try:
            while world.meta("supervisor") != str(process.pid):
                if process.poll() is not None or time.monotonic() > end:
                    raise OutsideError(f"the lab's supervisor did not start:\n{log.read_text()[-2000:]}")
                time.sleep(0.02)
        finally:
            world.close()

    def _refuse_foreign(self) -> None:
        """A folder that is not a lab's is not touched: stopping a lab removes its folder."""
        if self.folder.exists() and any(self.folder.iterdir()) and not (self.folder / _MARK).exists():
            raise InputError(f"{self.folder}: not a lab\n  → name a folder that does not exist yet, or a lab's")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One start or stop at a time."""
        descriptor = os.open(self.folder / _MARK, os.O_RDWR)
        try:
            _lock(descriptor, STOP_SECONDS + 6)
            yield
        finally:
            os.close(descriptor)


def _remove(folder: Path) -> None:
    """The mark goes last: what a Ctrl-C leaves of a lab is a lab still, and can be removed."""
    for each in folder.iterdir():
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each, ignore_errors=True)
        elif each.name != _MARK:
            each.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _lock(descriptor: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise OutsideError("another command is starting or stopping this lab") from None
            time.sleep(0.05)
        else:
            return


def default_folder(name: str | None = None) -> Path:
    """Where `intertie lab` keeps a lab of this name; without one, the lab that the process is in, if it is in one."""
    if name is None and (inside := os.environ.get("INTERTIE_LAB")):
        return Path(inside)
    name = "default" if name is None else name
    if not name.replace("-", "").replace("_", "").isalnum():
        raise InputError(f"{name!r}: found a lab's name with other than letters, digits, - and _")
    return programs.root() / ".cache" / "lab" / name
