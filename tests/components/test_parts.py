"""The parts that can be used without the whole: clusters, workload, reservation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from intertie import AksCluster, CapacityReservation, EksCluster, GkeCluster, InferencePipeline, InferenceWorkload
from intertie.errors import InputError, IntertieError, PlanError
from intertie.graph import Graph, check, record
from support.plans import DIGEST, spec_data

POOLS = {"pools": [{"name": "gpu", "accelerator": "h100", "per_node": 8, "labels": {"acme.example/gpu": "h100"}},
                   {"name": "workers", "labels": {"acme.example/role": "worker"}}]}  # fmt: skip
RESERVED = {"machine": "p5.48xlarge", "zone": "us-east-1b", "count": 2.0}


def run(program: Callable[[], Any]) -> Graph:
    def nothing_returned() -> None:
        program()

    return record(nothing_returned, "inference", "here", {"gcp:project": "acme"}, root_directory=Path())


def described(cloud: str, **changes: Any) -> dict[str, Any]:
    here = {"cloud": cloud, "region": {"aws": "us-east-1", "azure": "swedencentral", "gcp": "europe-west4"}[cloud]}
    return spec_data(cloud, placements={"here": here | changes})


def args(cloud: str, more: dict[str, Any] | None = None, **changes: Any) -> Any:
    """What a component is given for a placement, with `more` beside it."""
    return {"spec": described(cloud, **changes), "placement": "here", **(more or {})}


@pytest.mark.parametrize(("component", "cloud"), [(EksCluster, "aws"), (AksCluster, "azure"), (GkeCluster, "gcp")])
def test_a_cluster_alone_registers_no_stage_of_the_pipeline(component: Any, cloud: str) -> None:
    graph = run(lambda: component("solo", args(cloud)))
    assert [str(finding) for finding in check(graph)] == []
    assert not [r for r in graph.resources if r.type == "kubernetes:apps/v1:Deployment"]


def test_a_workload_runs_on_the_handle_of_a_cluster_component() -> None:
    def program() -> None:
        cluster = GkeCluster("solo", args("gcp"))
        InferenceWorkload("work", args("gcp", {"handle": cluster.handle}))

    graph = run(program)
    assert {r.name for r in graph.resources if r.type == "kubernetes:apps/v1:Deployment"} == {
        "work-prepare-deployment", "work-generate-deployment",
    }  # fmt: skip


def test_a_workload_runs_on_an_adopted_cluster_by_its_kubeconfig_alone() -> None:
    def program() -> None:
        kubeconfig = pulumi.Output.secret("apiVersion: v1")
        InferenceWorkload("work", args("gcp", {"kubeconfig": kubeconfig}, adopt=POOLS))

    graph = run(program)
    assert {r.type.split(":")[0] for r in graph.resources} <= {"pulumi", "kubernetes", "intertie"}


def test_a_workload_without_a_cluster_says_what_to_give_it() -> None:
    with pytest.raises(InputError, match="give the `handle` of a cluster component"):
        run(lambda: InferenceWorkload("work", args("gcp")))


def test_a_cluster_component_of_another_platform_refuses_the_placement() -> None:
    with pytest.raises(InputError, match="EksCluster builds on eks, but placement 'here' is on gke"):
        run(lambda: EksCluster("solo", args("gcp")))


def test_a_cold_placement_has_artifacts_and_identity_but_no_cluster() -> None:
    graph = run(lambda: InferencePipeline("chat", args("aws", tier="cold")))
    types = {r.type for r in graph.resources}
    assert "aws:s3/bucket:Bucket" in types
    assert not types & {"aws:eks/cluster:Cluster", "kubernetes:core/v1:Namespace", "pulumi:providers:kubernetes"}


@pytest.mark.parametrize(
    ("cloud", "type_", "machine", "zone"),
    [
        ("aws", "aws:ec2/capacityReservation:CapacityReservation", "p5.48xlarge", "us-east-1b"),
        ("azure", "azure-native:compute:CapacityReservation", "Standard_NC24ads_A100_v4", "1"),
        ("gcp", "gcp:compute/reservation:Reservation", "a3-highgpu-8g", "europe-west4-b"),
    ],
)
def test_a_reservation_is_protected_and_outlives_the_stack(cloud: str, type_: str, machine: str, zone: str) -> None:
    wanted = args(cloud, {"machine": machine, "zone": zone, "count": 2.0})
    graph = run(lambda: CapacityReservation("gpus", wanted))
    reserved = next(r for r in graph.resources if r.type == type_)
    assert (reserved.protect, reserved.retain_on_delete) == (True, True)
    assert [str(finding) for finding in check(graph)] == []


@pytest.mark.parametrize("count", [0, -1, 1.5, True, 10_001])
def test_a_reservation_of_no_whole_number_of_machines_is_refused(count: float) -> None:
    with pytest.raises(InputError, match="whole number of machines"):
        run(lambda: CapacityReservation("gpus", args("aws", {**RESERVED, "count": count})))


@pytest.mark.parametrize(
    ("cloud", "machine", "zone", "ends"),
    [
        ("aws", "p5.48xlarge", "us-east-1b", {"endDateType": "limited", "endDate": "2027-01-31T00:00:00Z"}),
        ("gcp", "a3-highgpu-8g", "europe-west4-b", {"deleteAtTime": "2027-01-31T00:00:00Z"}),
    ],
)
def test_a_reservation_can_end_by_itself(cloud: str, machine: str, zone: str, ends: dict[str, str]) -> None:
    wanted = {"machine": machine, "zone": zone, "count": 2.0}
    limited = run(lambda: CapacityReservation("gpus", args(cloud, {**wanted, "until": "2027-01-31T01:00:00+01:00"})))
    endless = run(lambda: CapacityReservation("gpus", args(cloud, wanted)))
    made, kept = (next(r for r in graph if r.name == "gpus-reservation").inputs for graph in (limited, endless))
    assert {key: made[key] for key in ends} == ends
    assert not [key for key in ends if kept.get(key) == ends[key]]
    assert check(limited) == ()


def test_azures_reservations_have_no_end() -> None:
    wanted = {"machine": "Standard_NC24ads_A100_v4", "zone": "1", "count": 2.0, "until": "2027-01-31T00:00:00Z"}
    with pytest.raises(InputError, match="`until` must be left out: Azure keeps a reservation until somebody ends it"):
        run(lambda: CapacityReservation("gpus", args("azure", wanted)))


@pytest.mark.parametrize("until", ["soon", "2027-01-31", "2027-01-31T00:00:00", 7])
def test_an_end_without_a_time_or_a_zone_is_refused(until: Any) -> None:
    with pytest.raises(InputError, match="`until` must be a date and time with its zone"):
        run(lambda: CapacityReservation("gpus", args("aws", {**RESERVED, "until": until})))


def test_a_description_whose_numbers_crossed_the_wire_as_doubles_is_the_same_description() -> None:
    def doubled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: doubled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [doubled(item) for item in value]
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    given = args("gcp")
    crossed: Any = {**given, "spec": doubled(given["spec"])}
    graphs = [run(lambda one=one: InferencePipeline("chat", one)) for one in (given, crossed)]
    assert graphs[0].to_json() == graphs[1].to_json()


@pytest.mark.parametrize("spec", ["specs/chat.yaml", None, 7, []])
def test_a_description_that_is_none_is_refused_with_what_it_must_be(spec: Any) -> None:
    with pytest.raises(InputError, match="must be a description"):
        run(lambda: InferencePipeline("chat", {"spec": spec, "placement": "here"}))


def test_a_description_that_is_an_output_is_refused_because_it_shapes_the_resources() -> None:
    with pytest.raises(InputError, match="must be plain data, not an output"):
        run(lambda: InferencePipeline("chat", {"spec": pulumi.Output.from_input({}), "placement": "here"}))


def test_every_problem_of_a_plan_reaches_the_user_of_a_component() -> None:
    impossible = described("aws") | {"residency": ["eu"]}
    with pytest.raises(PlanError) as refused:
        run(lambda: InferencePipeline("chat", {"spec": impossible, "placement": "here"}))
    assert refused.value.problems


def test_an_option_that_the_runtime_does_not_know_is_a_problem() -> None:
    data = described("gcp")
    data["stages"][1]["args"] = ["--gpu-memory-utilisation=0.8"]
    with pytest.raises(IntertieError, match="--gpu-memory-utilization"):
        run(lambda: InferencePipeline("chat", {"spec": data, "placement": "here"}))


def test_an_image_of_ones_own_stays_pinned_by_its_digest() -> None:
    graph = run(lambda: InferencePipeline("chat", args("gcp")))
    prepare = next(r for r in graph.resources if r.name.endswith("prepare-deployment"))
    assert prepare.inputs["spec"]["template"]["spec"]["containers"][0]["image"].endswith(DIGEST)
