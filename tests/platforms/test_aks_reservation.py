"""Capacity reservation groups: made on their own, kept through destroy."""

from functools import cache

import pulumi
import pytest

from intertie.contract import BuildOptions
from intertie.errors import InputError
from intertie.graph import Graph, check, record
from intertie.platforms import registry
from intertie.platforms.aks import reservation
from support.azure import AZ, CRG, RESERVED, ladder, pool
from support.plans import claim, plan

MACHINE = "Standard_NC24ads_A100_v4"


@cache
def reserved(machine: str = MACHINE, zone: str = "1") -> Graph:
    def program() -> None:
        holder = pulumi.ComponentResource("test:index:Holder", "here")
        options = BuildOptions(parent=holder, name="here")
        made = registry.reservation("aks").create(plan("azure"), options, machine=machine, zone=zone, count=2)
        pulumi.export("id", made)

    return record(program, "inference", "here")


def test_a_reservation_has_nothing_misspelt_or_missing() -> None:
    assert check(reserved()) == ()


def test_group_and_reservation_lie_in_the_same_zone_and_hold_the_machines() -> None:
    group = reserved().find(f"{AZ}compute:CapacityReservationGroup", "here-reservations").inputs
    held = reserved().find(f"{AZ}compute:CapacityReservation", "here-reservation").inputs
    assert group["zones"] == held["zones"] == ["1"]
    assert held["sku"] == {"name": MACHINE, "capacity": 2}


def test_what_is_reserved_is_protected_kept_and_tagged() -> None:
    made = [each for each in reserved() if each.type.startswith(AZ)]
    assert len(made) == 3
    assert all(each.protect and each.retain_on_delete for each in made)
    assert all(each.inputs["tags"] == dict(plan("azure").tags) for each in made)


def test_reservations_have_a_resource_group_of_their_own_so_that_the_role_on_it_covers_nothing_else() -> None:
    own = reserved().find(f"{AZ}resources:ResourceGroup", "here-group").inputs["resourceGroupName"]
    assert own == f"chat-here-{MACHINE}-1"
    assert own != ladder().inputs(f"{AZ}resources:ResourceGroup", "group")["resourceGroupName"]
    assert len(own) <= 90


@pytest.mark.parametrize("zone", ["swedencentral-1", "", "0", "1a"])
def test_a_zone_is_a_number(zone: str) -> None:
    with pytest.raises(InputError, match=r"`zone` must be the number of an availability zone"):
        reserved(zone=zone)


@pytest.mark.parametrize("machine", ["Standard_ND96isr_H100_v5", "p5.48xlarge", "h100"])
def test_only_machines_that_azure_reserves_are_reserved(machine: str) -> None:
    with pytest.raises(InputError, match=f"`machine` must be one that Azure reserves, not '{machine}'; .*{MACHINE}"):
        reserved(machine=machine)


def test_the_scope_of_a_claim_is_the_resource_group_of_its_group() -> None:
    (reserving,) = reservation.claimed(plan("azure", (pool(0, "spot"), pool(1, "crg"))))
    assert reservation.group_id(reserving) == CRG
    assert reservation.scope(reserving) == RESERVED


def test_an_id_of_something_else_has_no_scope() -> None:
    with pytest.raises(ValueError, match="'cr-1' is not the id of a capacity reservation group"):
        reservation.scope(claim("crg", id="cr-1"))
