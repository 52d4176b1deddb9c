"""Good stacks of all clouds in different styles: nothing is to be said about them, by neither pack, at no level."""

import subprocess
import sys
from pathlib import Path

import pytest

from intertie_policies import config, registry
from intertie_policies.engine import Judge
from intertie_policies.reading import read
from intertie_policies.testing import TODAY

STACKS = Path(__file__).parent / "good_stacks"
NAMES = sorted(file.stem for file in STACKS.glob("*.py"))
RECORD = """
import json, sys
from pathlib import Path
from intertie.graph import record
graph = record(Path(sys.argv[1]), "inference", "production")
print(json.dumps([{**each.to_json(), "props": dict(each.inputs)} for each in graph]))
"""


@pytest.fixture(scope="module", params=NAMES)
def recorded(request: pytest.FixtureRequest) -> str:
    """What a stack registers, as JSON. Each is recorded on its own: no stack loads another cloud's SDK."""
    file = STACKS / f"{request.param}.py"
    done = subprocess.run([sys.executable, "-c", RECORD, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("pack", ["baseline", "production"])
def test_no_pack_says_anything_about_a_good_stack(recorded: str, pack: str) -> None:
    import json

    resources = read(json.loads(recorded), "good stack")
    assert len(resources.nodes) > 5
    configuration = config.read_file(STACKS / "policy.json", registry.ids())
    report = Judge(pack, configuration, stack="production", today=TODAY).everything(resources.nodes)
    assert [f"{each.rule}: {each.name}: {each.message}" for each in report.results] == []
    assert report.passed > len(resources.nodes)


def test_each_cloud_has_four_good_stacks_and_kubernetes_two() -> None:
    found = {cloud: sum(name.startswith(cloud) for name in NAMES) for cloud in ("eks", "aks", "gke", "kubernetes")}
    assert found["eks"] >= 4, found
    assert found["aks"] >= 4, found
    assert found["gke"] >= 4, found
    assert found["kubernetes"] >= 2, found
