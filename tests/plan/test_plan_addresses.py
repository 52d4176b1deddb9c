"""The address plan: ranges that never overlap, fixed by names, and checked where the user gives them."""

from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.plan.addresses import NETWORK_POOLS, POD_POOL, default_network, default_pods, layout, slots
from intertie.plan.ranges import FreeSlots, Range, meetings
from support.pipelines import only_problem, pipeline, planned, problems

networks = st.integers(16, 20).flatmap(
    lambda prefix: st.integers(0, 2 ** (prefix - 8) - 1).map(
        lambda index: IPv4Network((int(IPv4Network("10.0.0.0/8").network_address) + (index << (32 - prefix)), prefix))
    )
)


@given(networks)
def test_the_parts_of_a_network_lie_inside_it_and_apart(network: IPv4Network) -> None:
    made = layout(network, None)
    lower = IPv4Network(made.nodes)
    private = [IPv4Network(cidr) for cidr in made.private]
    apart = [lower, *[IPv4Network(cidr) for cidr in made.public], IPv4Network(made.services)]
    assert all(part.subnet_of(network) for part in apart)
    assert not any(a.overlaps(b) for i, a in enumerate(apart) for b in apart[i + 1 :])
    assert all(part.subnet_of(lower) for part in private)
    assert not any(a.overlaps(b) for i, a in enumerate(private) for b in private[i + 1 :])


@given(networks)
def test_services_lie_outside_of_the_blocks_that_a_vpc_may_have(network: IPv4Network) -> None:
    made = layout(network, None)
    blocks = [IPv4Network(block) for block in made.blocks]
    assert not any(block.overlaps(IPv4Network(made.services)) for block in blocks)
    assert all(any(IPv4Network(part).subnet_of(block) for block in blocks) for part in (*made.private, *made.public))
    assert all(16 <= block.prefixlen <= 28 for block in blocks)  # what AWS takes


def test_sizes_follow_from_the_prefix() -> None:
    made = layout(IPv4Network("10.64.0.0/18"), IPv4Network("100.64.0.0/18"))
    assert made.nodes == "10.64.0.0/19"
    assert made.private == ("10.64.0.0/21", "10.64.8.0/21", "10.64.16.0/21", "10.64.24.0/21")
    assert made.public == ("10.64.32.0/24", "10.64.33.0/24", "10.64.34.0/24", "10.64.35.0/24")
    assert made.services == "10.64.60.0/22"
    assert made.pods == "100.64.0.0/18"
    assert made.blocks == ("10.64.0.0/19", "10.64.32.0/22")


@given(st.text(), st.text())
def test_a_default_is_one_of_768_slots_and_follows_from_the_names_alone(pipeline_name: str, placement: str) -> None:
    network, pods = default_network(pipeline_name, placement), default_pods(pipeline_name, placement)
    assert (network, pods) == (default_network(pipeline_name, placement), default_pods(pipeline_name, placement))
    assert network.prefixlen == pods.prefixlen == 18
    assert any(network.subnet_of(pool) for pool in NETWORK_POOLS)
    assert pods.subnet_of(POD_POOL)
    assert network in slots(NETWORK_POOLS)
    assert len(set(slots(NETWORK_POOLS))) == 768


def test_another_placement_does_not_move_a_network() -> None:
    alone = planned("gcp")
    others = {"azure-swc": {"cloud": "azure", "region": "swedencentral", "role": "failover"}}
    assert planned("gcp", others=others).addresses == alone.addresses


def test_pods_on_eks_have_addresses_of_the_nodes_range() -> None:
    plan = planned("aws")
    assert plan.addresses.pods == plan.addresses.nodes


ranges = st.lists(networks, min_size=0, max_size=12).map(
    lambda every: [Range(network, f"p{index}", "cidr", True) for index, network in enumerate(every)]
)


@given(ranges)
def test_the_sweep_finds_every_range_that_meets_another(every: list[Range]) -> None:
    met = meetings(every)
    expected = {a for a in every if any(a is not b and a.network.overlaps(b.network) for b in every)}
    assert set(met) == expected
    assert all(a.network.overlaps(b.network) and a is not b for a, b in met.items())


@given(ranges)
def test_the_range_that_is_proposed_is_free(every: list[Range]) -> None:
    free = FreeSlots(every).like(IPv4Network("10.64.0.0/18"))
    assert free is not None
    assert not any(free.overlaps(taken.network) for taken in every)


def test_nothing_is_proposed_when_everything_is_taken() -> None:
    everything = [Range(pool, "p", "cidr", True) for pool in NETWORK_POOLS]
    assert FreeSlots(everything).like(IPv4Network("10.64.0.0/18")) is None


def test_what_is_proposed_is_proposed_once_as_long_as_there_is_another() -> None:
    pods = [Range(slot, "p", "pods", True) for slot in slots((POD_POOL,))[3:]]
    free, wanted = FreeSlots(pods), IPv4Network("100.64.64.0/18")
    handed = [free.like(wanted) for _ in range(4)]
    assert list(map(str, handed)) == ["100.64.64.0/18", "100.64.128.0/18", "100.64.0.0/18", "100.64.64.0/18"]


def test_following_every_proposal_at_once_leaves_no_overlap() -> None:
    others: dict[str, Any] = {
        f"p{number}": {"cloud": "gcp", "region": "europe-west4", "role": "failover", "network": {}}
        for number in range(60)
    }
    spec = pipeline("gcp", others=others)
    met = [(name, problem) for name in others for problem in problems(spec, name)]
    assert met
    for name, problem in met:
        field = problem.path.rpartition(".")[2]
        others[name]["network"][field] = problem.hint.split(f"{field}: ")[1].split("}")[0]
    spec = pipeline("gcp", others=others)
    assert not [problem for name in others for problem in problems(spec, name)]


def test_two_placements_in_one_range_are_a_problem_that_names_a_free_one() -> None:
    taken = str(default_network("chat", "here"))
    other = {"cloud": "gcp", "region": "europe-west4", "role": "failover", "network": {"cidr": taken}}
    found = only_problem(pipeline("gcp", others={"there": other}))
    assert found.path == "placements.here.network.cidr"
    assert "placement 'there'" in found.found
    proposed = found.hint.split("cidr: ")[1].split("}")[0]
    assert not problems(pipeline("gcp", where={"network": {"cidr": proposed}}, others={"there": other}))
    assert problems(pipeline("gcp", others={"there": other}), "there")


@pytest.mark.parametrize(
    ("field", "cidr", "cloud", "says"),
    [
        ("cidr", "10.0.0.0/15", "gcp", "its size is /15"),
        ("cidr", "10.0.0.0/21", "gcp", "its size is /21"),
        ("cidr", "198.51.0.0/16", "gcp", "belong to the internet"),
        ("cidr", "100.64.0.0/16", "gcp", "belong to the internet"),
        ("cidr", "172.17.0.0/18", "gcp", "Docker's bridge"),
        ("cidr", "172.16.0.0/16", "gcp", ""),
        ("cidr", "172.30.0.0/16", "azure", "AKS keeps for itself"),
        ("cidr", "172.30.0.0/16", "gcp", ""),
        ("pods", "100.64.0.0/14", "gcp", ""),
        ("pods", "100.64.0.0/13", "gcp", "its size is /13"),
        ("pods", "100.64.0.0/18", "aws", "pods get addresses of the subnets"),
    ],
)
def test_a_given_range_is_checked(field: str, cidr: str, cloud: str, says: str) -> None:
    found = problems(pipeline(cloud, where={"network": {field: cidr}}))
    if not says:
        assert found == ()
    else:
        assert [problem.path for problem in found] == [f"placements.here.network.{field}"]
        assert says in found[0].hint


def test_a_given_range_is_the_one_that_is_planned() -> None:
    plan = planned("gcp", where={"network": {"cidr": "10.20.0.0/16", "pods": "100.96.0.0/14"}})
    assert (plan.addresses.network, plan.addresses.pods) == ("10.20.0.0/16", "100.96.0.0/14")


def test_the_network_of_an_adopted_cluster_is_not_ours_to_compare() -> None:
    taken = str(default_network("chat", "there"))
    adopt = {"pools": [{"name": "gpu", "accelerator": "h100", "per_node": 8, "nodes": 8}, {"name": "cpu"}]}
    there = {"cloud": "other", "region": "hall-1", "jurisdiction": "eu", "role": "failover", "adopt": adopt}
    assert not problems(pipeline("gcp", where={"network": {"cidr": taken}}, others={"there": there}))


def test_of_an_adopted_cluster_no_network_is_claimed() -> None:
    adopt = {"pools": [{"name": "gpu", "accelerator": "h100", "per_node": 8, "nodes": 8}, {"name": "cpu"}]}
    unknown = planned("gcp", where={"adopt": adopt})
    assert not [choice for choice in unknown.choices if ".network." in choice.path]
    given = planned("gcp", where={"adopt": adopt, "network": {"pods": "100.96.0.0/14"}})
    assert [choice.path for choice in given.choices if ".network." in choice.path] == ["placements.here.network.pods"]
