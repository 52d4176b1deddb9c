"""Every accelerator × cloud × capacity kind: a plan, or exactly the problem that the facts call for."""

from itertools import product
from typing import Any

import pytest

from intertie import catalog
from intertie.spec import CapacityKind
from support.pipelines import only_problem, pipeline, planned, shown_in

ACCELERATORS = [row.name for row in catalog.accelerators()]
KINDS = [kind.value for kind in CapacityKind]
CELLS = list(product(catalog.CLOUDS, ACCELERATORS, KINDS))
GROUP = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Compute/capacityReservationGroups/g"
IDS = {"odcr": "cr-0abc", "capacity-block": "cr-0abc", "crg": GROUP, "azure-block": GROUP}
WINDOW = {"start": "2027-02-01T11:30:00Z", "end": "2027-02-08T11:30:00Z"}
OWN = {
    "runtime": "custom", "image": "ghcr.io/acme/own:1", "model": None, "accelerator_count": 1,
    "replicas": {"min": 0, "max": 2},
}  # fmt: skip


def sold(cloud: str, accelerator: str, kind: str) -> list[catalog.Machine]:
    return [row for row in catalog.machines(cloud, accelerator) if kind in row.kinds]


def zone(cloud: str, region: str, machine: str) -> str:
    offering = catalog.offered(cloud, region, machine)
    known = (offering.zones if offering else ()) or catalog.region(cloud, region).zones
    return known[0] if known else {"aws": f"{region}a", "azure": "1", "gcp": f"{region}-a"}[cloud]


def claim(cloud: str, accelerator: str, kind: str, region: str) -> dict[str, Any]:
    """A step with everything that its kind may ask for."""
    rows = sold(cloud, accelerator, kind) or list(catalog.machines(cloud, accelerator))
    shown = [row for row in rows if catalog.offered(cloud, region, row.name) is not None] or rows
    step: dict[str, Any] = {"kind": kind, "count": 4}
    if shown:
        step["machine"] = shown[0].name
    elif kind == "capacity-block":
        step["machine"] = "p5.48xlarge"
    step["zone"] = zone(cloud, region, step.get("machine", ""))
    if kind not in ("on-demand", "spot", "flex-start"):
        step["id"] = IDS.get(kind, "a-reservation")
    if kind in ("capacity-block", "azure-block", "future-reservation"):
        step |= WINDOW
    return step


def test_the_matrix_is_as_large_as_the_catalogue() -> None:
    assert len(CELLS) == len(catalog.CLOUDS) * len(ACCELERATORS) * len(KINDS)
    assert len(catalog.CLOUDS) >= 3
    assert len(ACCELERATORS) >= 6
    assert len(KINDS) == 9


@pytest.mark.parametrize(("cloud", "accelerator", "kind"), CELLS)
def test_a_cell_is_a_plan_or_the_right_problem(cloud: str, accelerator: str, kind: str) -> None:
    region = shown_in(cloud, accelerator, kind) or shown_in(cloud, accelerator) or catalog.regions(cloud)[0].name
    step = claim(cloud, accelerator, kind, region)
    changes: dict[str, Any] = {
        "stage": {**OWN, "accelerators": [accelerator]},
        "where": {"region": region, "capacity": {"generate": [step]}},
    }
    if catalog.kind_rule(cloud, kind) is None:
        found = only_problem(pipeline(cloud, **changes))
        assert found.path == "placements.here.capacity.generate[0].kind"
        assert found.found == kind
    elif not catalog.machines(cloud, accelerator):
        found = only_problem(pipeline(cloud, **changes))
        assert (
            found.hint == f"{accelerator}: no machine type of {cloud} has it" if "machine" not in step else found.hint
        )
        assert found.path == "stages[1].accelerators"
    elif not sold(cloud, accelerator, kind):
        found = only_problem(pipeline(cloud, **changes))
        assert found.path == "stages[1].accelerators"
        assert f"{step['machine']} cannot be had as {kind}" in found.hint
    else:
        pool = planned(cloud, **changes).accelerator_pools()[0]
        assert (pool.kind, pool.accelerator, pool.machine) == (kind, accelerator, step["machine"])
        assert pool.zones == (step["zone"],)
        assert pool.max_nodes == 4


def test_every_kind_of_reserved_capacity_has_a_legal_cell() -> None:
    legal = {
        kind for cloud, accelerator, kind in CELLS if catalog.kind_rule(cloud, kind) and sold(cloud, accelerator, kind)
    }
    assert legal == set(KINDS)


def served() -> list[tuple[str, str, str]]:
    """Cloud, accelerator and a precision that both the accelerator and the pinned image can do."""
    cells = []
    for cloud, row in product(catalog.CLOUDS, catalog.accelerators()):
        image = catalog.runtime_image("vllm", row.vendor, row.name)
        both = [name for name in row.precisions if image is not None and name in image.precisions and name != "fp32"]
        if both and shown_in(cloud, row.name):
            cells.append((cloud, row.name, both[0]))
    return cells


@pytest.mark.parametrize(("cloud", "accelerator", "precision"), served())
def test_a_small_model_is_planned_on_every_accelerator_that_is_shown(
    cloud: str, accelerator: str, precision: str
) -> None:
    model = {"id": "acme/own", "parameters": "1e9", "precision": precision, "context": 2048, "concurrency": 2}
    plan = planned(
        cloud,
        where={"region": shown_in(cloud, accelerator)},
        stage={"model": model, "accelerators": [accelerator], "replicas": {"min": 0, "max": 2}},
    )
    stage = plan.stage("generate")
    assert (stage.accelerator, stage.vendor) == (accelerator, catalog.accelerator(accelerator).vendor)
    assert stage.sizing is not None
    assert stage.sizing.nodes == 1
    assert {pool.kind for pool in plan.accelerator_pools()} <= {"on-demand", "spot"}


@pytest.mark.parametrize("accelerator", ["t4", "a10g", "a100-40gb", "a100-80gb"])
def test_fp8_is_refused_where_the_hardware_does_not_compute_it(accelerator: str) -> None:
    model = {"id": "acme/own", "parameters": "1e9", "precision": "fp8"}
    found = only_problem(pipeline("aws", stage={"model": model, "accelerators": [accelerator]}))
    assert found.path == "stages[1].accelerators"
    assert f"{accelerator}: it does not compute fp8" in found.hint
