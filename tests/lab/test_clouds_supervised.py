"""Simulated clouds with real control planes behind their clusters: addresses, certificates, nodes, and their end."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from intertie.lab.kube.client import Api
from intertie.lab.kube.kubeconfig import Access
from intertie.lab.session import Lab
from support.clouds import (
    NODE_POLICIES,
    Provider,
    aks_cluster,
    aws_network,
    aws_role,
    azure_network,
    eks_cluster,
    eks_group,
    gke_cluster,
)
from support.programs import wait_until

pytestmark = [pytest.mark.kubernetes, pytest.mark.engine]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "lab") as lab:
        yield lab


def test_an_eks_cluster_has_the_address_of_a_real_api_server_and_nodes_join_it(lab: Lab) -> None:
    aws = Provider("aws", lab.folder)
    _, subnets = aws_network(aws)
    cluster = eks_cluster(aws, subnets)
    assert cluster["endpoint"].startswith("https://127.0.0.1:")
    assert b"BEGIN CERTIFICATE" in base64.b64decode(cluster["certificateAuthority"]["data"])
    assert [each.state for each in aws.world.clusters()] == ["running"]
    eks_group(aws, "general", aws_role(aws, "nodes", *NODE_POLICIES), subnets)
    authority = base64.b64decode(cluster["certificateAuthority"]["data"]).decode()
    api = Api(Access(cluster["endpoint"], authority, (lab.folder / "token").read_text()))
    wait_until(lambda: [each["metadata"]["labels"] for each in api.items("/api/v1/nodes")] != [])
    labels = api.items("/api/v1/nodes")[0]["metadata"]["labels"]
    assert labels["eks.amazonaws.com/nodegroup"] == "general"
    assert labels["node.kubernetes.io/instance-type"] == "m7i.xlarge"
    api.close()
    aws.delete("aws:eks/nodeGroup:NodeGroup", "general", "prod:general")
    aws.delete("aws:eks/cluster:Cluster", "cluster", "prod")
    assert not aws.world.clusters()  # its control plane has ended, and the world forgot it


def test_aks_and_gke_hand_out_addresses_in_their_own_places(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERTIE_LAB", str(lab.folder))
    azure = Provider("azure-native", lab.folder)
    aks = aks_cluster(azure, azure_network(azure))
    assert aks["fqdn"].startswith("127.0.0.1:")
    token = "azure-native:containerservice:listManagedClusterUserCredentials"
    answer = azure.invoke(token, resourceGroupName="rg", resourceName="prod")
    config = json.loads(base64.b64decode(answer["kubeconfigs"][0]["value"]))
    assert config["clusters"][0]["cluster"]["server"] == f"https://{aks['fqdn']}"
    gke = gke_cluster(Provider("gcp", lab.folder))
    endpoint = gke["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"]
    assert endpoint == gke["endpoint"]
    assert endpoint.startswith("127.0.0.1:")
