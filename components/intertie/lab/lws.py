"""The real LeaderWorkerSet controller, run beside a cluster instead of in it, with its webhooks on loopback."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from intertie.lab import certificates, crds
from intertie.lab.kube.client import Api
from intertie.lab.processes import free_ports, listening

NAMESPACE = "lws-system"
_MANAGER = "intertie-lab"
_SETS = "leaderworkerset-x-k8s-io-v1-leaderworkerset"
_HOOKS = (
    ("Mutating", "mleaderworkerset.kb.io", f"/mutate-{_SETS}"),
    ("Mutating", "mpod.kb.io", "/mutate--v1-pod"),
    ("Validating", "vleaderworkerset.kb.io", f"/validate-{_SETS}"),
    ("Validating", "vpod.kb.io", "/validate--v1-pod"),
)
"""Kind, name and path of its webhooks. Source: lws v0.7.0, config/webhook/manifests.yaml; as there, those of
pods only look at pods of LeaderWorkerSets."""
_OURS = "leaderworkerset.sigs.k8s.io/name"


def configure(folder: Path, kubeconfig: Path, api: Api) -> tuple[list[str], dict[str, str], Callable[[], bool]]:
    """Options and environment of the controller, and whether it is ready: then its webhooks are asked, too."""
    crds.install(api, "lws")
    _namespace(api)
    certificate, key = (folder / f"server.{end}" for end in ("crt", "key"))
    hooks = folder / "lws"
    hooks.mkdir(mode=0o700, exist_ok=True)
    certificates.write_private(hooks / "tls.crt", certificate.read_bytes())
    certificates.write_private(hooks / "tls.key", key.read_bytes())
    (port,) = free_ports(1)
    settings = {
        "apiVersion": "config.lws.x-k8s.io/v1alpha1",
        "kind": "Configuration",
        "leaderElection": {"leaderElect": False},
        "internalCertManagement": {"enable": False},
        "webhook": {"host": "127.0.0.1", "port": port, "certDir": str(hooks)},
        "health": {"healthProbeBindAddress": "0"},
        "metrics": {"bindAddress": "0"},
    }
    certificates.write_private(folder / "lws.yaml", yaml.safe_dump(settings).encode())
    authority = base64.b64encode((folder / "ca.crt").read_bytes()).decode()

    def ready() -> bool:
        """Once it answers, the API server is told to ask it."""
        if not listening(port):
            return False
        for body in _configurations(port, authority):
            api.apply(body, _MANAGER, force=True)
        return True

    options = [f"--config={folder / 'lws.yaml'}", f"--kubeconfig={kubeconfig}", "--zap-log-level=error"]
    return options, {"LWS_NAMESPACE": NAMESPACE}, ready


def unhook(api: Api) -> None:
    """Ask the webhooks no more."""
    for body in _configurations(0, ""):
        api.remove(api.path_of(body))


def _namespace(api: Api) -> None:
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}, _MANAGER, force=True)


def _configurations(port: int, authority: str) -> list[dict[str, Any]]:
    return [
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": f"{kind}WebhookConfiguration",
            "metadata": {"name": f"lws-{kind.lower()}-webhook-configuration"},
            "webhooks": [_hook(hook, port, authority) for hook in _HOOKS if hook[0] == kind],
        }
        for kind in ("Mutating", "Validating")
    ]


def _hook(hook: tuple[str, str, str], port: int, authority: str) -> dict[str, Any]:
    kind, name, path = hook
    pods = path.endswith("pod")
    operations = ["CREATE", "UPDATE"] if kind == "Validating" or not pods else ["CREATE"]
    rule = {
        "apiGroups": ["" if pods else "leaderworkerset.x-k8s.io"],
        "apiVersions": ["v1"],
        "operations": operations,
        "resources": ["pods" if pods else "leaderworkersets"],
    }
    made: dict[str, Any] = {
        "name": name,
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"url": f"https://127.0.0.1:{port}{path}", "caBundle": authority},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "rules": [rule],
    }
    if pods:
        made["objectSelector"] = {"matchExpressions": [{"key": _OURS, "operator": "Exists"}]}
    return made
