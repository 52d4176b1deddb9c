"""Secrets that a pipeline needs: what they are called in the cluster, and where the cloud's secret store has them.

Only names are ever known here. Values go from the cloud's store into the cluster without passing a description, a
plan or a state; `intertie replicate` says which store needs which of them.
"""

from dataclasses import dataclass
from hashlib import sha256

from intertie.plan.types import Plan
from intertie.spec import AuthKind

OPAQUE = "Opaque"
TLS = "kubernetes.io/tls"


@dataclass(frozen=True, slots=True)
class SecretNeed:
    """One secret. In the store it is a JSON object of texts, whose fields become the keys of the cluster's secret."""

    name: str  # of the Kubernetes secret, in the pipeline's namespace
    key: str  # name in the cloud's store, legal in all of them: letters, digits and hyphens
    fields: tuple[str, ...]  # that the object must have; () = one per caller, under the caller's name
    kind: str  # type of the Kubernetes secret
    why: str


def needs(plan: Plan) -> tuple[SecretNeed, ...]:
    """Every secret of the plan, once, in the order of the description."""
    found: dict[str, SecretNeed] = {}
    for stage in plan.stages:
        model = stage.spec.model
        if model is not None and model.token_secret is not None:
            why = f"token of the hub for {model.id}"
            found.setdefault(model.token_secret, _need(plan, model.token_secret, ("token",), OPAQUE, why))
    endpoint = plan.endpoint
    if endpoint is not None and endpoint.auth.kind is AuthKind.API_KEY:
        name = endpoint.auth.secret or f"{plan.spec.name}-api-keys"
        found.setdefault(name, _need(plan, name, (), OPAQUE, "API keys, one for each caller"))
    if endpoint is not None and endpoint.certificate is None:
        name = endpoint.tls_secret or f"{plan.spec.name}-tls"
        why = f"certificate of {endpoint.host}"
        found.setdefault(name, _need(plan, name, ("tls.crt", "tls.key"), TLS, why))
    return tuple(found.values())


def store_key(plan: Plan, secret: str) -> str:
    """Name of a secret in the cloud's store: two placements may share an account and a region, so the cluster's is in
    it."""
    return f"{plan.cluster}-{secret.replace('.', '-')}"


def vault_name(plan: Plan, use: str = "secrets") -> str:
    """Name of the vault on the one cloud whose stores have names: 3–24 letters and digits, unique in the
    world, the same in every run."""
    owner = plan.where.account.id if plan.where.account else plan.spec.owner
    parts = (owner, plan.spec.cost_center, plan.spec.name, plan.placement, plan.region, use)
    return "kv" + plan.spec.name.replace("-", "")[:9] + sha256("\0".join(parts).encode()).hexdigest()[:13]


def _need(plan: Plan, name: str, fields: tuple[str, ...], kind: str, why: str) -> SecretNeed:
    return SecretNeed(name, store_key(plan, name), fields, kind, why)
