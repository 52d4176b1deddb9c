"""Upgrades by generation: new pools beside the old, stages on the new, nothing changed in place."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.errors import PlanError
from intertie.plan import Plan, resolve
from intertie.plan.generations import RETIRING, name_of
from intertie.spec import read_data
from support.plans import spec_data

HERE = {"cloud": "aws", "region": "us-east-1", "zones": ["us-east-1a"]}
RESERVED = {"kind": "odcr", "id": "cr-0abc", "machine": "p5.48xlarge", "zone": "us-east-1a", "count": 2}


def resolved(here: dict[str, Any] | None = None, **cluster: Any) -> Plan:
    return resolve(read_data(spec_data(placements={"here": {**HERE, **(here or {})}}, cluster=cluster)), "here")


def test_the_first_generation_is_as_if_there_were_none():
    assert resolved(generation=1).pools == resolved().pools


def test_a_new_generation_has_pools_of_its_own_and_every_stage_is_on_them():
    first, second = resolved(), resolved(generation=2)
    assert not {pool.name for pool in first.pools} & {pool.name for pool in second.pools}
    for stage in second.stages:
        assert {second.pool(name).generation for name in stage.pools} == {2}
    assert [pool.role for pool in second.pools] == [pool.role for pool in first.pools]


def test_the_old_generation_is_exactly_what_it_was_but_takes_nobody_and_shrinks():
    first, both = resolved(), resolved(generation=2, retiring=[1])
    old = {pool.name: pool for pool in both.pools if pool.retiring}
    assert set(old) == {pool.name for pool in first.pools}
    for pool in first.pools:
        was = old[pool.name]
        assert (was.machine, was.max_nodes, was.labels, was.claim) == (
            pool.machine, pool.max_nodes, pool.labels, pool.claim,
        )  # fmt: skip
        assert (was.min_nodes, was.initial_nodes) == (0, 0)
        assert was.taints == (*pool.taints, RETIRING)
    assert not {name for stage in both.stages for name in stage.pools} & set(old)


def test_what_follows_is_the_new_generation_alone():
    both, after = resolved(generation=2, retiring=[1]), resolved(generation=2)
    assert tuple(pool for pool in both.pools if not pool.retiring) == after.pools


def test_pools_select_nodes_of_their_own_generation():
    for pool in resolved(generation=2, retiring=[1]).pools:
        assert dict(pool.labels)["intertie.dev/pool"] == pool.name


def test_a_reservation_is_said_to_be_short_while_pools_move():
    made = resolved(here={"capacity": {"generate": [RESERVED]}}, generation=2, retiring=[1])
    assert any("retire within their reservation" in note for note in made.notes)


def test_a_generation_cannot_retire_before_the_next_one_is_there():
    with pytest.raises(PlanError, match=r"cluster\.retiring: found 2; allowed: generations before 2"):
        resolved(generation=2, retiring=[2])


@given(st.from_regex(r"[a-z][a-z0-9]{0,11}", fullmatch=True), st.integers(2, 999))
def test_names_of_every_generation_are_legal_on_every_cloud(name: str, generation: int):
    assert re.fullmatch(r"[a-z][a-z0-9]{0,11}", name_of(name, generation))
    assert name_of(name, generation) != name_of(name, generation + 1)
