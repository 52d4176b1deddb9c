"""Real control planes for tests: a supervisor in a process of its own, clusters in its world, and ways to look in."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from intertie.lab import crds, keys
from intertie.lab import home as homes
from intertie.lab.home import Home
from intertie.lab.kube.client import Api
from intertie.lab.kube.kubeconfig import Access, document
from intertie.lab.world import Cluster, Pool, World

BROUGHT = {"azure": ["azure-prometheus"], "gcp": ["google-compute-class", "google-prometheus"]}
"""Definitions that are part of a cluster: GKE's classes, and those of a collector that is on."""
START_SECONDS = 120.0  # for a machine that does much else; some 4 s when it does not


@dataclass
class Supervised:
    """A lab with a supervisor, and a client of each cluster."""

    home: Home
    process: "subprocess.Popen[bytes]"
    world: World
    _apis: dict[str, Api] = field(default_factory=dict)

    def cluster(
        self, id_: str, cloud: str, pools: Iterable[Pool] = (), region: str = "here", defined: Iterable[str] = ()
    ) -> Api:
        """A running cluster with these pools, and with `defined` besides the definitions that its cloud brings."""
        for pool in pools:
            self.world.put_pool(pool)
        brought = [*BROUGHT.get(cloud, []), *defined]
        self.world.set_meta(keys.brings(id_), json.dumps(brought))
        self.world.put_cluster(Cluster(id_, cloud, region, id_, "wanted"))

        def running() -> bool:
            found = self.world.cluster(id_)
            assert found is not None
            assert not found.error, found.error
            assert self.process.poll() is None, "the supervisor has ended"
            return found.state == "running"

        wait_for(running, START_SECONDS)
        wait_for(lambda: all(crds.are_served(self.api(id_), each) for each in brought), START_SECONDS)
        return self.api(id_)

    def api(self, id_: str) -> Api:
        found = self.world.cluster(id_)
        assert found is not None
        if id_ not in self._apis:
            self._apis[id_] = Api(Access(found.endpoint, found.ca, self.home.token_file.read_text()))
        return self._apis[id_]

    def kubeconfig(self, id_: str) -> dict[str, Any]:
        found = self.world.cluster(id_)
        assert found is not None
        return document(id_, found.endpoint, found.ca, self.home.token_file.read_text())

    def remove(self, id_: str) -> None:
        self.world.query("update clusters set state = 'unwanted' where id = ?", id_)
        wait_for(lambda: self.world.cluster(id_) is None, 30)

    def children(self) -> set[int]:
        """Process ids of everything that the supervisor has started."""
        return descendants(self.process.pid)


@contextmanager
def supervised(folder: Path) -> Iterator[Supervised]:
    """A lab in a folder, with nothing left of it afterwards."""
    home = homes.create(folder)
    world = World(home.world)
    log = (folder / "supervisor.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "intertie.lab.supervisor", str(folder)], stdout=log, stderr=subprocess.STDOUT
    )
    try:
        yield Supervised(home, process, world)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        finally:
            process.kill()
            process.wait()
            log.close()
            world.close()


def wait_for(happened: Callable[[], bool], seconds: float, about: Callable[[], object] = lambda: "") -> None:
    """Until something has happened, which it must within the time."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"not within {seconds:g} s: {about()}"
        time.sleep(0.05)


def descendants(pid: int) -> set[int]:
    """Process ids of a process's children, and theirs."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it has ended
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in parents.get(waiting.pop(), []):
            found.add(child)
            waiting.append(child)
    return found


def memory_mib(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def pods(api: Api, namespace: str = "") -> list[dict[str, Any]]:
    return api.items(f"/api/v1/namespaces/{namespace}/pods" if namespace else "/api/v1/pods")


def condition(item: dict[str, Any], kind: str) -> dict[str, Any]:
    """A condition of an object's status; empty when it has none of the kind."""
    conditions = (item.get("status") or {}).get("conditions") or []
    return next((each for each in conditions if each["type"] == kind), {})


def is_ready(pod: dict[str, Any]) -> bool:
    return condition(pod, "Ready").get("status") == "True"


def unschedulable(pod: dict[str, Any]) -> str:
    """What the scheduler said of a pod that it placed nowhere; empty when it did not."""
    placed = condition(pod, "PodScheduled")
    return placed.get("message", "") if placed.get("reason") == "Unschedulable" else ""
