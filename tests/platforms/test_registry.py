"""Platforms are found by name, described without their SDK, and missing parts are named."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from intertie import platforms
from intertie.errors import InputError, OutsideError
from intertie.platforms import registry
from intertie.spec.capacity import RESERVED_KINDS

FILES = {"__init__.py", "capabilities.py"}
CLOUD_FILES = FILES | {
    "network.py",
    "cluster.py",
    "pools.py",
    "identity.py",
    "storage.py",
    "addons.py",
    "reservation.py",
}


@pytest.mark.parametrize("name", registry.names())
def test_every_platform_describes_itself(name: str):
    known = registry.capabilities(name)
    assert known.name == name
    assert known.title
    assert known.cloud in {"aws", "azure", "gcp", "other"}
    assert set(known.creatable) <= {str(kind) for kind in RESERVED_KINDS}
    assert all(gap.endswith(".") for gap in known.gaps)
    assert (known.sdk is None) == (known.extra is None)


@pytest.mark.parametrize("name", registry.names())
def test_the_same_things_have_the_same_file_names_on_every_platform(name: str):
    folder = Path(platforms.__path__[0]) / name
    present = {file.name for file in folder.glob("*.py")}
    assert (FILES if registry.capabilities(name).sdk is None else CLOUD_FILES) <= present


def test_each_cloud_has_one_platform_that_makes_clusters():
    clouds = [known.cloud for known in map(registry.capabilities, registry.names()) if known.sdk is not None]
    assert sorted(clouds) == ["aws", "azure", "gcp"]


def test_an_unknown_platform_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match=r"there is no platform 'eksx'\. Did you mean 'eks'\? Platforms: .*eks"):
        registry.platform("eksx")


def test_a_name_that_resembles_none_is_refused_with_the_list():
    with pytest.raises(InputError, match=r"there is no platform 'nomad'\. Platforms: "):
        registry.capabilities("nomad")


@pytest.mark.parametrize("find", [registry.platform, registry.reservation])
def test_a_missing_sdk_is_named_with_the_extra_that_brings_it(find: Any, monkeypatch: pytest.MonkeyPatch):
    def without_aws(name: str, *rest: Any) -> Any:
        return None if name == "pulumi_aws" else find_spec(name, *rest)

    monkeypatch.setattr(registry.importlib.util, "find_spec", without_aws)
    with pytest.raises(OutsideError, match=r"Amazon EKS needs .*'pulumi_aws'.*pip install 'intertie\[aws\]'") as caught:
        find("eks")
    assert caught.value.exit_code == 3


def test_a_platform_that_reserves_nothing_says_where_to_reserve():
    with pytest.raises(InputError, match="cannot create reservations; reserve at the cloud"):
        registry.reservation("existing")


def test_describing_all_platforms_loads_no_cloud_sdk():
    program = (
        "import sys; from intertie.platforms import registry;"
        "[registry.capabilities(name) for name in registry.names()]; [registry.platform(n) for n in registry.names()];"
        "print([name for name in sys.modules if name.startswith('pulumi_') and '.' not in name])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
