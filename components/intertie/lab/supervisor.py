"""The lab's supervisor: runs what the world wants run, and moves its clock.

`python -m intertie.lab.supervisor FOLDER [OWNER]`

    clusters.state wanted     a control plane is started, its address written, state running
    clusters.state unwanted   it is stopped, and the row removed
    meta down:<cloud> = 1     that cloud's API servers stop until it is taken back
    meta quiet                since when (wall time) nothing is going on and nothing is to come; empty: something is

Ends with everything it started when it is told to (SIGTERM, SIGINT) or when its folder is gone. Should it be killed,
the kernel ends its children with it. A lab that has an owner, a process, ends with it and takes its folder along.
"""

import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from intertie.lab import identity
from intertie.lab.agenda import Agenda
from intertie.lab.cluster_life import ClusterLife
from intertie.lab.home import Home
from intertie.lab.kube.cached import Quiet
from intertie.lab.kube.waiting import idle_seconds
from intertie.lab.world import World

LOOKS_EVERY = 0.04  # seconds
_QUIET_FOR_JUMP = 0.15
"""Seconds without any change in any cluster before the clock jumps to what comes next."""
_ENDS_WITHIN = 4.0


class Supervisor:
    """One per lab."""

    def __init__(self, home: Home, owner: identity.Identity | None = None) -> None:
        self._home = home
        self._owner = owner
        self._world = World(home.world)
        self._agenda = Agenda()
        self._quiet = Quiet()
        self._lives: dict[str, ClusterLife] = {}
        self._said_quiet = False
        self.ended = threading.Event()

    def run(self) -> None:
        """Until `ended` is set or the folder is gone."""
        self._world.set_meta("supervisor", str(os.getpid()))
        self._world.set_meta("quiet", "")
        try:
            while not self.ended.wait(LOOKS_EVERY) and self._home.world.exists() and not self._is_deserted():
                self._reconcile()
                self._advance()
        finally:
            self._stop()
        if self._is_deserted():
            shutil.rmtree(self._home.folder, ignore_errors=True)

    def _is_deserted(self) -> bool:
        return self._owner is not None and not self._owner.alive

    def _reconcile(self) -> None:
        """A thread for every cluster that shall be there, none for others."""
        for id_ in [id_ for id_, life in self._lives.items() if not life.is_alive()]:
            del self._lives[id_]
        for cluster in self._world.clusters():
            if cluster.state == "unwanted":
                if cluster.id in self._lives:
                    self._lives[cluster.id].end()
                else:
                    self._world.remove_cluster(cluster.id)
            elif cluster.id not in self._lives:
                self._lives[cluster.id] = ClusterLife(self._home, cluster, self._agenda, self._quiet)
                self._lives[cluster.id].start()

    def _advance(self) -> None:
        """Do what is due. When nothing is going on, move the clock to what comes next."""
        due = self._agenda.take(self._world.now())
        for act in due:
            act()
        if due:
            self._quiet.touch()
        coming = self._agenda.next_due()
        still = min(self._quiet.seconds, idle_seconds(self._world)) > _QUIET_FOR_JUMP
        if coming is not None and still and all(life.settled for life in self._lives.values()):
            self._world.reach(coming)
            self._quiet.touch()
        self._say_quiet(coming is None)

    def _say_quiet(self, nothing_coming: bool) -> None:
        quiet = nothing_coming and self._quiet.seconds > _QUIET_FOR_JUMP
        if quiet != self._said_quiet:
            self._world.set_meta("quiet", str(time.time()) if quiet else "")
            self._said_quiet = quiet

    def _stop(self) -> None:
        for life in self._lives.values():
            life.end()
        end = time.monotonic() + _ENDS_WITHIN
        for life in self._lives.values():
            life.join(max(0.0, end - time.monotonic()))
        if self._home.world.exists():  # what could not be ended in time ends with us, and cannot be reached either
            self._world.query("update clusters set state = 'wanted', endpoint = '', ca = '' where state = 'running'")
            self._world.set_meta("supervisor", "")
        self._world.close()


def main() -> None:
    """Supervise the lab in FOLDER, for OWNER. Exit code 2 when there is none."""
    folder, owner = (*sys.argv[1:], "", "")[:2]
    if not folder or not Path(folder).is_dir():
        sys.stderr.write("supervisor: name the folder of a lab\n")
        sys.exit(2)
    supervisor = Supervisor(Home(Path(folder).absolute()), identity.of(int(owner)) if owner else None)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.ended.set())
    supervisor.run()


if __name__ == "__main__":
    main()
