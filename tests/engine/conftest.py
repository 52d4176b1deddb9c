"""Labs for tests: their processes and files go with the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from intertie.lab import home
from intertie.lab.home import Home
from intertie.lab.session import Lab


@pytest.fixture(scope="session")
def lab_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A Pulumi home, a backend and a world, with no processes."""
    return home.create(tmp_path_factory.mktemp("lab") / "lab")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder, to be left as it is."""
    return Path(__file__).parents[2]


@pytest.fixture
def clouds(tmp_path: Path) -> Iterator[Lab]:
    """Simulated clouds without control planes: for what reaches no cluster."""
    with Lab(tmp_path / "lab", kubernetes=False) as lab:
        yield lab


@pytest.fixture
def organisation(tmp_path: Path) -> Iterator[Lab]:
    """Simulated clouds, and a real control plane for every cluster."""
    with Lab(tmp_path / "lab") as lab:
        yield lab
