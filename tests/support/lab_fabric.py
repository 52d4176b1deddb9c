"""A replica over several RDMA machines of GKE, applied to a real control plane."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from intertie.graph import record
from intertie.plan import resolve
from intertie.spec import read_file
from support.lab_clusters import supervised, wait_for
from support.lab_pools import pools_of
from support.lab_samples import Applied
from support.lab_stacks import connect, deploy
from support.stacks import ROOT, config_of

PLACEMENT = "large-gcp"
_CLAIM = {"kind": "reservation", "id": "large-h200", "machine": "a3-ultragpu-8g", "zone": "us-central1-b", "count": 2}


def described(folder: Path) -> Path:
    """The sample whose replicas span machines, on A3 Ultra instead and serving: two machines of eight H200 each."""
    data: dict[str, Any] = yaml.safe_load((ROOT / "stacks" / "specs" / "large.yaml").read_text(encoding="utf-8"))
    (stage,) = data["stages"]
    stage |= {"accelerators": ["h200"], "parallelism": {"tensor": 8, "pipeline": 2}}
    here = data["placements"][PLACEMENT] | {"role": "primary", "tier": "hot", "capacity": {"generate": [_CLAIM]}}
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "large.yaml"
    file.write_text(yaml.safe_dump({**data, "placements": {PLACEMENT: here}}, sort_keys=False), encoding="utf-8")
    return file


@contextmanager
def serving(folder: Path) -> Iterator[Applied]:
    """The stack in a lab of its own, when its pods are ready or a minute has passed."""
    file = described(folder)
    plan = resolve(read_file(file), PLACEMENT)
    told = {**config_of(PLACEMENT), "inference:spec": str(file)}
    graph = record(ROOT / "stacks" / "__main__.py", project="inference", stack=PLACEMENT, config=told)
    with supervised(folder / "lab") as lab:
        own = pools_of(graph, "c")
        lab.cluster("c", plan.cloud, own, plan.region)
        session = connect(lab.kubeconfig("c"), lab.home.world)
        found = Applied(lab, graph, plan, own, deploy(graph, session, lab.home.world))
        with contextlib.suppress(AssertionError):  # what is missing then is for the tests to say
            wait_for(lambda: found.complete, 60)
        yield found
