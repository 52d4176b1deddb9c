"""One lab per test process: its processes and files go with pytest's temporary folder."""

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


@pytest.fixture(scope="session")
def clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Simulated clouds without control planes: for previews, which reach no cluster."""
    with Lab(tmp_path_factory.mktemp("clouds") / "lab", kubernetes=False) as lab:
        yield lab
