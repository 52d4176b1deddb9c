"""Everything that a workload renders is taken by a real API server, with the definitions of the pinned releases."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from intertie.lab import crds
from intertie.lab.kube.client import Api, ApiError
from intertie.workload import render
from intertie.workload.components import table
from support.lab_clusters import supervised
from support.rendered import CASES, case

pytestmark = [pytest.mark.kubernetes, pytest.mark.xdist_group("lab-workload")]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with supervised(tmp_path_factory.mktemp("workload") / "lab") as lab:
        api = lab.cluster("c", "aws")
        for component in crds.components():
            if component not in ("gateway-api",):  # Envoy Gateway brings the same kinds
                found = crds.install(api, component)
                assert found.checked or component in UNCHECKED, found.note
        for namespace in {row.namespace for row in table()}:  # that their charts make
            about = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
            api.apply(about, "intertie-test", force=True)
        yield api


UNCHECKED = ("amd-gpu-operator", "azure-prometheus", "google-compute-class", "google-prometheus", "network-operator")
"""Components whose definitions cannot be had: their objects are taken without being looked at."""


def refused(api: Api, body: dict[str, Any]) -> str:
    """What the server says against an object; "" when it takes it. Unknown fields are refused, not dropped."""
    plain = json.loads(json.dumps(body))
    try:
        api.apply(plain, "intertie-test", force=True)
    except ApiError as error:
        return f"{plain['kind']} {plain['metadata']['name']}: {error}"
    return ""


@pytest.mark.parametrize("name", CASES)
def test_the_api_server_takes_every_object_of_a_case(api: Api, name: str) -> None:
    said = [text for made in render(*case(name)) if (text := refused(api, dict(made.body)))]
    assert said == []


def test_the_api_server_refuses_a_misspelt_field_of_a_custom_resource(api: Api) -> None:
    (store,) = [made for made in render(*case("secrets")) if made.kind == "SecretStore"]
    broken = json.loads(json.dumps(store.body))
    broken["spec"]["provder"] = broken["spec"].pop("provider")
    assert "provder" in refused(api, broken)
