"""One simulated cluster from wanted to gone: a thread that runs its control plane and plays its cloud's part in it."""

import contextlib
import hashlib
import json
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from intertie.errors import OutsideError
from intertie.lab import crds, keys
from intertie.lab.agenda import Agenda, Scope
from intertie.lab.amd_operator import AmdOperator
from intertie.lab.cluster_growth import ClusterGrowth
from intertie.lab.cluster_nodes import ClusterNodes, is_ready
from intertie.lab.control_plane import ControlPlane
from intertie.lab.home import Home
from intertie.lab.kube.cached import Cached, Quiet
from intertie.lab.kube.client import Api, ApiError
from intertie.lab.kubelet import Kubelets
from intertie.lab.network_operator import NetworkOperator
from intertie.lab.world import Cluster, Pool, World

Operators = Mapping[str, Callable[[Sequence[Pool], Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]], None]]
"""What each operator does when it looks at pools, nodes and ready pods, by its name in the table of charts."""

_LOOKS_EVERY = 0.06  # seconds between looks at the world, when the cluster itself is quiet
_BREAKS = 3  # times that a control plane may break by itself
_SETTLED = 0.12  # seconds of quiet after which what the scheduler left over is left over


def folder_of(home: Home, cluster: Cluster) -> Path:
    """Where a cluster's control plane lies: its kubeconfig is in there."""
    return home.folder / "clusters" / hashlib.sha256(cluster.id.encode()).hexdigest()[:12]


class ClusterLife(threading.Thread):
    """Ends when told to, or when the cluster is not wanted any more. Its processes end with it."""

    def __init__(self, home: Home, cluster: Cluster, agenda: Agenda, quiet: Quiet) -> None:
        super().__init__(name=f"cluster {cluster.name}", daemon=True)
        self._home = home
        self._cluster = cluster
        self._quiet = quiet
        self._own_quiet = Quiet()
        self._agenda = Scope(agenda, cluster.id, threading.RLock())
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._lists: dict[str, Cached] = {}
        self._brought: set[str] = set()
        self._looked = False

    @property
    def settled(self) -> bool:
        """Whether everybody has had a look at what happened last: then the clock may move on."""
        return self._looked or not self._lists

    def end(self) -> None:
        self._ended.set()
        self._wake.set()

    def run(self) -> None:
        world = World(self._home.world)
        token = self._home.token_file.read_text()
        plane = ControlPlane(folder_of(self._home, self._cluster), self._cluster.name, self._cluster.cloud, token)
        try:
            self._live(world, plane)
        except OutsideError as error:
            plane.stop()
            self._fail(world, str(error))
            self._ended.wait()  # whoever asked for it reads the error, and lets it go
        except Exception as error:  # noqa: BLE001  a mistake of the lab's own must not look like a cluster that hangs
            plane.stop()
            traceback.print_exc()
            self._fail(world, f"the lab failed: {type(error).__name__}: {error}")
            self._ended.wait()
        finally:
            self._agenda.drop()
            plane.remove()
            self._gone(world)
            world.close()

    def _live(self, world: World, plane: ControlPlane) -> None:
        """While the cloud is up, the control plane is; what died by itself is started again."""
        breaks = 0
        said = ""
        while not self._ended.is_set():
            if keys.is_down(world, self._cluster.cloud):
                self._ended.wait(_LOOKS_EVERY)
                continue
            if breaks > _BREAKS:
                raise OutsideError(f"the control plane of {self._cluster.name} broke {breaks} times:\n{said}")
            plane.start()
            if self._ended.is_set():
                return
            world.query(
                "update clusters set state = 'running', endpoint = ?, ca = ?, error = ''"
                " where id = ? and state != 'unwanted'",
                plane.endpoint, plane.authority, self._cluster.id,
            )  # fmt: skip
            world.record("supervisor", "running", self._cluster.name, plane.endpoint)
            self._attend(world, plane)
            if ailing := plane.ailing():
                breaks, said = breaks + 1, ailing
            plane.stop()

    def _attend(self, world: World, plane: ControlPlane) -> None:
        """Play the cloud until it goes down, the cluster is unwanted, or the control plane breaks."""
        api = plane.api()
        self._lists = {path: Cached(api, f"/api/v1/{path}", self._stirred) for path in ("pods", "nodes")}
        hand = ClusterNodes(self._cluster, api, world, self._agenda)
        growth = ClusterGrowth(self._cluster, api, world, self._agenda, hand)
        amd, network = AmdOperator(api, world, self._agenda), NetworkOperator(api, world)
        operators: Operators = {
            "amd": lambda _, there, ready: amd.step(there, ready),
            "nvidia-network": network.step,
        }
        kubelets = Kubelets(self._agenda, world.now, _reporter(api), _teller(world, self._cluster))
        try:
            while self._goes_on(world, plane):
                with contextlib.suppress(ApiError):
                    self._bring(world, api)
                    self._controllers(world, plane)
                    if all(each.listed.is_set() for each in self._lists.values()):
                        self._step(world, hand, growth, kubelets, operators)
                self._wake.wait(_LOOKS_EVERY)
                self._wake.clear()
        finally:
            for each in self._lists.values():
                each.end()
            self._lists = {}
            api.close()

    def _step(
        self, world: World, hand: ClusterNodes, growth: ClusterGrowth, kubelets: Kubelets, operators: Operators
    ) -> None:
        with self._agenda.lock:
            pools = world.pools(self._cluster.id)
            there, pods = self._lists["nodes"].all(), self._lists["pods"].all()
            hand.step(pools, there, pods)
            kubelets.see(pods)
            if self._own_quiet.seconds > _SETTLED:
                ready = [pod for pod in pods if is_ready(pod)]
                for name in self._given(world):
                    if name in operators:
                        operators[name](pools, there, ready)
                self._looked = True  # unset by what changes from now on, so that the next look comes before the clock
                growth.step(pools, there, pods)

    def _goes_on(self, world: World, plane: ControlPlane) -> bool:
        if self._ended.is_set() or keys.is_down(world, self._cluster.cloud):
            return False
        if ailing := plane.ailing():
            world.record("supervisor", "ailing", self._cluster.name, ailing)
            return False
        return True

    def _bring(self, world: World, api: Api) -> None:
        """Definitions of what is part of the cluster."""
        for component in sorted(set(json.loads(world.meta(keys.brings(self._cluster.id)) or "[]")) - self._brought):
            note = crds.install(api, component).note
            self._brought.add(component)
            world.record("cloud", "brings", self._cluster.name, note or component)

    def _controllers(self, world: World, plane: ControlPlane) -> None:
        if "lws" in self._given(world):
            plane.start_lws()
        else:
            plane.stop_lws()

    def _given(self, world: World) -> list[str]:
        return json.loads(world.meta(keys.controllers(self._cluster.id)) or "[]")

    def _stirred(self) -> None:
        """Something changed in the cluster."""
        self._looked = False
        self._quiet.touch()
        self._own_quiet.touch()
        self._wake.set()

    def _gone(self, world: World) -> None:
        """Take an unwanted cluster off the world. When the lab itself ends it stays wanted, but cannot be reached."""
        id_ = self._cluster.id
        cluster = world.cluster(id_)
        if cluster is not None and cluster.state != "unwanted":
            world.query("update clusters set state = 'wanted', endpoint = '', ca = '' where id = ?", id_)
            return
        world.remove_cluster(id_)
        world.query("delete from resources where cloud = 'kubernetes' and region = ?", id_)
        world.query("delete from meta where key in (?, ?)", keys.controllers(id_), keys.brings(id_))
        world.record("supervisor", "removed", self._cluster.name)

    def _fail(self, world: World, message: str) -> None:
        world.query("update clusters set error = ? where id = ?", message, self._cluster.id)
        world.record("supervisor", "failed", self._cluster.name, message.partition("\n")[0])


def _reporter(api: Api) -> Any:
    def report(pod: Mapping[str, Any], patch: dict[str, Any]) -> None:
        about = pod["metadata"]
        with contextlib.suppress(ApiError):  # it has gone meanwhile
            api.patch(f"/api/v1/namespaces/{about['namespace']}/pods/{about['name']}/status", patch)

    return report


def _teller(world: World, cluster: Cluster) -> Any:
    def tell(action: str, pod: Mapping[str, Any], message: str) -> None:
        about = pod["metadata"]
        world.record("kubelet", action, f"{cluster.name}/{about['namespace']}/{about['name']}", message)

    return tell
