"""What a deployer is allowed on Azure and Google names what the clouds' own published clients name.

Neither cloud publishes its list of actions as a package; their clients name resource types and operations, which the
actions are called after. What no client names is listed here, each with where it comes from.
"""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from intertie.platforms.rights import every

_URL = re.compile(r'"(/[^"\s]*/providers/[^"\s]*)"')
_METHOD = re.compile(r"^    def ([a-z_]+)\(", re.MULTILINE)

UNPUBLISHED = {
    "microsoft.authorization/locks": "management locks",
    "microsoft.insights/diagnosticsettings": "extension of every resource",
    "microsoft.operationsmanagement/solutions": "what AKS asks of whoever turns on Container insights",
    "microsoft.resources/subscriptions/resourcegroups": "its address has no provider",
}
"""Resource types of Azure that no installed client has an address of."""

LINKED = {"assign", "deploy", "join", "peer", "privateEndpointConnectionsApproval"}
"""Actions of Azure that are asked for where another resource points at this one: no operation is called so."""

SERVICES = {
    "artifactregistry": "artifactregistry_v1",
    "cloudkms": "kms_v1",
    "compute": "compute_v1",
    "container": "container_v1",
    "iam": "iam_admin_v1",
    "logging": "logging_v2",
    "monitoring": "monitoring_v3",
    "secretmanager": "secretmanager_v1",
    "serviceusage": "service_usage_v1",
}
"""Service of a permission → the client of that API."""

NO_METHOD = {"actAs", "connect", "generateServiceIdentity", "getCredentials", "updatePolicy", "use"}
"""Verbs of Google's permissions that other operations ask for, or those of a beta API."""


@cache
def addresses() -> frozenset[str]:
    """Resource types and operations of every address in Azure's clients, in lower case, without names."""
    spec = find_spec("azure.mgmt")
    assert spec is not None
    found: set[str] = set()
    for folder in spec.submodule_search_locations or ():
        for file in Path(folder).rglob("*.py"):
            for url in _URL.findall(file.read_text(encoding="utf-8")):
                parts = url.rpartition("/providers/")[2].lower().split("/")
                found.add("/".join(part for part in parts if not part.startswith("{") and part != "default"))
    return frozenset(found)


def test_every_resource_type_of_azure_is_one_of_azures_own_clients() -> None:
    types = {action.rpartition("/")[0].lower() for action in every("aks") if not action.endswith("/action")}
    asked = {each for each in types if each != "microsoft.operationalinsights/workspaces/sharedkeys"}
    assert len(asked) > 25
    assert asked - addresses() == set(UNPUBLISHED)


def test_every_action_of_azure_is_an_operation_or_asked_for_by_what_points_there() -> None:
    for action in every("aks"):
        if action.endswith("/action"):
            name = action.removesuffix("/action")
            assert name.lower() in addresses() or name.rpartition("/")[2] in LINKED, action


@cache
def methods(module: str) -> frozenset[str]:
    """Methods of all clients of one of Google's APIs; of Compute Engine with the resource: `networks.insert`."""
    spec = find_spec("google.cloud")
    assert spec is not None
    found: set[str] = set()
    for folder in spec.submodule_search_locations or ():
        for file in Path(folder).glob(f"{module}/services/*/client.py"):
            names = _METHOD.findall(file.read_text(encoding="utf-8"))
            found |= {f"{file.parent.name}.{name}" for name in names} if module == "compute_v1" else set(names)
    return frozenset(found)


def _snake(text: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), text)


def _called(service: str, resource: str, verb: str) -> set[str]:
    """How a client may call what a permission allows."""
    many = _snake(resource)
    one = many.removesuffix("ies") + "y" if many.endswith("ies") else many.removesuffix("s")
    if service == "compute":
        others = {"create": ("insert",), "update": ("patch", "update")}.get(verb, (_snake(verb),))
        return {f"{many}.{each}" for each in others}
    if verb.endswith("IamPolicy"):
        return {_snake(verb)}
    return {f"{_snake(verb)}_{each}" for each in (one, many)}


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_permission_of_google_is_an_operation_of_googles_own_client(service: str) -> None:
    asked = [permission.split(".") for permission in every("gke") if permission.startswith(f"{service}.")]
    known = methods(SERVICES[service])
    assert asked
    assert known, "the client is installed"
    wrong = [
        f"{service}.{resource}.{verb}"
        for _, resource, verb in asked
        if verb not in NO_METHOD and not _called(service, resource, verb) & known
    ]
    assert wrong == []
