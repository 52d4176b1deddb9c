"""TLS between the gateway's proxies and the pickers: an authority of the pipeline's own, kept by cert-manager."""

from typing import Any

from intertie.plan import Plan, StagePlan
from intertie.workload import certificate
from intertie.workload.manifest import Manifest, metadata

_API = certificate.API
_INSTALLED = ("namespace", "cert-manager")
_KEY = {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"}


def authority(plan: Plan) -> tuple[Manifest, ...]:
    """A self-signed authority, and the issuer that signs with it."""
    root, name = f"{_authority(plan)}-root", _authority(plan)
    own = {
        "isCA": True,
        "commonName": name,
        "secretName": name,
        "duration": "43800h",
        "issuerRef": {"group": "cert-manager.io", "kind": "Issuer", "name": root},
        "privateKey": _KEY,
    }
    return (
        _made(plan, "pickers-root", "Issuer", root, {"selfSigned": {}}),
        _made(plan, "pickers-authority", "Certificate", name, own, "pickers-root"),
        _made(plan, "pickers-issuer", "Issuer", name, {"ca": {"secretName": name}}, "pickers-authority"),
    )


def objects(plan: Plan, stage: StagePlan) -> tuple[Manifest, ...]:
    """The picker's certificate, and what proxies hold it against."""
    name, host = secret(stage), f"{stage.name}-picker.{plan.namespace}.svc"
    own = {
        "secretName": name,
        "dnsNames": [host],
        "issuerRef": {"group": "cert-manager.io", "kind": "Issuer", "name": _authority(plan)},
        "privateKey": _KEY,
        "usages": ["digital signature", "server auth"],
    }
    trusted = {
        "targetRefs": [{"group": "", "kind": "Service", "name": f"{stage.name}-picker"}],
        "validation": {"hostname": host, "caCertificateRefs": [{"group": "", "kind": "Secret", "name": name}]},
    }
    role = f"{stage.name}-picker-trust"
    body = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "BackendTLSPolicy",
        "metadata": metadata(plan, f"{stage.name}-picker", stage.name),
        "spec": trusted,
    }
    return (
        _made(plan, f"{stage.name}-picker-certificate", "Certificate", name, own, "pickers-issuer"),
        Manifest(role, body, needs=("namespace", "envoy-gateway", f"{stage.name}-picker-certificate")),
    )


def secret(stage: StagePlan) -> str:
    """Secret with the picker's certificate and the authority's."""
    return f"{stage.name}-picker-tls"


def _authority(plan: Plan) -> str:
    return f"{plan.spec.name}-pickers"


def _made(plan: Plan, role: str, kind: str, name: str, spec: dict[str, Any], *needs: str) -> Manifest:
    body = {"apiVersion": _API, "kind": kind, "metadata": metadata(plan, name), "spec": spec}
    return Manifest(role, body, needs=(*_INSTALLED, *needs))
