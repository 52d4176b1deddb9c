"""Resources of the kubernetes package → objects of the API: names, namespaces, and what is kept in the state. Pure."""

import random
import string
from collections.abc import Mapping
from typing import Any

from intertie.lab import values

AUTONAMED = "pulumi.com/autonamed"
SKIP_AWAIT = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"
WAIT_FOR = "pulumi.com/waitFor"
PATCH_FORCE = "pulumi.com/patchForce"
_INPUTS, _VERSION, _MANAGER = "__inputs", "__initialApiVersion", "__fieldManager"
_CLUSTER_WIDE = frozenset(
    {
        "APIService", "CSIDriver", "CSINode", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition",
        "DeviceClass", "FlowSchema", "IngressClass", "MutatingWebhookConfiguration", "Namespace", "Node",
        "PersistentVolume", "PriorityClass", "PriorityLevelConfiguration", "RuntimeClass", "StorageClass",
        "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)  # fmt: skip
"""Kinds of Kubernetes itself that lie in no namespace."""


def without_nulls(value: Any) -> Any:
    """What the program left out is left out, and extensions of a schema have the names that the API knows.

    Source of the names: pulumi-kubernetes provider, mapReplUnderscoreToDash.
    """
    if isinstance(value, Mapping):
        return {_property(key): without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value


def _property(name: str) -> str:
    return name.replace("_", "-") if name.startswith("x_kubernetes_") else name


def identified(token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with version and kind, which the type's token knows when they do not say it."""
    _, module, kind = token.split(":")
    group, _, version = module.rpartition("/")
    api_version = version if group in ("", "core") else f"{group}/{version}"
    return {"apiVersion": api_version, "kind": kind, **inputs}


def annotations(body: Mapping[str, Any]) -> dict[str, Any]:
    """Annotations of an object; none for one whose metadata is not known yet."""
    found = (body.get("metadata") or {}).get("annotations") if isinstance(body.get("metadata"), Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def is_set(body: Mapping[str, Any], annotation: str) -> bool:
    """Whether an annotation says `true`."""
    return str(annotations(body).get(annotation, "")).lower() == "true"


def named(inputs: Mapping[str, Any], olds: Mapping[str, Any], logical: str, seed: bytes) -> dict[str, Any]:
    """With a name: the program's; else the one that was made up before; else the logical one with eight characters."""
    about = inputs.get("metadata") or {}
    if not isinstance(about, Mapping) or about.get("name") or about.get("generateName"):
        return dict(inputs)
    old = olds.get("metadata") or {}
    kept = old.get("name") if is_set(olds, AUTONAMED) else None
    if olds and not kept:
        return dict(inputs)  # it had a name and has none any more: a replacement, which is named later
    letters = string.ascii_lowercase + string.digits
    chosen = random.Random(seed)  # noqa: S311  the engine's seed gives the same name in preview and update
    name = kept or f"{logical}-{''.join(chosen.choice(letters) for _ in range(8))}"
    marks = {**annotations(inputs), AUTONAMED: "true"}
    return {**inputs, "metadata": {**about, "name": name, "annotations": marks}}


def placed(inputs: Mapping[str, Any], namespace: str, namespaced: bool) -> dict[str, Any]:
    """With the provider's namespace, where the program names none and the kind wants one."""
    about = inputs.get("metadata") or {}
    if not namespaced or not isinstance(about, Mapping) or about.get("namespace"):
        return dict(inputs)
    return {**inputs, "metadata": {**about, "namespace": namespace}}


def probably_namespaced(kind: str) -> bool:
    """What is assumed where no API server can be asked: all but Kubernetes' own cluster-wide kinds are."""
    return kind not in _CLUSTER_WIDE


def id_of(live: Mapping[str, Any]) -> str:
    """`namespace/name`, or the name alone of what lives in no namespace."""
    about = live["metadata"]
    return f"{about['namespace']}/{about['name']}" if about.get("namespace") else str(about["name"])


def split_id(id_: str) -> tuple[str, str]:
    """(namespace, name)."""
    namespace, _, name = id_.rpartition("/")
    return namespace, name


def state(inputs: Mapping[str, Any], live: Mapping[str, Any], manager: str) -> dict[str, Any]:
    """What is kept of an object: the live one, and what the program said of it."""
    return {**live, _INPUTS: dict(inputs), _VERSION: inputs.get("apiVersion", ""), _MANAGER: manager}


def said_in(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that a state was made from."""
    return dict(kept.get(_INPUTS) or {})


def live_in(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The object as the API server had it, without the lab's own notes."""
    return {key: value for key, value in kept.items() if not key.startswith("__")}


def manager_in(kept: Mapping[str, Any]) -> str:
    """The field manager of an object; a new one for an object that has none yet."""
    letters = "0123456789abcdef"
    fresh = "".join(random.SystemRandom().choice(letters) for _ in range(8))
    return str(kept.get(_MANAGER) or f"pulumi-kubernetes-{fresh}")


def imported(live: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of an object that no program has described yet."""
    about = {key: value for key, value in live["metadata"].items() if key in ("name", "namespace", "labels")}
    marks = {k: v for k, v in annotations(live).items() if not k.startswith(("deployment.kubernetes.io", "kubectl."))}
    if marks:
        about["annotations"] = marks
    return {**{key: value for key, value in live.items() if key != "status"}, "metadata": about}


def open_values(inputs: Mapping[str, Any]) -> bool:
    """Whether some of it is only known once other things are there."""
    return values.has_unknown(inputs)
