"""Who makes accelerators known to the scheduler: until that party is there, a node has the devices and nobody can
ask for them.

What is true of each cloud and vendor is in `data/device_owners.csv`, from the vendors' documentation and not from
Intertie's own table of ownership: one mistake must not pass on both sides.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from intertie.lab.world import Pool

SOCKETS = "/var/lib/kubelet/device-plugins"
"""Where a plugin registers with the kubelet: one that does not mount this folder offers nothing."""


@dataclass(frozen=True, slots=True)
class Owner:
    """One way in which a resource becomes allocatable. `unless` are facts of the node that rule it out."""

    resource: str
    cloud: str
    kind: str  # cloud | pod
    unless: tuple[str, ...]
    images: tuple[str, ...]  # of device plugins, without registry and tag


@cache
def owners() -> tuple[Owner, ...]:
    """Who makes which devices allocatable, per cloud: `data/device_owners.csv`."""
    text = files("intertie.lab").joinpath("data", "device_owners.csv").read_text(encoding="utf-8")
    return tuple(
        Owner(row["resource"], row["cloud"], row["owner"], _words(row["unless"]), _words(row["images"]))
        for row in csv.DictReader(text.splitlines())
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(";") if word.strip())


def offered(cloud: str, pool: Pool, pods: Iterable[Mapping[str, Any]], driver: str = "") -> dict[str, str]:
    """The devices of a node that are allocatable, by resource. `pods` are those that are ready on it, `driver` is what
    came onto it later than its machine (`operator`).

    A resource that no row names is never offered: unknown is not there.
    """
    there = tuple(pods)
    if driver:
        pool = replace(pool, traits={**pool.traits, "driver": driver})
    known = {owner.resource for owner in owners() if _offers(owner, cloud, pool, there)}
    return {resource: amount for resource, amount in pool.resources.items() if resource in known}


def _offers(owner: Owner, cloud: str, pool: Pool, pods: Iterable[Mapping[str, Any]]) -> bool:
    if owner.cloud not in (cloud, "*") or any(holds(fact, pool) for fact in owner.unless):
        return False
    return owner.kind == "cloud" or any(_is_plugin(pod, owner.images) for pod in pods)


def holds(fact: str, pool: Pool) -> bool:
    """Whether the pool's nodes are so.

    A fact: `label KEY=VALUE`, `trait KEY=VALUE`, `trait KEY*PATTERN` (like it) or `trait KEY!PATTERN` (not like it).
    """
    what, _, condition = fact.partition(" ")
    facts = pool.labels if what == "label" else pool.traits
    for sign in ("=", "!", "*"):
        key, found, wanted = condition.partition(sign)
        if found and "*" not in key:
            value = facts.get(key, "")
            if sign == "=":
                return value == wanted
            return fnmatchcase(value, wanted if sign == "!" else sign + wanted) != (sign == "!")
    raise AssertionError(f"{fact!r} is no fact of a node")


def _is_plugin(pod: Mapping[str, Any], images: Iterable[str]) -> bool:
    spec = pod["spec"]
    folders = {volume["name"] for volume in spec.get("volumes") or [] if _host_path(volume) == SOCKETS}
    return any(
        any(_repository(container["image"]).endswith(image) for image in images)
        and any(mount["name"] in folders for mount in container.get("volumeMounts") or [])
        for container in spec["containers"]
    )


def _host_path(volume: Mapping[str, Any]) -> str:
    return str((volume.get("hostPath") or {}).get("path", "")).rstrip("/")


def _repository(image: str) -> str:
    """An image reference without digest and tag."""
    image = image.partition("@")[0]
    head, slash, tail = image.rpartition("/")
    return f"{head}{slash}{tail.partition(':')[0]}"


def status(node: Mapping[str, Any], devices: Mapping[str, str]) -> dict[str, Any] | None:
    """The patch of a node's status that makes exactly these devices allocatable; None when they are.

    As a kubelet does it: what was known once stays in the capacity, with nothing of it to be had.
    """
    now = node.get("status") or {}
    capacity, left = now.get("capacity") or {}, now.get("allocatable") or {}
    known = {name for name in capacity if "/" in name} | set(devices)
    wanted = {name: devices.get(name, "0") for name in known}
    if all(left.get(name) == amount for name, amount in wanted.items()):
        return None
    return {"status": {"capacity": {**capacity, **devices}, "allocatable": {**left, **wanted}}}
