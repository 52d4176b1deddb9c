"""What differs between an object as it is and as it is wanted, and what cannot be changed in place. Pure.

After pulumi-kubernetes v4 (provider/pkg/provider/diff.go and provider.go): the live object, cut down to what the
program said of it, against what the program says now.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from intertie.lab import values
from intertie.lab.kube import quantity

_FIXED_POD = (
    "affinity", "automountServiceAccountToken", "containers", "dnsConfig", "dnsPolicy", "enableServiceLinks",
    "hostAliases", "hostIPC", "hostNetwork", "hostPID", "hostname", "imagePullSecrets", "initContainers", "nodeName",
    "nodeSelector", "overhead", "preemptionPolicy", "priority", "priorityClassName", "readinessGates", "restartPolicy",
    "runtimeClassName", "schedulerName", "securityContext", "serviceAccount", "serviceAccountName",
    "shareProcessNamespace", "subdomain", "terminationGracePeriodSeconds", "volumes",
)  # fmt: skip
_FIXED: dict[tuple[str, str], tuple[str, ...]] = {
    ("apps/v1", "Deployment"): ("spec.selector",),
    ("apps/v1", "DaemonSet"): ("spec.selector",),
    ("apps/v1", "StatefulSet"): (
        "spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("batch/v1", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io/v1", "StorageClass"): ("parameters", "provisioner"),
    ("v1", "PersistentVolumeClaim"): (
        "spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName",
    ),
    ("v1", "Pod"): tuple(f"spec.{name}" for name in _FIXED_POD),
    ("v1", "ResourceQuota"): ("spec.scopes",),
    ("v1", "Service"): ("spec.clusterIP",),
}  # fmt: skip
_IDENTITY = ("apiVersion", "kind", "metadata.name", "metadata.namespace")
_QUANTITIES = ("*resources.requests*", "*resources.limits*", "*.sizeLimit", "*spec.hard*", "*spec.capacity*")
_VOLATILE = ("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
             "resourceVersion", "uid", "selfLink")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """kind: add | delete | update. `fixed`: only another object can have it."""

    path: str
    kind: str
    fixed: bool


def changes(
    live: Mapping[str, Any],
    said: Mapping[str, Any],
    wanted: Mapping[str, Any],
    *,
    mutable: frozenset[str] = frozenset(),
) -> list[Change]:
    """Everything that an update would change. `said` is what the program said of the live object.

    `mutable` are kinds (ConfigMap, Secret) whose data the provider was told to change in place.
    """
    before, after = normalised(prune(live, normalised(said))), normalised(wanted)
    fixed = _fixed(wanted, mutable)
    return [
        Change(path, kind, any(path == each or path.startswith((f"{each}.", f"{each}[")) for each in fixed))
        for path, kind in _differences(before, after, "")
    ]


def _fixed(wanted: Mapping[str, Any], mutable: frozenset[str]) -> tuple[str, ...]:
    kind = (str(wanted.get("apiVersion")), str(wanted.get("kind")))
    found = (*_IDENTITY, *_FIXED.get(kind, ()))
    data = {("v1", "ConfigMap"): ("data", "binaryData"), ("v1", "Secret"): ("data", "stringData", "type")}
    if kind in data and (kind[1] not in mutable or wanted.get("immutable") is True):
        return (*found, *data[kind])
    return found


def prune(live: Any, shape: Any) -> Any:
    """The part of a live value that the program spoke of: keys of objects, items of lists by their place."""
    if isinstance(live, Mapping) and isinstance(shape, Mapping):
        return {key: prune(value, shape[key]) for key, value in live.items() if key in shape}
    if isinstance(live, list) and isinstance(shape, list):
        if not shape or not isinstance(shape[0], Mapping | list):
            return list(live)
        return [prune(value, shape[place]) for place, value in enumerate(live) if place < len(shape)]
    return live


def normalised(body: Mapping[str, Any]) -> dict[str, Any]:
    """Without what the API server alone writes, and with one spelling for what has two."""
    found = dict(body)
    if isinstance(found.get("metadata"), Mapping):
        found["metadata"] = {key: value for key, value in found["metadata"].items() if key not in _VOLATILE}
    found.pop("status", None)
    plain = found.pop("stringData", None) if found.get("kind") == "Secret" else None
    if isinstance(plain, Mapping):
        encoded = {key: _base64(value) for key, value in plain.items()}
        found["data"] = {**(found.get("data") or {}), **encoded}
    return found


def _base64(value: Any) -> Any:
    return value if values.is_unknown(value) else base64.b64encode(str(value).encode()).decode()


def _differences(before: Any, after: Any, path: str) -> Iterable[tuple[str, str]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in sorted({*before, *after}):
            inner = f"{path}.{_key(key)}" if path and not _key(key).startswith("[") else f"{path}{_key(key)}"
            yield from _differences(before.get(key), after.get(key), inner)
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            one, other = (side[place] if place < len(side) else None for side in (before, after))
            yield from _differences(one, other, f"{path}[{place}]")
    elif not same(before, after, path):
        yield path, "add" if before is None else "delete" if after is None else "update"


def _key(key: str) -> str:
    """A key as Pulumi writes it in a path."""
    return f'["{key}"]' if any(sign in key for sign in '."[]') else key


def same(before: Any, after: Any, path: str) -> bool:
    """Equal values. What a typed API leaves out was as good as absent; quantities are equal by what they stand for."""
    if before is None and _left_out(after):
        return True
    if after is None and before not in (False, 0) and _left_out(before):
        return True
    if before == after and type(before) is type(after):
        return True
    if isinstance(before, int | float) and isinstance(after, int | float):
        return float(before) == float(after) and isinstance(before, bool) == isinstance(after, bool)
    return any(fnmatchcase(path, each) for each in _QUANTITIES) and quantity.equal(before, after)


def _left_out(value: Any) -> bool:
    """Nothing, false, zero, and empty collections, at any depth."""
    if isinstance(value, Mapping):
        return all(_left_out(each) for each in value.values())
    if isinstance(value, list):
        return not value
    return value in (None, "", False, 0)
