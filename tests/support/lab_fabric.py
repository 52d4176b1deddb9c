"""A replica over several machines that a fabric joins, applied to a real control plane."""

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

_CLAIM = {"kind": "reservation", "id": "large-h200", "machine": "a3-ultragpu-8g", "zone": "us-central1-b", "count": 2}


_CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "large-gcp": (
        {"accelerators": ["h200"], "parallelism": {"tensor": 8, "pipeline": 2}},
        {"capacity": {"generate": [_CLAIM]}},
    ),
    "large-azure": ({}, {}),
}
"""What is different from the sample, in its stage and in the placement: on GKE, two A3 Ultra machines of eight H200."""


def described(folder: Path, placement: str) -> Path:
    """The sample whose replicas span machines, at one placement that serves."""
    data: dict[str, Any] = yaml.safe_load((ROOT / "stacks" / "specs" / "large.yaml").read_text(encoding="utf-8"))
    (stage,) = data["stages"]
    of_stage, of_placement = _CHANGES[placement]
    stage |= of_stage
    here = data["placements"][placement] | {"role": "primary", "tier": "hot", **of_placement}
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "large.yaml"
    file.write_text(yaml.safe_dump({**data, "placements": {placement: here}}, sort_keys=False), encoding="utf-8")
    return file


@contextmanager
def serving(folder: Path, placement: str) -> Iterator[Applied]:
    """The stack in a lab of its own, when its pods are ready or a minute has passed."""
    file = described(folder, placement)
    plan = resolve(read_file(file), placement)
    told = {**config_of(placement), "inference:spec": str(file)}
    graph = record(ROOT / "stacks" / "__main__.py", project="inference", stack=placement, config=told)
    with supervised(folder / "lab") as lab:
        own = pools_of(graph, "c")
        lab.cluster("c", plan.cloud, own, plan.region)
        session = connect(lab.kubeconfig("c"), lab.home.world)
        found = Applied(lab, graph, plan, own, deploy(graph, session, lab.home.world))
        with contextlib.suppress(AssertionError):  # what is missing then is for the tests to say
            wait_for(lambda: found.complete, 60)
        yield found
