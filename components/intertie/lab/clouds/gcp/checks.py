"""What Google Cloud refuses that no published model says. Sources: GKE and Compute Engine documentation."""

import re
from collections.abc import Mapping
from typing import Any

from intertie.lab import values
from intertie.lab.clouds.kinds import Kind

_RFC1035 = r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$"
_NAMES = {
    "gcp:container/cluster:Cluster": ("name", r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$"),
    "gcp:container/nodePool:NodePool": ("name", r"^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$"),
    "gcp:compute/network:Network": ("name", _RFC1035),
    "gcp:compute/subnetwork:Subnetwork": ("name", _RFC1035),
    "gcp:compute/router:Router": ("name", _RFC1035),
    "gcp:compute/routerNat:RouterNat": ("name", _RFC1035),
    "gcp:compute/haVpnGateway:HaVpnGateway": ("name", _RFC1035),
    "gcp:compute/externalVpnGateway:ExternalVpnGateway": ("name", _RFC1035),
    "gcp:compute/vPNTunnel:VPNTunnel": ("name", _RFC1035),
    "gcp:compute/routerInterface:RouterInterface": ("name", _RFC1035),
    "gcp:compute/routerPeer:RouterPeer": ("name", _RFC1035),
    "gcp:compute/reservation:Reservation": ("name", _RFC1035),
    "gcp:serviceaccount/account:Account": ("accountId", r"^[a-z]([-a-z0-9]{4,28}[a-z0-9])$"),
    "gcp:storage/bucket:Bucket": ("name", r"^[a-z0-9][-a-z0-9_.]{1,61}[a-z0-9]$"),
}
_LABELS = ("labels", "userLabels", "resourceLabels", "nodeConfig.resourceLabels")
_NO_LABELS = {("gcp:monitoring/notificationChannel:NotificationChannel", "labels")}  # its settings are called so
_LABEL_KEY, _LABEL_VALUE = r"^[a-z][a-z0-9_-]{0,62}$", r"^[a-z0-9_-]{0,63}$"


def check(kind: Kind, inputs: Mapping[str, Any], pending: frozenset[str]) -> list[tuple[str, str]]:
    """(path, reason) of everything that is wrong."""
    found: list[tuple[str, str]] = []
    if kind.type in _NAMES:
        path, pattern = _NAMES[kind.type]
        name = inputs.get(path)
        if isinstance(name, str) and not re.search(pattern, name):
            found.append((path, f"{name!r} doesn't match regexp {pattern!r}"))
    for path in (each for each in _LABELS if (kind.type, each) not in _NO_LABELS):
        for key, value in (values.one(inputs, path) or {}).items():
            if not re.search(_LABEL_KEY, key):
                found.append((path, f"label key {key!r} doesn't match {_LABEL_KEY}"))
            if isinstance(value, str) and not re.search(_LABEL_VALUE, value):
                found.append((path, f"label value {value!r} doesn't match {_LABEL_VALUE}"))
    if kind.type == "gcp:container/nodePool:NodePool":
        found += _pool(inputs)
    if kind.type == "gcp:container/cluster:Cluster":
        found += _cluster(inputs, pending)
    return found


def _pool(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    scaling = inputs.get("autoscaling") or {}
    per_zone = {"minNodeCount", "maxNodeCount"} & set(scaling)
    total = {"totalMinNodeCount", "totalMaxNodeCount"} & set(scaling)
    if per_zone and total:
        found.append(("autoscaling", "per-zone and total limits of a pool cannot be combined"))
    least, most = scaling.get("totalMinNodeCount"), scaling.get("totalMaxNodeCount")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        found.append(("autoscaling.totalMinNodeCount", f"{least} is more than totalMaxNodeCount {most}"))
    config = inputs.get("nodeConfig") or {}
    found += _consumption(inputs, config)
    settings = inputs.get("upgradeSettings") or {}
    if settings.get("maxSurge") == 0 and settings.get("maxUnavailable") == 0:
        found.append(("upgradeSettings", "maxSurge and maxUnavailable cannot both be 0"))
    found += [
        (f"nodeConfig.taints[{number}].value", "Missing required property 'value'")
        for number, each in enumerate(config.get("taints") or ())
        if each.get("value") is None
    ]
    return found


def _consumption(inputs: Mapping[str, Any], config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Ways to obtain capacity that exclude one another, and what each one asks for."""
    found: list[tuple[str, str]] = []
    reserved = values.one(config, "reservationAffinity.consumeReservationType") == "SPECIFIC_RESERVATION"
    if config.get("spot") and reserved:
        found.append(("nodeConfig.spot", "Spot VMs cannot consume a specific reservation"))
    if config.get("flexStart"):
        if config.get("spot"):
            found.append(("nodeConfig.flexStart", "flex-start and Spot VMs cannot be combined"))
        if reserved:
            found.append(("nodeConfig.flexStart", "flex-start nodes cannot consume a reservation"))
        if values.one(inputs, "management.autoRepair") is True:
            found.append(("management.autoRepair", "node auto-repair must be disabled for flex-start nodes"))
    zones = inputs.get("nodeLocations")
    compact = values.one(inputs, "placementPolicy.type") == "COMPACT"
    if compact and isinstance(zones, list) and len(zones) > 1:
        found.append(("placementPolicy.type", "compact placement needs all nodes in one zone"))
    return found


def _cluster(inputs: Mapping[str, Any], pending: frozenset[str]) -> list[tuple[str, str]]:
    first = inputs.get("initialNodeCount") or "initialNodeCount" in pending
    if inputs.get("removeDefaultNodePool") and not first:
        return [("initialNodeCount", "with removeDefaultNodePool, initialNodeCount must be at least 1")]
    pool = values.one(inputs, "workloadIdentityConfig.workloadPool")
    if isinstance(pool, str) and not pool.endswith(".svc.id.goog"):
        return [("workloadIdentityConfig.workloadPool", f"{pool!r} is not of the form PROJECT.svc.id.goog")]
    return []
