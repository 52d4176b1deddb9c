"""Secrets come from the cloud's store, through the identity of a service account: nobody makes one by hand.

External Secrets copies them into the cluster and keeps the copies fresh. Where the cluster has no binding to a store,
nothing is rendered, and the objects that name a secret wait for whoever runs the cluster to make it.
"""

from typing import Any

from intertie.contract import SECRETS_ACCOUNT, ClusterHandle, SecretsBinding
from intertie.plan import Plan
from intertie.plan.secrets import OPAQUE, SecretNeed, needs
from intertie.workload.manifest import Manifest, metadata

API = "external-secrets.io/v1"
REFRESH = "15m"
"""How long a changed value takes to arrive: short enough for a certificate or key that was replaced in a hurry."""
_STORE = "secret-store"
_INSTALLED = ("namespace", "external-secrets")


def used(plan: Plan, handle: ClusterHandle) -> bool:
    """Whether secrets of the plan come from a store."""
    return handle.secrets is not None and bool(needs(plan))


def objects(plan: Plan, handle: ClusterHandle) -> tuple[Manifest, ...]:
    """The store with its service account, and one external secret per secret of the plan; () without a store."""
    if handle.secrets is None or not needs(plan):
        return ()
    return (
        _account(plan, handle.secrets),
        _store(plan, handle.secrets),
        *(_secret(plan, need) for need in needs(plan)),
    )


def role(secret: str) -> str:
    """Role of the object that brings the secret: what an object that cannot start without it waits for."""
    return f"{secret}-secret"


def _account(plan: Plan, binding: SecretsBinding) -> Manifest:
    about = metadata(plan, SECRETS_ACCOUNT)
    if binding.service_account_annotations:
        about["annotations"] = dict(binding.service_account_annotations)
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about, "automountServiceAccountToken": False}
    return Manifest("secrets-account", body, needs=("namespace",))


def _store(plan: Plan, binding: SecretsBinding) -> Manifest:
    spec = {"provider": dict(binding.provider), "refreshInterval": 300}
    body = {"apiVersion": API, "kind": "SecretStore", "metadata": metadata(plan, plan.spec.name), "spec": spec}
    return Manifest(_STORE, body, needs=(*_INSTALLED, "secrets-account"))


def _secret(plan: Plan, need: SecretNeed) -> Manifest:
    """A value that vanishes from the store stays in the cluster: a slip there must not stop what is serving."""
    target: dict[str, Any] = {"name": need.name, "creationPolicy": "Owner", "deletionPolicy": "Retain"}
    if need.kind != OPAQUE:
        target["template"] = {"engineVersion": "v2", "type": need.kind}
    spec = {
        "refreshInterval": REFRESH,
        "secretStoreRef": {"kind": "SecretStore", "name": plan.spec.name},
        "target": target,
        "dataFrom": [{"extract": {"key": need.key}}],
    }
    body = {"apiVersion": API, "kind": "ExternalSecret", "metadata": metadata(plan, need.name), "spec": spec}
    return Manifest(role(need.name), body, needs=(*_INSTALLED, _STORE))
