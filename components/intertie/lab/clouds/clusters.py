"""Clusters that simulated clouds make: wanted in the world, run by the lab's supervisor, or only said to be there."""

import base64
import os
import re
import time
from hashlib import sha256

from intertie.lab.world import Cluster, World

WAIT_S = 60.0
"""Longest time, on the wall, that a provider waits for a control plane."""

_LOOKS_EVERY_S = 0.05


def cluster_id(cloud: str, region: str, name: str, scope: str) -> str:
    """Id of a cluster in the world: readable, good as a file name, and its own for every account, project or group."""
    return f"{cloud}-{region}-{name}-{sha256(scope.encode()).hexdigest()[:6]}"


def want(world: World, id_: str, cloud: str, region: str, name: str) -> Cluster:
    """Asks for a control plane, and waits for it while somebody is there to run it. The cluster as it is then.

    Without a supervisor nothing runs, and the cluster stays `wanted`: then only the engine is in play.
    """
    there = world.cluster(id_)
    if there is None or there.state == "unwanted":
        world.put_cluster(Cluster(id_, cloud, region, name, "wanted"))
    until = time.monotonic() + WAIT_S
    while True:
        cluster = world.cluster(id_)
        if cluster is None or cluster.state == "running" or cluster.error or not supervised(world):
            return cluster or Cluster(id_, cloud, region, name, "wanted")
        if time.monotonic() > until:
            return Cluster(id_, cloud, region, name, "wanted", error=f"no control plane after {WAIT_S:g} s")
        time.sleep(_LOOKS_EVERY_S)


def unwant(world: World, id_: str) -> None:
    """Lets a control plane go. Without a supervisor the cluster is gone at once."""
    cluster = world.cluster(id_)
    if cluster is None:
        return
    if not supervised(world):
        world.remove_cluster(id_)
        return
    world.query("update clusters set state = 'unwanted' where id = ?", id_)
    until = time.monotonic() + WAIT_S
    while world.cluster(id_) is not None and supervised(world) and time.monotonic() < until:
        time.sleep(_LOOKS_EVERY_S)


def supervised(world: World) -> bool:
    """Whether the lab's supervisor is alive."""
    pid = world.meta("supervisor")
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def authority(cluster: Cluster) -> str:
    """The certificate of the cluster's authority as kubeconfigs hold it: base64 of PEM."""
    pem = cluster.ca or "-----BEGIN CERTIFICATE-----\nbm90IGEgcmVhbCBvbmU=\n-----END CERTIFICATE-----\n"
    return base64.b64encode(pem.encode()).decode() if pem.startswith("-----") else pem


def host(endpoint: str) -> str:
    """`127.0.0.1:6443` of `https://127.0.0.1:6443`."""
    return re.sub(r"^https?://", "", endpoint).rstrip("/")
