"""Kubeconfigs: what a client needs from one, and how the lab writes its own.

Only what the clouds' kubeconfigs use is read: server, authority, and a token, a client certificate or a program that
prints an ExecCredential.
"""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXEC_SECONDS = 30


class KubeconfigError(ValueError):
    """A kubeconfig from which no client can be made. The message holds nothing of its secrets."""


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach one API server. The token or the key is a secret."""

    server: str
    authority: str = ""  # PEM
    token: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)  # PEM, with `key`
    key: str = field(default="", repr=False)
    namespace: str = "default"


def parse(text: str) -> dict[str, Any]:
    """A kubeconfig, given as its content or as a path to it."""
    try:
        path = Path(text).expanduser() if "\n" not in text and len(text) < 4096 else None
        if path is not None and path.is_file():
            text = path.read_text()
        data = yaml.safe_load(text)
    except (OSError, yaml.YAMLError) as error:
        raise KubeconfigError(f"it cannot be read: {type(error).__name__}") from None
    if not isinstance(data, dict) or not data.get("clusters"):
        raise KubeconfigError("it names no cluster")
    return data


def context(config: Mapping[str, Any], name: str = "") -> dict[str, Any]:
    """The context that is in force: `cluster`, `user`, perhaps `namespace`."""
    wanted = name or config.get("current-context") or ""
    for entry in config.get("contexts") or []:
        if entry.get("name") == wanted:
            return dict(entry["context"])
    raise KubeconfigError(f"context {wanted!r} does not exist" if wanted else "no context is in force")


def active_cluster(config: Mapping[str, Any], name: str = "") -> dict[str, Any]:
    """The cluster entry of the context in force."""
    wanted = context(config, name).get("cluster")
    for entry in config["clusters"]:
        if entry.get("name") == wanted:
            return dict(entry["cluster"])
    raise KubeconfigError(f"cluster {wanted!r} does not exist")


def access(config: Mapping[str, Any], name: str = "") -> Access:
    """What a client needs. Runs the program that the user entry names, if it names one."""
    cluster, chosen = active_cluster(config, name), context(config, name)
    users = [entry.get("user") or {} for entry in config.get("users") or [] if entry.get("name") == chosen.get("user")]
    user = users[0] if users else {}
    token, certificate, key = _credential(user, cluster)
    return Access(
        server=str(cluster.get("server", "")).rstrip("/"),
        authority=_pem(cluster, "certificate-authority"),
        token=token,
        certificate=certificate,
        key=key,
        namespace=chosen.get("namespace") or "default",
    )


def _credential(user: Mapping[str, Any], cluster: Mapping[str, Any]) -> tuple[str, str, str]:
    """Token, client certificate, key."""
    if user.get("exec"):
        status = run_exec(user["exec"], cluster)
        return (
            str(status.get("token") or ""),
            str(status.get("clientCertificateData") or ""),
            str(status.get("clientKeyData") or ""),
        )
    token = user.get("token") or ""
    if not token and user.get("tokenFile"):
        token = Path(user["tokenFile"]).read_text().strip()
    return str(token), _pem(user, "client-certificate"), _pem(user, "client-key")


def run_exec(plugin: Mapping[str, Any], cluster: Mapping[str, Any]) -> dict[str, Any]:
    """The `status` of the ExecCredential that the plugin prints (Kubernetes documentation, client-go credential
    plugins). KubeconfigError when it cannot be run or fails."""
    command = str(plugin.get("command", ""))
    asked = {
        "apiVersion": plugin.get("apiVersion", "client.authentication.k8s.io/v1beta1"),
        "kind": "ExecCredential",
        "spec": {"interactive": False, **({"cluster": dict(cluster)} if plugin.get("provideClusterInfo") else {})},
    }
    given = {entry["name"]: entry["value"] for entry in plugin.get("env") or []}
    environment = {**os.environ, **given, "KUBERNETES_EXEC_INFO": json.dumps(asked)}
    found = shutil.which(command, path=environment.get("PATH"))
    if found is None:
        raise KubeconfigError(f"exec: executable {command} not found")
    done = subprocess.run(
        [found, *(plugin.get("args") or [])],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_EXEC_SECONDS,
        check=False,
    )
    if done.returncode:
        raise KubeconfigError(
            f"getting credentials: exec: executable {command} failed with exit code {done.returncode}"
        )
    try:
        return dict(json.loads(done.stdout)["status"])
    except (ValueError, KeyError, TypeError):
        raise KubeconfigError(f"getting credentials: {command} printed no ExecCredential") from None


def _pem(entry: Mapping[str, Any], name: str) -> str:
    """Inline data, or the content of a file."""
    if data := entry.get(f"{name}-data"):
        return base64.b64decode(data).decode()
    return Path(entry[name]).read_text() if entry.get(name) else ""


def write(path: Path, name: str, server: str, authority: str, token: str) -> None:
    """A kubeconfig with a token, for its owner's eyes."""
    from intertie.lab.certificates import write_private

    write_private(path, yaml.safe_dump(document(name, server, authority, token), sort_keys=False).encode())


def document(name: str, server: str, authority: str, token: str) -> dict[str, Any]:
    """A kubeconfig as data. `authority` is PEM."""
    encoded = base64.b64encode(authority.encode()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": encoded}}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
