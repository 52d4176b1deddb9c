"""Keeps the nodes of one simulated cluster as its pools want them: who joins, who goes, whose devices can be had."""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intertie.lab import amd_operator, capacity, device_plugins, network_driver, nodes
from intertie.lab.agenda import Scope
from intertie.lab.kube.client import Api, ApiError
from intertie.lab.world import Cluster, Pool, World

NOTICE_SECONDS = {"aws": 120, "azure": 30, "gcp": 30}
"""From the notice that a spot machine is reclaimed until it is gone. Sources: the clouds' documentation of spot."""
_NODES = "/api/v1/nodes"

Object = Mapping[str, Any]


def reclaim(world: World, cluster: str, pool: str, count: int = 1) -> None:
    """The cloud takes back spot machines of a pool: they go after the notice that it gives."""
    world.set_meta(f"reclaim:{cluster}/{pool}", str(count))


@dataclass(slots=True)
class ClusterNodes:
    """The lab's hand on the nodes of one cluster."""

    cluster: Cluster
    api: Api
    world: World
    agenda: Scope
    _joining: dict[str, set[int]] = field(default_factory=dict)  # serial numbers by pool
    _offered: dict[str, str] = field(default_factory=dict)  # devices by node
    _shown: set[str] = field(default_factory=set)  # nodes whose claimable devices are listed

    def step(self, pools: Sequence[Pool], there: Sequence[Object], pods: Sequence[Object]) -> None:
        """Look once, and set going what is missing."""
        busy = Counter(pod["spec"].get("nodeName", "") for pod in pods)
        known = {pool.name: pool for pool in pools}
        for node in there:
            pool = known.get(nodes.pool_of(node))
            if nodes.pool_of(node) and (pool is None or nodes.outdated(node, pool)):
                self.remove(node["metadata"]["name"], pods)
            elif pool is not None:
                self._keep(node, pool, pods)
        for pool in pools:
            if pool.ready > self.world.now():
                self.agenda.put(("pool", pool.name), pool.ready, lambda: None)
            else:
                self._fill(pool, there, busy, pods)
                self._reclaimed(pool, there, pods)

    def _keep(self, node: Object, pool: Pool, pods: Sequence[Object]) -> None:
        """Labels, taints and devices of a node that stays."""
        name = node["metadata"]["name"]
        with contextlib.suppress(ApiError):
            if patch := nodes.adjustment(node, pool):
                self.api.patch(f"{_NODES}/{name}", patch)
            ready = [pod for pod in pods if pod["spec"].get("nodeName") == name and is_ready(pod)]
            driver = "operator" if amd_operator.has_driver(node) else ""
            devices = device_plugins.offered(self.cluster.cloud, pool, ready, driver)
            if patch := device_plugins.status(node, devices):
                self.api.patch(f"{_NODES}/{name}/status", patch)
                self._told(name, ", ".join(f"{device}={amount}" for device, amount in devices.items()) or "none")
            self._show(node, pool)

    def _show(self, node: Object, pool: Pool) -> None:
        """Devices of a node that pods claim, once: whoever takes the node away takes their list with it."""
        name = node["metadata"]["name"]
        given = network_driver.shown(self.cluster.cloud, pool)
        if given is not None and name not in self._shown:
            for made in network_driver.objects(node, given):
                self.api.apply(made, given.driver, force=True)
            self._shown.add(name)
            self.world.record("network driver", "shows", name, f"{given.driver}={given.devices}")

    def _told(self, node: str, devices: str) -> None:
        """An event when a node offers other devices: once, though the list of nodes is a moment behind."""
        if self._offered.get(node) != devices:
            self._offered[node] = devices
            self.world.record("kubelet", "devices", node, devices)

    def _fill(self, pool: Pool, there: Sequence[Object], busy: Mapping[str, int], pods: Sequence[Object]) -> None:
        joining = self._joining.setdefault(pool.name, set())
        first = not self.world.meta(self._serial_key(pool))
        wanted = nodes.change(pool, there, busy, self._next_serial(pool))
        missing = len(wanted.make) - len(joining)
        for _ in range(-missing):
            number = joining.pop() if joining else 0
            self.agenda.drop("join", pool.name, number)
        for name in wanted.remove:
            self.remove(name, pods)
        if first:
            self._join(pool, self._take_serials(pool, missing), there)
        elif missing > 0:
            due = self.world.now() + nodes.START_SECONDS.get(self.cluster.cloud, 60) * 1000
            for number in self._take_serials(pool, missing):
                joining.add(number)
                self.agenda.put(("join", pool.name, number), due, lambda n=number: self._joined(pool.name, n))

    def _joined(self, name: str, number: int) -> None:
        """A machine that was asked for is up: it joins, unless nobody wants it any more."""
        self._joining[name].discard(number)
        pool = next((each for each in self.world.pools(self.cluster.id) if each.name == name), None)
        if pool is not None:
            there = self.api.items(_NODES)
            if sum(nodes.pool_of(node) == name for node in there) < pool.desired:
                self._join(pool, [number], there)

    def _join(self, pool: Pool, numbers: Sequence[int], there: Sequence[Object]) -> None:
        present = list(there)
        for number in numbers:
            full = [zone for zone in pool.zones if self._full(pool, zone)]
            made = nodes.node(self.cluster, pool, number, nodes.zone_for(pool, present, full))
            with contextlib.suppress(ApiError):  # a name that is taken: the node is there already
                self.api.request("POST", _NODES, made)
                self.world.record("cloud", "joined", made["metadata"]["name"], f"pool {pool.name}")
            present.append(made)

    def _full(self, pool: Pool, zone: str) -> bool:
        """Whether a zone has none of the machines left. Reserved ones have their own place."""
        if pool.reservation:
            return False
        here = self.cluster
        left = capacity.room(self.world, here.cloud, here.region, zone, machine=pool.machine, market=pool.market)
        return left == 0

    def remove(self, name: str, pods: Sequence[Object]) -> None:
        """The machine is gone, and the pods on it with it."""
        with contextlib.suppress(ApiError):
            for pod in pods:
                if pod["spec"].get("nodeName") == name:
                    about = pod["metadata"]
                    path = f"/api/v1/namespaces/{about['namespace']}/pods/{about['name']}"
                    self.api.remove(path, gracePeriodSeconds=0)
            if self.api.remove(f"{_NODES}/{name}"):
                self.world.record("cloud", "left", name)

    def _reclaimed(self, pool: Pool, there: Sequence[Object], pods: Sequence[Object]) -> None:
        """Machines that the cloud wants back: the oldest first. Others take their place if there are any."""
        key = f"reclaim:{self.cluster.id}/{pool.name}"
        count = int(self.world.meta(key) or 0)
        if not count:
            return
        self.world.set_meta(key, "")
        own = sorted((node for node in there if nodes.pool_of(node) == pool.name), key=nodes.serial)[:count]
        due = self.world.now() + NOTICE_SECONDS.get(self.cluster.cloud, 30) * 1000
        for node in own:
            name = node["metadata"]["name"]
            self.world.record("cloud", "reclaims", name, f"pool {pool.name}, {pool.market}")
            self.agenda.put(("reclaim", name), due, lambda n=name: self._taken(pool.name, n))

    def _taken(self, name: str, node: str) -> None:
        self.remove(node, self.api.items("/api/v1/pods", fieldSelector=f"spec.nodeName={node}"))
        pool = next((each for each in self.world.pools(self.cluster.id) if each.name == name), None)
        if pool is not None and capacity.shortage(self.world, self.cluster.cloud, self.cluster.region, pool, 1):
            self.resize(pool, -1)

    def resize(self, pool: Pool, by: int) -> None:
        """Change what the pool wants, within its limits."""
        self.world.query(
            "update pools set desired = max(minimum, min(maximum, desired + ?)) where cluster = ? and name = ?",
            by, self.cluster.id, pool.name,
        )  # fmt: skip

    # -- serial numbers

    def _serial_key(self, pool: Pool) -> str:
        return f"serial:{self.cluster.id}/{pool.name}"

    def _next_serial(self, pool: Pool) -> int:
        return int(self.world.meta(self._serial_key(pool)) or 0)

    def _take_serials(self, pool: Pool, count: int) -> list[int]:
        """Numbers that no node of the pool ever had."""
        first = self._next_serial(pool)
        self.world.set_meta(self._serial_key(pool), str(first + max(count, 0)))
        return list(range(first, first + max(count, 0)))


def is_ready(pod: Object) -> bool:
    """Whether a pod's condition says so."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
