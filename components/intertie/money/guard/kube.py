"""The guard's port on a Kubernetes API server, through the official client (extra `guard`).

Reads nodes, autoscalers and their targets; patches ceilings of autoscalers; keeps its memory in one ConfigMap.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from yaml import YAMLError

from intertie.errors import InputError, OutsideError
from intertie.money.guard.actions import Ceiling, Change
from intertie.plan import LABEL

BEFORE, LOWERED = f"{LABEL}/guard-before", f"{LABEL}/guard-lowered-to"
"""What the ceiling was, and what the guard made of it: another value than that is somebody else's, and newer."""
MEMORY = "intertie-guard"
_MERGE = "application/merge-patch+json"
_KEDA, _HPA = "/apis/keda.sh/v1alpha1", "/apis/autoscaling/v2"
_PLURALS = {"Deployment": ("/apis/apps/v1", "deployments"),
            "LeaderWorkerSet": ("/apis/leaderworkerset.x-k8s.io/v1", "leaderworkersets")}  # fmt: skip
_SECONDS = 20
_TRIES = 4


class ConflictError(OutsideError):
    """The object is not the one that was read."""


class KubernetesCluster:
    """One namespace of a cluster."""

    def __init__(self, client: Any, namespace: str) -> None:
        self._client, self._namespace = client, namespace

    def nodes(self) -> Sequence[Mapping[str, Any]]:
        return self._call("GET", "/api/v1/nodes")["items"]

    def ceilings(self) -> Sequence[Ceiling]:
        """Every autoscaler of the pipeline's stages, but those that KEDA made for a ScaledObject: they are KEDA's."""
        found = [self._ceiling(item, "ScaledObject") for item in self._items(_KEDA, "scaledobjects", missing=True)]
        for item in self._items(_HPA, "horizontalpodautoscalers"):
            owners = (item["metadata"].get("ownerReferences")) or []
            if not any(owner.get("kind") == "ScaledObject" for owner in owners):
                found.append(self._ceiling(item, "HorizontalPodAutoscaler"))
        return tuple(found)

    def change(self, change: Change) -> None:
        one = change.target
        root, plural = (_KEDA, "scaledobjects") if one.kind == "ScaledObject" else (_HPA, "horizontalpodautoscalers")
        field = "maxReplicaCount" if one.kind == "ScaledObject" else "maxReplicas"
        noted = dict.fromkeys((BEFORE, LOWERED)) if change.restores else {BEFORE: str(one.own), LOWERED: str(change.to)}
        path = f"{root}/namespaces/{self._namespace}/{plural}/{one.name}"
        version = one.version
        for _ in range(_TRIES):
            body = {
                "metadata": {"annotations": noted, "resourceVersion": version},
                "spec": {field: change.to},
            }
            try:
                self._call("PATCH", path, body)
            except ConflictError:  # somebody wrote its status in between, or changed it: then it is not ours to judge
                now = self._ceiling(self._call("GET", path), one.kind)
                if (now.ceiling, now.before, now.floor) != (one.ceiling, one.before, one.floor):
                    raise
                version = now.version
            else:
                return
        raise OutsideError(f"{path} changes all the time")

    def remembered(self) -> Mapping[str, Any] | None:
        found = self._call("GET", self._memory_path(), missing=True)
        if found is None:
            return None
        try:
            data = json.loads((found.get("data") or {}).get("memory") or "{}")
        except ValueError:
            return {}
        return data if isinstance(data, dict) else {}

    def remember(self, data: Mapping[str, Any]) -> None:
        body = {"data": {"memory": json.dumps(data)}}
        if self._call("PATCH", self._memory_path(), body, missing=True) is None:
            whole = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": MEMORY}, **body}
            self._call("POST", f"/api/v1/namespaces/{self._namespace}/configmaps", whole)

    def _memory_path(self) -> str:
        return f"/api/v1/namespaces/{self._namespace}/configmaps/{MEMORY}"

    def _items(self, root: str, plural: str, *, missing: bool = False) -> list[dict[str, Any]]:
        listed = self._call("GET", f"{root}/namespaces/{self._namespace}/{plural}", missing=missing)
        items = (listed or {}).get("items") or []
        return [item for item in items if (item["metadata"].get("labels") or {}).get(f"{LABEL}/stage")]

    def _ceiling(self, item: Mapping[str, Any], kind: str) -> Ceiling:
        about, spec = item["metadata"], item["spec"]
        keda = kind == "ScaledObject"
        ceiling = int(spec.get("maxReplicaCount", 100) if keda else spec["maxReplicas"])
        floor = int(spec.get("minReplicaCount", 0) if keda else spec.get("minReplicas", 1))
        noted = about.get("annotations") or {}
        return Ceiling(
            stage=about["labels"][f"{LABEL}/stage"],
            kind=kind,
            name=about["name"],
            floor=floor,
            ceiling=ceiling,
            replicas=self._replicas(spec["scaleTargetRef"]),
            priority=noted.get(f"{LABEL}/priority", "normal"),
            before=_before(noted, ceiling),
            version=about["resourceVersion"],
        )

    def _replicas(self, target: Mapping[str, Any]) -> int | None:
        root, plural = _PLURALS.get(target.get("kind", "Deployment"), ("", ""))
        if not root:
            return None
        found = self._call("GET", f"{root}/namespaces/{self._namespace}/{plural}/{target['name']}", missing=True)
        return int(((found or {}).get("spec") or {}).get("replicas") or 0)

    def _call(self, method: str, path: str, body: Any = None, *, missing: bool = False) -> Any:
        """The answer as data; None where `missing` is allowed and it is not there."""
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = _MERGE if method == "PATCH" else "application/json"
        try:
            request = self._client.param_serialize(
                method, path, header_params=headers, body=body, auth_settings=["BearerToken"]
            )
            answer = self._client.call_api(*request, _request_timeout=_SECONDS)
            data = json.loads(answer.read() or b"{}")
        except (ApiException, HTTPError, OSError, ValueError) as error:
            raise OutsideError(f"{method} {path}: {error}") from None
        if answer.status < 400:
            return data
        if missing and answer.status == 404:
            return None
        kind = ConflictError if answer.status == 409 else OutsideError
        raise kind(f"{method} {path}: {answer.status} {str(data.get('message', ''))[:500]}")


def _before(noted: Mapping[str, str], ceiling: int) -> int | None:
    """What the ceiling was before the guard lowered it; the ceiling itself where somebody has set it since."""
    if BEFORE not in noted:
        return None
    before, lowered = _count(noted[BEFORE]), _count(noted.get(LOWERED, str(ceiling)))
    return before if before is not None and before > ceiling and lowered == ceiling else ceiling


def _count(text: str) -> int | None:
    """A number of replicas as Kubernetes has them (32 bits)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def connect(namespace: str, kubeconfig: Mapping[str, Any] | str | None = None) -> KubernetesCluster:
    """The cluster that the process runs in, or that of a kubeconfig (its path, or its content)."""
    try:
        from kubernetes import config
        from kubernetes.client import ApiClient
    except ImportError:
        raise OutsideError("the Kubernetes client is missing: pip install 'intertie[guard]'") from None
    try:
        if isinstance(kubeconfig, Mapping):
            return KubernetesCluster(config.new_client_from_config_dict(dict(kubeconfig)), namespace)
        if kubeconfig is not None:
            return KubernetesCluster(config.new_client_from_config(str(kubeconfig)), namespace)
        config.load_incluster_config()
        return KubernetesCluster(ApiClient(), namespace)
    except (config.ConfigException, OSError) as error:
        raise OutsideError(f"no way into the cluster: {error}\n  → --kubeconfig FILE") from None
    except (YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{kubeconfig if isinstance(kubeconfig, str) else 'the kubeconfig'} is no kubeconfig: "
            f"{type(error).__name__}: {str(error)[:300]}\n  → kubectl config view --raw --minify shows one that is"
        ) from None
