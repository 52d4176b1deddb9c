"""The world of one simulated organisation: what exists in its clouds, in one SQLite file.

Every simulated provider is a process of its own, and the lab's supervisor is another; the file is what they share.
Times are virtual: milliseconds since the lab began, on a clock that moves when something is modelled to take time.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SCHEMA = """
create table if not exists meta (key text primary key, value text not null);
create table if not exists clock (one integer primary key check (one = 1), now integer not null);
insert or ignore into clock values (1, 0);
create table if not exists resources (
    type text not null, id text not null, cloud text not null, region text not null, zone text not null,
    urn text not null, inputs text not null, outputs text not null, visible integer not null, ready integer not null,
    made integer not null default 0, primary key (type, id));
create index if not exists resources_urn on resources (urn);
create table if not exists identifiers (
    value text not null, type text not null, id text not null, primary key (value, type, id));
create index if not exists identifiers_owner on identifiers (type, id);
create table if not exists uses (
    user_type text not null, user_id text not null, type text not null, id text not null, holds integer not null,
    primary key (user_type, user_id, type, id));
create index if not exists uses_used on uses (type, id);
create table if not exists clusters (
    id text primary key, cloud text not null, region text not null, name text not null, state text not null,
    endpoint text not null default '', ca text not null default '', error text not null default '');
create table if not exists pools (
    cluster text not null, name text not null, machine text not null, zones text not null, minimum integer not null,
    maximum integer not null, desired integer not null, labels text not null, taints text not null,
    resources text not null, market text not null, reservation text not null, ready integer not null,
    traits text not null default '{}', primary key (cluster, name));
create table if not exists events (
    seq integer primary key autoincrement, at integer not null, wall real not null, source text not null,
    action text not null, subject text not null, message text not null);
create table if not exists faults (
    seq integer primary key autoincrement, cloud text not null, region text not null, zone text not null,
    type text not null, operation text not null, skip integer not null, times integer not null,
    starts integer not null, ends integer not null, effect text not null, code text not null, message text not null,
    seconds real not null default 0);
create table if not exists limits (
    cloud text not null, region text not null, zone text not null, what text not null, amount integer not null,
    primary key (cloud, region, zone, what));
"""


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that exists in a simulated cloud. `visible` and `ready` are virtual times.

    `made` tells apart what was made for the same URN at the same time, as a replacement is before the old one goes.
    """

    type: str
    id: str
    cloud: str
    region: str
    zone: str
    urn: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    visible: int = 0
    ready: int = 0
    made: int = 0


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Kubernetes cluster. state: wanted → running (endpoint and ca are set) → unwanted (then the row is gone).

    The provider writes `wanted` and `unwanted`; the supervisor runs the control plane and writes the rest.
    """

    id: str
    cloud: str
    region: str
    name: str
    state: str
    endpoint: str = ""
    ca: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """A node pool as the cloud was asked for it. The supervisor makes its nodes in the cluster's API server.

    `labels` and `taints` (`key=value:Effect`) are all that the cloud documents, its own included; `resources` is the
    capacity of one node, accelerators too: they become allocatable only when their device plugin's owner is there.
    `traits` is what decides about that and is no label: `image` (AL2023_x86_64_NVIDIA, COS_CONTAINERD), and `driver`,
    `none` where the pool was asked to come without the accelerators' driver.
    """

    cluster: str
    name: str
    machine: str
    zones: tuple[str, ...]
    minimum: int
    maximum: int
    desired: int
    labels: dict[str, str] = field(default_factory=dict)
    taints: tuple[str, ...] = ()
    resources: dict[str, str] = field(default_factory=dict)
    market: str = "on-demand"
    reservation: str = ""
    ready: int = 0
    traits: dict[str, str] = field(default_factory=dict)


class World:
    """One connection to the world. Not shared between threads without its own lock: make one per thread."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)  # for its owner's eyes; what SQLite puts beside it has the same mode
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = off")  # a lab's world need not survive a power cut
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else writes meanwhile."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, values).fetchall()

    # -- clock and events

    def now(self) -> int:
        """Virtual milliseconds since the lab began."""
        return self.query("select now from clock")[0][0]

    def reach(self, moment: int) -> None:
        """Move the clock forward to a moment; never back."""
        self.query("update clock set now = max(now, ?)", moment)

    def record(self, source: str, action: str, subject: str, message: str = "", at: int | None = None) -> None:
        """Add an event. Messages hold no secrets."""
        moment = self.now() if at is None else at
        self.query(
            "insert into events (at, wall, source, action, subject, message) values (?, ?, ?, ?, ?, ?)",
            moment, time.time(), source, action, subject, message,
        )  # fmt: skip

    def events(self, after: int = 0) -> list[tuple[Any, ...]]:
        """(seq, at, wall, source, action, subject, message), oldest first."""
        return self.query("select * from events where seq > ? order by seq", after)

    # -- resources

    def put(self, resource: Resource) -> None:
        self.query(
            "insert or replace into resources values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            resource.type, resource.id, resource.cloud, resource.region, resource.zone, resource.urn,
            json.dumps(resource.inputs), json.dumps(resource.outputs), resource.visible, resource.ready, resource.made,
        )  # fmt: skip

    def get(self, type_: str, id_: str) -> Resource | None:
        rows = self.query("select * from resources where type = ? and id = ?", type_, id_)
        return _resource(rows[0]) if rows else None

    def resources(self, type_: str | None = None, cloud: str | None = None) -> list[Resource]:
        rows = self.query(
            "select * from resources where (? is null or type = ?) and (? is null or cloud = ?) order by rowid",
            type_, type_, cloud, cloud,
        )  # fmt: skip
        return [_resource(row) for row in rows]

    def of_urn(self, urn: str) -> list[Resource]:
        """What was made for one URN: one, or two while a replacement is under way."""
        return [_resource(row) for row in self.query("select * from resources where urn = ? order by made", urn)]

    def remove(self, type_: str, id_: str) -> None:
        """Takes a resource away, with the names it was known by and what it said it uses."""
        self.query("delete from resources where type = ? and id = ?", type_, id_)
        self.query("delete from identifiers where type = ? and id = ?", type_, id_)
        self.query("delete from uses where user_type = ? and user_id = ?", type_, id_)

    # -- a value for the whole organisation

    def meta(self, key: str, default: str = "") -> str:
        rows = self.query("select value from meta where key = ?", key)
        return rows[0][0] if rows else default

    def set_meta(self, key: str, value: str) -> None:
        self.query("insert or replace into meta values (?, ?)", key, value)

    # -- clusters and pools

    def put_cluster(self, cluster: Cluster) -> None:
        self.query(
            "insert or replace into clusters values (?, ?, ?, ?, ?, ?, ?, ?)",
            cluster.id, cluster.cloud, cluster.region, cluster.name, cluster.state, cluster.endpoint, cluster.ca,
            cluster.error,
        )  # fmt: skip

    def clusters(self, states: Sequence[str] = ()) -> list[Cluster]:
        found = [Cluster(*row) for row in self.query("select * from clusters order by id")]
        return [cluster for cluster in found if not states or cluster.state in states]

    def cluster(self, id_: str) -> Cluster | None:
        return next((cluster for cluster in self.clusters() if cluster.id == id_), None)

    def remove_cluster(self, id_: str) -> None:
        with self.transaction():
            self.query("delete from clusters where id = ?", id_)
            self.query("delete from pools where cluster = ?", id_)

    def put_pool(self, pool: Pool) -> None:
        self.query(
            "insert or replace into pools values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            pool.cluster, pool.name, pool.machine, json.dumps(pool.zones), pool.minimum, pool.maximum, pool.desired,
            json.dumps(pool.labels), json.dumps(pool.taints), json.dumps(pool.resources), pool.market,
            pool.reservation, pool.ready, json.dumps(pool.traits),
        )  # fmt: skip

    def pools(self, cluster: str | None = None) -> list[Pool]:
        rows = self.query("select * from pools where ? is null or cluster = ? order by rowid", cluster, cluster)
        return [_pool(row) for row in rows]

    def remove_pool(self, cluster: str, name: str) -> None:
        self.query("delete from pools where cluster = ? and name = ?", cluster, name)


def _resource(row: tuple[Any, ...]) -> Resource:
    type_, id_, cloud, region, zone, urn, inputs, outputs, visible, ready, made = row
    return Resource(type_, id_, cloud, region, zone, urn, json.loads(inputs), json.loads(outputs), visible, ready, made)


def _pool(row: tuple[Any, ...]) -> Pool:
    cluster, name, machine, zones, minimum, maximum, desired, labels, taints, resources, market, reservation = row[:12]
    return Pool(
        cluster, name, machine, tuple(json.loads(zones)), minimum, maximum, desired, json.loads(labels),
        tuple(json.loads(taints)), json.loads(resources), market, reservation, row[12], json.loads(row[13]),
    )  # fmt: skip
