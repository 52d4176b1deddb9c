"""Node pools → Kubernetes nodes, as the cloud would let them join: names, labels, taints, zones, capacity. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from intertie.lab import network_driver
from intertie.lab.node_reserved import allocatable
from intertie.lab.programs import KUBERNETES_VERSION
from intertie.lab.world import Cluster, Pool

POOL = "lab.intertie.dev/pool"
"""Annotation of the lab's nodes: the pool in the world that they belong to. An annotation, since clouds have no such
label, and pods could select it."""
SERIAL = "lab.intertie.dev/serial"
ZONE = "lab.intertie.dev/zone"
BUILD = "lab.intertie.dev/build"
"""Annotation: what the node was made of. Nodes of another make than their pool's are replaced."""
START_SECONDS = {"aws": 80, "azure": 120, "gcp": 90}
"""From a pool's decision to grow until the node is ready. Sources: karpenter-provider-aws issues 6128 and 1639 (70 to
90 s on EKS); the other two are assumptions."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a pool lacks and has too much: serial numbers of nodes to make, names of nodes to take away."""

    make: tuple[int, ...] = ()
    remove: tuple[str, ...] = ()


def pool_of(node: Mapping[str, Any]) -> str:
    """The pool of a node; empty for one that is not the lab's."""
    return (node["metadata"].get("annotations") or {}).get(POOL, "")


def change(pool: Pool, nodes: Iterable[Mapping[str, Any]], busy: Mapping[str, int], next_serial: int) -> Change:
    """How the pool's nodes become as many as desired. `busy` is the number of pods on a node, by its name.

    Nodes that are there keep their names; those with the fewest pods go first, and of these the youngest.
    """
    own = [node for node in nodes if pool_of(node) == pool.name]
    missing = pool.desired - len(own)
    if missing >= 0:
        return Change(make=tuple(range(next_serial, next_serial + missing)))
    ranked = sorted(own, key=lambda node: (busy.get(node["metadata"]["name"], 0), -serial(node)))
    return Change(remove=tuple(node["metadata"]["name"] for node in ranked[:-missing]))


def serial(node: Mapping[str, Any]) -> int:
    """Number of a node within its pool; 0 for one that is not of a pool."""
    return int((node["metadata"].get("annotations") or {}).get(SERIAL, "0"))


def zone_for(pool: Pool, nodes: Iterable[Mapping[str, Any]], full: Iterable[str] = ()) -> str:
    """The zone of the next node: where the pool has the fewest, unless nothing can be had there; "" without zones."""
    open_zones = [zone for zone in pool.zones if zone not in set(full)] or list(pool.zones)
    own = [node["metadata"]["annotations"].get(ZONE, "") for node in nodes if pool_of(node) == pool.name]
    return min(open_zones, key=lambda zone: (own.count(zone), pool.zones.index(zone)), default="")


def build_of(pool: Pool) -> str:
    """What a node is made of and cannot change: machine, capacity, image."""
    facts = (pool.machine, sorted(pool.resources.items()), sorted(pool.traits.items()), pool.market)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def node(cluster: Cluster, pool: Pool, number: int, zone: str) -> dict[str, Any]:
    """The node as its kubelet registers it: not ready yet, and without any device."""
    name = name_of(cluster, pool, number)
    capacity = {key: amount for key, amount in pool.resources.items() if "/" not in key}
    left = allocatable(cluster.cloud, capacity)
    labels = {**_labels(cluster, pool, name, zone), **pool.labels}
    marks = {POOL: pool.name, SERIAL: str(number), ZONE: zone, BUILD: build_of(pool)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": dict(sorted(labels.items())), "annotations": marks},
        "spec": {"providerID": _provider_id(cluster, zone, name), "taints": [taint(text) for text in pool.taints]},
        "status": {
            "capacity": {**capacity, "pods": left["pods"]},
            "allocatable": left,
            "addresses": [{"type": "InternalIP", "address": _address(name)}, {"type": "Hostname", "address": name}],
            "nodeInfo": _info(labels["kubernetes.io/arch"]),
        },
    }


def outdated(node: Mapping[str, Any], pool: Pool) -> bool:
    """Whether the pool's nodes are made of something else by now."""
    return bool(node["metadata"]["annotations"].get(BUILD) != build_of(pool))


def adjustment(node: Mapping[str, Any], pool: Pool) -> dict[str, Any] | None:
    """The patch that brings a node's labels and taints to what the pool says; None when they are so."""
    labels = {key: value for key, value in pool.labels.items() if node["metadata"]["labels"].get(key) != value}
    there = node["spec"].get("taints") or []
    system = [each for each in there if each["key"].startswith("node.kubernetes.io/")]
    own = [each for each in there if each not in system]
    wanted = [taint(text) for text in pool.taints]
    patch: dict[str, Any] = {"metadata": {"labels": labels}} if labels else {}
    if sorted(own, key=repr) != sorted(wanted, key=repr):
        patch["spec"] = {"taints": [*wanted, *system]}
    return patch or None


def template(cluster: Cluster, pool: Pool) -> dict[str, Any]:
    """A node of the pool as its autoscaler imagines it: ready, with all of its devices, nothing on it. What pods
    claim of it is only known to be there."""
    made = node(cluster, pool, 0, next(iter(pool.zones), ""))
    devices = {key: amount for key, amount in pool.resources.items() if "/" in key}
    made["status"]["allocatable"] |= devices
    if (given := network_driver.shown(cluster.cloud, pool)) is not None:
        made["metadata"]["annotations"][network_driver.MARK] = given.driver
    return made


def taint(text: str) -> dict[str, str]:
    """`key=value:Effect` as the API has it."""
    pair, _, effect = text.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "effect": effect} | ({"value": value} if value else {})


def name_of(cluster: Cluster, pool: Pool, number: int) -> str:
    """Names in the clouds' own manner, the same for the same pool and number."""
    digest = hashlib.sha256(f"{cluster.id}/{pool.name}/{number}".encode()).digest()
    if cluster.cloud == "aws":
        return f"ip-{'-'.join(str(part) for part in (10, *digest[:3]))}.{cluster.region}.compute.internal"
    if cluster.cloud == "azure":
        return f"aks-{pool.name}-{int.from_bytes(_pool_digest(cluster, pool)[:4]) % 10**8:08}-vmss{number:06}"
    if cluster.cloud == "gcp":
        return f"gke-{cluster.name[:16]}-{pool.name[:16]}-{_pool_digest(cluster, pool).hex()[:8]}-{digest.hex()[:4]}"
    return f"{pool.name}-{number}"


def _pool_digest(cluster: Cluster, pool: Pool) -> bytes:
    return hashlib.sha256(f"{cluster.id}/{pool.name}".encode()).digest()


def _labels(cluster: Cluster, pool: Pool, name: str, zone: str) -> dict[str, str]:
    """Well-known labels that every kubelet or cloud controller sets, where the pool does not say them."""
    placed = zone
    if cluster.cloud == "azure":
        placed = "0" if not zone else zone if zone.startswith(cluster.region) else f"{cluster.region}-{zone}"
    return {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": name,
        "node.kubernetes.io/instance-type": pool.machine,
        "topology.kubernetes.io/region": cluster.region,
        **({"topology.kubernetes.io/zone": placed} if placed else {}),
    }


def _provider_id(cluster: Cluster, zone: str, name: str) -> str:
    digest = hashlib.sha256(name.encode()).hexdigest()
    shapes = {
        "aws": f"aws:///{zone}/i-{digest[:17]}",
        "azure": f"azure:///subscriptions/00000000-0000-0000-0000-000000000000/virtualMachines/{name}",
        "gcp": f"gce://lab/{zone}/{name}",
    }
    return shapes.get(cluster.cloud, f"lab://{name}")


def _address(name: str) -> str:
    digest = hashlib.sha256(name.encode()).digest()
    return f"10.{digest[0]}.{digest[1]}.{digest[2]}"


def _info(arch: str) -> dict[str, str]:
    unknown = ("bootID", "kernelVersion", "machineID", "osImage", "systemUUID")
    return {
        **dict.fromkeys(unknown, ""),
        "architecture": arch,
        "containerRuntimeVersion": "lab",
        "kubeProxyVersion": "",
        "kubeletVersion": f"v{KUBERNETES_VERSION}",
        "operatingSystem": "linux",
    }
