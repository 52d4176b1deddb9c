"""The endpoint's certificate, issued and renewed in the cluster by cert-manager where the description asks for it."""

from typing import Any

from intertie.plan import Plan
from intertie.spec.endpoint import Certificate, Challenge
from intertie.workload.manifest import Manifest, metadata

API = "cert-manager.io/v1"
ROLE = "certificate"
RENEW_BEFORE = "720h"
"""30 days: an issuer that is down for a week is noticed by the alert before callers notice it."""
_INSTALLED = ("namespace", "cert-manager")


def used(plan: Plan) -> bool:
    return plan.endpoint is not None and plan.endpoint.certificate is not None


def secret_name(plan: Plan) -> str:
    """Secret that holds the certificate, whoever fills it."""
    assert plan.endpoint is not None
    return plan.endpoint.tls_secret or f"{plan.spec.name}-tls"


def answers_http(plan: Plan) -> bool:
    """Whether the gateway must listen on port 80 for the issuer's question."""
    asked = plan.endpoint.certificate if plan.endpoint is not None else None
    return asked is not None and asked.email is not None and asked.challenge is Challenge.HTTP


def objects(plan: Plan) -> tuple[Manifest, ...]:
    """Issuer, unless the cluster has one, and certificate; () when the certificate comes from a secret."""
    asked = plan.endpoint.certificate if plan.endpoint is not None else None
    if plan.endpoint is None or asked is None:
        return ()
    made = () if asked.issuer is not None else (_issuer(plan, asked),)
    return (*made, _certificate(plan, plan.endpoint.host, asked))


def _issuer(plan: Plan, asked: Certificate) -> Manifest:
    acme = {
        "email": asked.email,
        "server": asked.server,
        "privateKeySecretRef": {"name": f"{plan.spec.name}-acme-account"},
        "solvers": [_solver(plan, asked)],
    }
    body = {
        "apiVersion": API,
        "kind": "Issuer",
        "metadata": metadata(plan, plan.spec.name),
        "spec": {"acme": acme},
    }
    return Manifest("issuer", body, needs=_INSTALLED)


def _solver(plan: Plan, asked: Certificate) -> dict[str, Any]:
    if asked.challenge is Challenge.DNS:
        return {"dns01": dict(asked.dns)}
    gateway = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": plan.spec.name, "sectionName": "http"}
    return {"http01": {"gatewayHTTPRoute": {"parentRefs": [gateway]}}}


def _certificate(plan: Plan, host: str, asked: Certificate) -> Manifest:
    issuer = (
        {"kind": "ClusterIssuer", "name": asked.issuer} if asked.issuer else {"kind": "Issuer", "name": plan.spec.name}
    )
    spec = {
        "secretName": secret_name(plan),
        "dnsNames": [host],
        "issuerRef": {"group": "cert-manager.io", **issuer},
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "renewBefore": RENEW_BEFORE,
        "usages": ["digital signature", "server auth"],
    }
    body = {"apiVersion": API, "kind": "Certificate", "metadata": metadata(plan, plan.spec.name), "spec": spec}
    return Manifest(ROLE, body, needs=(*_INSTALLED, "issuer"))
