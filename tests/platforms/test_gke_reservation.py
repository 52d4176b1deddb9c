"""Capacity that is reserved now."""

import pulumi
import pytest

from intertie.contract import BuildOptions
from intertie.errors import InputError
from intertie.graph import Graph, check, record
from intertie.platforms import registry
from support.gke import placed

RESERVATION = "gcp:compute/reservation:Reservation"


def reserve(machine: str, zone: str = "europe-west4-b", count: int = 2, **here) -> Graph:
    def program() -> None:
        holder = pulumi.ComponentResource("test:index:Holder", "here")
        options = BuildOptions(parent=holder, name="here")
        plan = placed(here=here) if here else placed()
        made = registry.reservation("gke").create(plan, options, machine=machine, zone=zone, count=count)
        pulumi.export("id", made)

    return record(program, "inference", "here")


def test_a_reservation_is_for_those_alone_that_ask_for_it_by_name() -> None:
    graph = reserve("a3-highgpu-8g")
    assert check(graph) == ()
    made = graph.find(RESERVATION, "here-reservation")
    assert made.inputs["specificReservationRequired"] is True
    assert made.inputs["specificReservation"] == {"count": 2, "instanceProperties": {"machineType": "a3-highgpu-8g"}}
    assert made.inputs["zone"] == "europe-west4-b"
    assert graph.exports == {"id": "chat-here-a3-highgpu-8g-europe-west4-b"}


def test_a_reservation_survives_destroy() -> None:
    made = reserve("a3-highgpu-8g").find(RESERVATION, "here-reservation")
    assert made.protect
    assert made.retain_on_delete


def test_what_google_fills_in_does_not_replace_a_reservation_that_is_paid_for() -> None:
    made = reserve("a3-highgpu-8g").find(RESERVATION, "here-reservation")
    assert made.ignore_changes == (
        "specificReservation.instanceProperties.guestAccelerators",
        "specificReservation.instanceProperties.localSsds",
    )


def test_gpus_that_are_attached_are_part_of_the_reservation() -> None:
    made = reserve("n1-standard-16").find(RESERVATION, "here-reservation")
    assert made.inputs["specificReservation"]["instanceProperties"]["guestAccelerators"] == [
        {"acceleratorType": "nvidia-tesla-t4", "acceleratorCount": 2}
    ]


def test_a_reservation_lies_in_the_project_of_the_placement() -> None:
    made = reserve("a3-highgpu-8g", account={"id": "acme-inference"}).find(RESERVATION, "here-reservation")
    assert made.inputs["project"] == "acme-inference"


@pytest.mark.parametrize(
    ("machine", "zone", "said"),
    [
        ("a3-highgpu-8g", "us-central1-a", "`zone` must be a zone of europe-west4"),
        ("a3-highgpu-8g", "europe-west4", "`zone` must be a zone of europe-west4"),
        ("a3-highgpu-1g", "europe-west4-b", "`machine` must be one that can be reserved here, not 'a3-highgpu-1g'"),
        ("ct6e-standard-4t", "europe-west4-b", "TPUs are reserved by Google on request"),
        ("p5.48xlarge", "europe-west4-b", "the catalogue knows"),
    ],
)
def test_what_cannot_be_reserved_is_refused_with_what_can(machine, zone, said) -> None:
    with pytest.raises(InputError, match="must be") as refused:
        reserve(machine, zone)
    assert said in str(refused.value)
