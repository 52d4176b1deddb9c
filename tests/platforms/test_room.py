"""Whether address ranges hold what pools may grow to: the same count on every cloud, told before anything is made."""

from dataclasses import replace
from datetime import date
from ipaddress import IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intertie import catalog
from intertie.errors import PlanError
from intertie.lab import tables
from intertie.plan import Plan
from intertie.plan.addresses import layout
from intertie.platforms import room
from intertie.platforms.aks import network as aks
from intertie.platforms.eks import network_addresses as eks
from intertie.platforms.gke import network as gke
from support.building import build
from support.plans import accelerator_pool, cpu_pool, plan

PROBLEMS = {"aws": eks.problems, "azure": aks.problems, "gcp": gke.problems}
CLOUDS = tuple(PROBLEMS)
ROWS = {row["machine"]: row for row in tables.rows("intertie.platforms.eks", "data/interfaces.csv")}


def grown(cloud: str, *most: int, prefix: int = 18, **changes: object) -> Plan:
    """A placement whose ladder has steps that may grow to so many nodes, in a network of this size."""
    pools = [accelerator_pool(cloud, "on-demand", rank, max_nodes=each) for rank, each in enumerate(most)]
    network = IPv4Network(f"10.64.0.0/{prefix}")
    addresses = layout(network, None if cloud == "aws" else IPv4Network(f"100.64.0.0/{prefix}"))
    made = plan(cloud, tuple(pools))
    return replace(made, addresses=addresses, **changes)


@pytest.mark.parametrize("cloud", CLOUDS)
@settings(max_examples=40)
@given(
    most=st.lists(st.integers(0, 4000), min_size=1, max_size=3),
    more=st.integers(0, 500),
    prefix=st.integers(16, 20),
)
def test_what_does_not_fit_does_not_fit_with_more_nodes_and_what_fits_fits_a_larger_range(
    cloud: str, most: list[int], more: int, prefix: int
) -> None:
    found = PROBLEMS[cloud](grown(cloud, *most, prefix=prefix))
    if found:
        assert PROBLEMS[cloud](grown(cloud, *(each + more for each in most), prefix=prefix))
    elif prefix > 16:
        assert not PROBLEMS[cloud](grown(cloud, *most, prefix=prefix - 1))


@pytest.mark.parametrize("cloud", CLOUDS)
@settings(max_examples=40)
@given(most=st.lists(st.integers(0, 300), min_size=1, max_size=4))
def test_steps_of_a_ladder_take_one_anothers_place(cloud: str, most: list[int]) -> None:
    whole, largest = (PROBLEMS[cloud](grown(cloud, *steps)) for steps in (most, [max(most)]))
    assert [each.found for each in whole] == [each.found for each in largest]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_pools_of_one_step_stand_beside_each_other_and_updates_add_nodes(cloud: str) -> None:
    made = grown(cloud, 10)
    assert room.most_nodes(made) == 10 + sum(pool.max_nodes + 1 for pool in made.pools if not pool.stage)
    (own,) = made.accelerator_pools()
    drains = replace(own, name="generate0b", retiring=True, max_nodes=7)
    assert room.most_nodes(replace(made, pools=(*made.pools, drains))) == room.most_nodes(made) + 7


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_is_too_small_is_told_with_figures_and_remedy_before_anything_is_made(cloud: str) -> None:
    with pytest.raises(PlanError) as refused:
        build(grown(cloud, 3000))
    told = str(refused.value)
    assert "placements.here.network." in told
    assert "pools that may grow to" in told
    assert "allowed: at most" in told
    assert "give the placement a larger range under `network`, or lower `replicas.max`" in told


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_placement_without_a_cluster_has_no_nodes_to_address(cloud: str) -> None:
    assert not PROBLEMS[cloud](grown(cloud, 3000, tier="cold", renders=("artifacts", "identity")))


def test_on_aws_a_node_takes_whole_interfaces_and_one_that_waits() -> None:
    assert eks.node_addresses(accelerator_pool("aws")) == 100  # 28 pods of 49 on one interface of 50, and one more
    assert eks.node_addresses(cpu_pool("aws", "general")) == 60  # all four interfaces of an m7i.xlarge
    assert eks.node_addresses(accelerator_pool("aws", machine="m9z.large")) == 0


def test_on_aws_a_zone_is_full_when_its_own_subnet_is() -> None:
    """2,011 addresses of a /21 for nodes and pods; system and general may take 5 × 60 each in a zone of two."""
    zones = ("us-east-1a", "us-east-1b")
    fits, full = grown("aws", 14, zones=zones), grown("aws", 15, zones=zones)
    assert eks.problems(fits) == []
    (problem,) = eks.problems(full)
    assert problem.path == "placements.here.network.cidr"
    assert problem.found == ("pools that may grow to 2100 addresses of nodes and pods in us-east-1b, of 10.64.8.0/21")
    assert problem.allowed == "at most 2011 addresses"
    spread = [replace(pool, zones=zones if pool.stage else ()) for pool in full.pools]
    assert eks.problems(replace(full, pools=tuple(spread))) == []


def test_every_machine_of_the_catalogue_says_what_its_interfaces_hold() -> None:
    assert {machine.name for machine in catalog.machines("aws")} == set(ROWS)
    for row in ROWS.values():
        assert row["source"]
        date.fromisoformat(row["as_of"])
        assert 1 <= int(row["interfaces"]) <= 64
        assert 2 <= int(row["addresses"]) <= 64
