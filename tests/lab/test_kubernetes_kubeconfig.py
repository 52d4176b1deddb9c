"""Kubeconfigs of the clouds and of the lab lead to the same client."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from intertie.lab.kube import kubeconfig, session
from intertie.lab.kube.kubeconfig import KubeconfigError
from intertie.lab.world import World

PEM = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"


def config(user: dict[str, Any], **context: str) -> dict[str, Any]:
    found = kubeconfig.document("it", "https://127.0.0.1:1/", PEM, "unused")
    found["users"][0]["user"] = user
    found["contexts"][0]["context"] |= context
    return found


def tool(folder: Path, script: str) -> str:
    path = folder / "token-tool"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_what_the_lab_writes_it_reads_again(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    kubeconfig.write(path, "it", "https://127.0.0.1:6443", PEM, "secret")
    assert path.stat().st_mode & 0o777 == 0o600
    found = kubeconfig.access(kubeconfig.parse(str(path)))
    assert (found.server, found.authority, found.token) == ("https://127.0.0.1:6443", PEM, "secret")
    assert "secret" not in repr(found)


@pytest.mark.parametrize("dump", [json.dumps, yaml.safe_dump])
def test_content_may_be_json_or_yaml(dump: Any) -> None:
    found = kubeconfig.access(kubeconfig.parse(dump(config({"token": "t"}, namespace="mine"))))
    assert (found.token, found.namespace) == ("t", "mine")


def test_a_client_certificate_is_read_from_data(tmp_path: Path) -> None:
    encoded = base64.b64encode(b"pem").decode()
    found = kubeconfig.access(config({"client-certificate-data": encoded, "client-key-data": encoded}))
    assert (found.certificate, found.key, found.token) == ("pem", "pem", "")


def test_a_program_is_asked_for_a_token_with_its_arguments_and_environment(tmp_path: Path) -> None:
    script = """echo "{\\"status\\": {\\"token\\": \\"$1-$REGION\\"}}" """
    plugin = {
        "command": tool(tmp_path, script),
        "args": ["get"],
        "env": [{"name": "REGION", "value": "here"}],
        "apiVersion": "client.authentication.k8s.io/v1beta1",
    }
    assert kubeconfig.access(config({"exec": plugin})).token == "get-here"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("no-such-program-anywhere", "executable no-such-program-anywhere not found"),
        ("exit 7", "failed with exit code 7"),
        ("echo nothing", "printed no ExecCredential"),
    ],
)
def test_a_program_that_gives_no_token_says_why(tmp_path: Path, command: str, message: str) -> None:
    path = command if command.startswith("no-") else tool(tmp_path, command)
    with pytest.raises(KubeconfigError, match=message):
        kubeconfig.access(config({"exec": {"command": path}}))


@pytest.mark.parametrize("text", ["", "[]", "clusters: []", "{", "\x00", "just words"])
def test_what_is_no_kubeconfig_is_refused(text: str) -> None:
    with pytest.raises(KubeconfigError):
        kubeconfig.access(kubeconfig.parse(text))


def test_a_context_or_cluster_that_does_not_exist_is_named() -> None:
    found = config({"token": "t"})
    with pytest.raises(KubeconfigError, match="context 'other' does not exist"):
        kubeconfig.access(found, "other")
    found["contexts"][0]["context"]["cluster"] = "gone"
    with pytest.raises(KubeconfigError, match="cluster 'gone' does not exist"):
        kubeconfig.access(found)


def test_a_kubeconfig_that_leads_nowhere_is_unreachable_and_no_error(tmp_path: Path) -> None:
    world = World(tmp_path / "world.db")
    for text, reason in (
        ("", "never takes a person's own kubeconfig"),
        ("nonsense", "failed to parse kubeconfig data"),
        (json.dumps(config({"token": "t"})), "unable to load schema information|failed to parse"),
    ):
        found = session.configure({"kubeconfig": text}, world)
        assert found.api is None or found.unreachable
        import re

        assert re.search(reason, found.unreachable), found.unreachable


def test_only_another_cluster_counts_as_another_cluster() -> None:
    one = {"kubeconfig": json.dumps(config({"token": "a"}))}
    renewed = {"kubeconfig": json.dumps(config({"token": "b"}))}
    moved = config({"token": "a"})
    moved["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:2"
    assert session.same_cluster(one, renewed)
    assert not session.same_cluster(one, {"kubeconfig": json.dumps(moved)})
