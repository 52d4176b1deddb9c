"""Zones of an EKS cluster: at least two, at most four, and none that moves when another one comes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.errors import PlanError
from intertie.platforms.eks.network import zones
from support.plans import accelerator_pool, plan


def placed(*named: str, pools: tuple[str, ...] = ()) -> dict[str, int]:
    return zones(replace(plan(pools=(accelerator_pool(zones=pools),)), zones=named))


def test_without_any_name_the_regions_first_two_letters_are_taken():
    assert placed() == {"us-east-1a": 0, "us-east-1b": 1}


def test_one_named_zone_gets_a_second():
    assert placed("us-east-1d") == {"us-east-1a": 0, "us-east-1d": 3}


def test_the_letter_that_is_named_is_not_taken_twice():
    assert placed("us-east-1a") == {"us-east-1a": 0, "us-east-1b": 1}


def test_zones_of_pools_are_zones_of_the_cluster():
    assert placed("us-east-1a", pools=("us-east-1c",)) == {"us-east-1a": 0, "us-east-1c": 2}


def test_two_zones_with_the_same_range_share_it_out():
    assert placed("us-east-1b", "us-east-1f") == {"us-east-1b": 1, "us-east-1f": 2}


def test_more_zones_than_address_ranges_are_refused():
    with pytest.raises(PlanError, match=r"placements\.here\.zones: found us-east-1a, .*; allowed: at most 4 zones"):
        placed(*(f"us-east-1{letter}" for letter in "abcde"))


letters = st.lists(st.sampled_from("abcdef"), unique=True, max_size=4)


@given(letters)
def test_every_zone_has_an_address_range_of_its_own(named: list[str]):
    numbers = placed(*(f"us-east-1{letter}" for letter in named))
    assert 2 <= len(numbers) <= 4
    assert len(set(numbers.values())) == len(numbers)
    assert set(numbers.values()) <= {0, 1, 2, 3}
    assert {f"us-east-1{letter}" for letter in named} <= set(numbers)


@given(st.lists(st.sampled_from("abcd"), unique=True, min_size=2, max_size=3), st.sampled_from("abcd"))
def test_a_zone_that_is_added_moves_no_other(named: list[str], added: str):
    before = placed(*(f"us-east-1{letter}" for letter in named))
    after = placed(*(f"us-east-1{letter}" for letter in {*named, added}))
    assert before.items() <= after.items()
