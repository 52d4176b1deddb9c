"""Every accelerator × cloud × kind of capacity: what is legal renders clean, what is not is the right problem.

The catalogue says which combinations exist; each that does is planned, recorded through the cloud's own platform and
checked against its SDK. Each that does not must be refused, and the refusal must speak of the accelerator or the kind.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from intertie import InferencePipeline, catalog
from intertie.errors import PlanError
from intertie.graph import check, record
from intertie.plan import resolve
from intertie.spec import CapacityKind, read_data
from support.plans import DIGEST

KINDS = tuple(str(kind) for kind in CapacityKind)
REFERENCE = {
    "odcr": {"id": "cr-0a1b2c3d4e5f60718"},
    "capacity-block": {"id": "cr-0a1b2c3d4e5f60718", "start": "2027-01-11T11:30:00Z", "end": "2027-01-18T11:30:00Z"},
    "crg": {"id": "/subscriptions/0000/resourceGroups/acme/providers/Microsoft.Compute/capacityReservationGroups/gpus"},
    "azure-block": {
        "id": "/subscriptions/0000/resourceGroups/acme/providers/Microsoft.Compute/capacityReservationGroups/gpus",
        "start": "2027-01-11T11:30:00Z",
        "end": "2027-01-18T11:30:00Z",
    },
    "reservation": {"id": "acme-gpus"},
    "future-reservation": {"id": "acme-gpus", "start": "2027-01-11T00:00:00Z", "end": "2027-02-11T00:00:00Z"},
}
"""What a claim of each reserved kind must say, beyond machine, zone and count."""


def places(cloud: str, accelerator: str, kind: str) -> Iterator[tuple[catalog.Machine, str, str]]:
    """(machine, region, zone) where the accelerator can be had by the kind.

    Where no source shows a machine in any region, the user's naming it is the evidence, and any region will do.
    """
    for machine in catalog.machines(cloud, accelerator):
        if kind in machine.kinds:
            shown = [(offering.region, offering.zones) for offering in catalog.offerings(cloud, machine.name)]
            for region, zones in shown or [(SOMEWHERE[cloud], ())]:
                yield machine, region, zones[0] if zones else zone_of(cloud, region)


SOMEWHERE = {"aws": "us-east-1", "azure": "eastus", "gcp": "us-central1"}


def zone_of(cloud: str, region: str) -> str:
    return {"aws": f"{region}a", "azure": "1", "gcp": f"{region}-b"}[cloud]


def described(cell: tuple[str, str, str], machine: str, region: str, zone: str) -> dict[str, Any]:
    """One custom stage on one accelerator by one kind of capacity, standing by: a queue cannot hold a floor alone."""
    cloud, accelerator, kind = cell
    claim = {"kind": kind, "machine": machine, "zone": zone, "count": 1, **REFERENCE.get(kind, {})}
    return {
        "name": "matrix",
        "owner": "search-platform",
        "cost_center": "ml-4711",
        "environment": "development",
        "residency": [catalog.region(cloud, region).jurisdiction],
        "stages": [
            {
                "name": "serve",
                "image": f"ghcr.io/acme/serve@{DIGEST}",
                "accelerators": [accelerator],
                "accelerator_count": 1,
                "replicas": 1,
            }
        ],
        "placements": {
            "here": {
                "cloud": cloud,
                "region": region,
                "tier": "pilot",
                "registry": "mirror.example.com/acme",  # where drivers that are built in the cluster are kept
                "capacity": {"serve": [claim]},
            }
        },
    }


def cells() -> list[tuple[str, str, str]]:
    names = [accelerator.name for accelerator in catalog.accelerators()]
    return [(cloud, name, kind) for cloud in catalog.CLOUDS for name in names for kind in KINDS]


def first(cloud: str, accelerator: str, kind: str) -> tuple[catalog.Machine, str, str] | None:
    return next(places(cloud, accelerator, kind), None)


LEGAL = [cell for cell in cells() if first(*cell)]
ILLEGAL = [cell for cell in cells() if not first(*cell)]


def grouped(some: list[tuple[str, str, str]]) -> list[Any]:
    """Cells of one cloud run in one process: loading its SDK is what costs time."""
    return [pytest.param(*cell, marks=pytest.mark.xdist_group(f"matrix-{cell[0]}"), id="-".join(cell)) for cell in some]


@pytest.mark.parametrize(("cloud", "accelerator", "kind"), grouped(LEGAL))
def test_a_combination_that_a_cloud_sells_renders_clean(cloud: str, accelerator: str, kind: str) -> None:
    found = first(cloud, accelerator, kind)
    assert found is not None
    machine, region, zone = found
    data = described((cloud, accelerator, kind), machine.name, region, zone)
    data["stages"][0]["accelerator_count"] = machine.count  # TPU machines are taken whole
    spec = read_data(data)
    graph = record(
        lambda: InferencePipeline("matrix", {"spec": spec, "placement": "here"}) and None,
        project="inference",
        stack="here",
        config={"gcp:project": "acme-inference"},
        root_directory=Path(),
    )
    assert [str(finding) for finding in check(graph)] == []
    assert any(accelerator in str(resource.inputs) for resource in graph.resources), "no pool says what it holds"


@pytest.mark.parametrize(("cloud", "accelerator", "kind"), grouped(ILLEGAL))
def test_a_combination_that_no_cloud_sells_is_refused_for_that_reason(cloud: str, accelerator: str, kind: str) -> None:
    others = {"aws": "p5.48xlarge", "azure": "Standard_ND96isr_H100_v5", "gcp": "a3-highgpu-8g"}
    machine = next((machine.name for machine in catalog.machines(cloud, accelerator)), others[cloud])
    region = next((offering.region for offering in catalog.offerings(cloud, machine)), SOMEWHERE[cloud])
    spec = read_data(described((cloud, accelerator, kind), machine, region, zone_of(cloud, region)))
    with pytest.raises(PlanError) as refused:
        resolve(spec, "here")
    said = str(refused.value)
    assert kind in said or accelerator in said, said


def test_the_matrix_is_large_enough() -> None:
    assert {cloud for cloud, _, _ in LEGAL} == set(catalog.CLOUDS)
    for cloud in catalog.CLOUDS:
        assert len({accelerator for one, accelerator, _ in LEGAL if one == cloud}) >= 6
        assert len({kind for one, _, kind in LEGAL if one == cloud}) >= 4
    assert len(LEGAL) + len(ILLEGAL) == 3 * len(catalog.accelerators()) * 9
