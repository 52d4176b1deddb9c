"""One simulated cloud for one test, with nothing in it or with a cluster that is ready for pools."""

from pathlib import Path
from typing import Any

import pytest

from support.clouds import Eks, Provider, aks_cluster, azure_network, gke_cluster


@pytest.fixture
def aws(tmp_path: Path) -> Provider:
    return Provider("aws", tmp_path)


@pytest.fixture
def azure(tmp_path: Path) -> Provider:
    return Provider("azure-native", tmp_path)


@pytest.fixture
def gcp(tmp_path: Path) -> Provider:
    return Provider("gcp", tmp_path)


@pytest.fixture
def eks(tmp_path: Path) -> Eks:
    return Eks(tmp_path)


@pytest.fixture
def aks(azure: Provider) -> Provider:
    aks_cluster(azure, azure_network(azure))
    return azure


@pytest.fixture
def gke(gcp: Provider) -> tuple[Provider, dict[str, Any]]:
    return gcp, gke_cluster(gcp)
