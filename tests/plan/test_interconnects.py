"""Connections between placements: who may be connected how, what each end is, and what it must be told."""

from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intertie.errors import PlanError
from intertie.plan import resolve
from intertie.plan.interconnects import INSIDE
from intertie.plan.peers import peers_of, pending
from intertie.plan.prerequisites import prerequisites
from support.interconnected import ADDRESSES, NAMES, REGIONS, described, plan_of, told
from support.pipelines import only_problem, pipeline, problems

PAIRS = [("aws", "gcp"), ("aws", "azure"), ("azure", "gcp")]


@pytest.mark.parametrize(("cloud", "other"), PAIRS)
def test_the_two_ends_of_a_vpn_fit_each_other(cloud: str, other: str) -> None:
    (here,), (there,) = plan_of(cloud, other).links, plan_of(cloud, other, "there").links
    assert (here.own_asn, here.asn) == (there.asn, there.own_asn)
    assert here.own_asn != here.asn
    assert (here.own_ranges, here.ranges) == (there.ranges, there.own_ranges)
    assert here.asks is not there.asks
    assert len(here.tunnels) == (4 if "aws" in (cloud, other) else 2)
    for mine, theirs in zip(here.tunnels, there.tunnels, strict=True):
        assert (mine.own, mine.other, mine.inside) == (theirs.other, theirs.own, theirs.inside)
        assert (mine.own_inside, mine.other_inside) == (theirs.other_inside, theirs.own_inside)
        assert {mine.own_inside, mine.other_inside} == set(map(str, IPv4Network(mine.inside).hosts()))


def test_aws_has_the_first_address_inside_and_an_address_outside_for_every_tunnel() -> None:
    for placement, clouds in (("here", ("aws", "gcp")), ("there", ("azure", "aws"))):
        (link,) = plan_of(*clouds, placement).links
        assert [tunnel.own for tunnel in link.tunnels] == [0, 1, 2, 3]
        assert [tunnel.other for tunnel in link.tunnels] == [0, 0, 1, 1]
        assert all(next(IPv4Network(each.inside).hosts()).exploded == each.own_inside for each in link.tunnels)


def test_only_nodes_are_reached_and_on_google_pods_too() -> None:
    there = resolve(described("aws", "gcp"), "there").addresses
    (link,) = plan_of("aws", "gcp").links
    assert link.ranges == (there.nodes, there.pods)
    assert link.own_ranges == (plan_of("aws", "gcp").addresses.nodes,)


@given(st.from_regex(r"[a-z][a-z0-9]{2,8}", fullmatch=True).filter(lambda name: name != "here"))
def test_addresses_inside_are_such_as_every_cloud_takes(name: str) -> None:
    network = {"interconnects": [{"to": name, "kind": "vpn"}], "asn": 64600, "cidr": "10.64.0.0/18"}
    there = {"asn": 64601, "cidr": "10.128.0.0/18"}  # ranges that the names give may meet, which is another matter
    other = {"cloud": "gcp", "region": "europe-west4", "role": "failover", "network": there}
    (link,) = resolve(pipeline(where={"network": network}, others={name: other}), "here").links
    inside = [IPv4Network(tunnel.inside) for tunnel in link.tunnels]
    assert len(set(inside)) == 4
    assert all(any(each.subnet_of(home) for home in INSIDE) for each in inside)


def test_a_bare_name_is_somebody_elses_connection() -> None:
    spec = described("aws", "gcp", network={"interconnects": ["there"]})
    assert [each.model_dump()["kind"] for each in spec.placements["here"].network.interconnects] == ["external"]
    assert resolve(spec, "here").links == ()
    assert "links" not in resolve(spec, "here").to_json()


def test_a_private_endpoint_over_two_clouds_is_content_with_a_connection_that_is_made() -> None:
    assert not problems(described("aws", "gcp"))
    assert not problems(described("aws", "gcp"), "there")


def test_a_connection_that_both_ends_name_is_one() -> None:
    back = {"interconnects": [{"to": "here", "kind": "vpn"}]}
    assert plan_of("aws", "gcp", there={"network": back}).links == plan_of("aws", "gcp").links


@pytest.mark.parametrize(
    ("clouds", "changes", "path", "allowed"),
    [
        (("aws", "gcp"), {"joined": {"kind": "peering"}}, "interconnects[0].kind", "vpn: peering is within one cloud"),
        (("aws", "aws"), {"joined": {"kind": "vpn"}}, "interconnects[0].kind", "peering: it needs no gateways"),
        (
            ("aws", "gcp"),
            {"joined": {"inside": "169.254.1.0/28"}},
            "interconnects[0].inside",
            "a range /28 of 169.254.21",
        ),
        (("aws", "gcp"), {"joined": {"inside": "169.254.21.1/28"}}, "interconnects[0].inside", "named by its first"),
        (
            ("aws", "gcp"),
            {"network": {"asn": 64600}, "there": {"network": {"asn": 64600}}},
            "asn",
            "numbers that differ",
        ),
    ],
)
def test_what_cannot_be_connected_is_a_problem_with_a_remedy(
    clouds: tuple[str, str], changes: dict[str, Any], path: str, allowed: str
) -> None:
    found = only_problem(described(*clouds, **changes))
    assert found.path.endswith(path)
    assert allowed in f"{found.allowed}"


def test_an_asn_that_meets_another_gets_a_free_one_proposed() -> None:
    found = only_problem(described("aws", "gcp", network={"asn": 64512}, there={"network": {"asn": 64512}}))
    assert found.path == "placements.there.network.asn"
    assert found.hint == "write `network: {asn: 64513}`"


def test_two_ends_that_say_different_things_are_told_so() -> None:
    found = only_problem(described("aws", "gcp", there={"network": {"interconnects": ["here"]}}))
    assert found.path == "placements.there.network.interconnects[0]"
    assert found.hint == "say it once: either end is enough"


def test_an_adopted_cluster_is_connected_by_others() -> None:
    adopt = {"pools": [{"name": "gpu", "accelerator": "h100", "per_node": 8}, {"name": "cpu", "nodes": 4}]}
    found = only_problem(described("aws", "gcp", there={"adopt": adopt}))
    assert (found.path, found.allowed) == ("placements.here.network.interconnects[0].kind", "external")


def test_a_cold_placement_has_no_network_to_connect_and_costs_nothing() -> None:
    plan = plan_of("aws", "gcp", there={"tier": "cold"})
    assert plan.links == ()
    assert any("there is cold and has no network" in note for note in plan.notes)


def test_tunnels_of_one_gateway_differ_inside() -> None:
    inside = "169.254.22.16/28"
    links = [{"to": name, "kind": "vpn", "inside": inside} for name in ("there", "far")]
    far = {"cloud": "gcp", "region": "us-east4", "role": "failover", "network": {"asn": 64700}}
    spec = pipeline(
        where={"network": {"interconnects": links, "asn": 64701}},
        others={"there": {"cloud": "azure", "region": "swedencentral", "role": "failover"}, "far": far},
    )
    found = only_problem(spec)
    assert found.path == "placements.here.network.interconnects"
    assert "far and there that both have 169.254.22.16/30 inside" in found.found


CASES = [*PAIRS, *((cloud, cloud) for cloud in REGIONS)]


@pytest.mark.parametrize(("cloud", "other"), CASES)
@pytest.mark.parametrize("placement", ["here", "there"])
def test_an_end_that_knows_the_other_has_nothing_left_to_do(cloud: str, other: str, placement: str) -> None:
    plan, far = plan_of(cloud, other, placement), "there" if placement == "here" else "here"
    (remains,) = pending(plan, peers_of(plan, None))
    assert f"interconnect with {far}" in remains
    assert f"pulumi config set --path 'peers.{far}[0]'" in remains
    known = peers_of(plan, {far: told(cloud, other, placement)})
    assert pending(plan, known) == ()


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        ("text", "peers", "text"),
        ({"ther": ADDRESSES[:2]}, "peers", "ther"),
        ({"there": "198.51.100.1"}, "peers.there", "198.51.100.1"),
        ({"there": ["10.0.0.1", "198.51.100.2"]}, "peers.there", "10.0.0.1"),
        ({"there": ["300.0.0.1", "198.51.100.2"]}, "peers.there", "300.0.0.1"),
        ({"there": [7, "198.51.100.2"]}, "peers.there", "7"),
        ({"there": [NAMES["aws"], "198.51.100.2"]}, "peers.there", NAMES["aws"]),
        ({"there": ADDRESSES[:1]}, "peers.there", "1 values"),
        ({"there": ADDRESSES[:1] * 2}, "peers.there", "198.51.100.1 more than once"),
    ],
)
def test_what_is_told_wrong_of_the_other_end_is_refused_with_its_place(value: Any, path: str, found: str) -> None:
    with pytest.raises(PlanError) as refused:
        peers_of(plan_of("aws", "gcp"), value)
    (problem,) = refused.value.problems
    assert (problem.path, problem.found) == (path, found)


def test_what_an_end_must_be_told_is_seen_to_before_it_is_deployed() -> None:
    (vpn,) = [each for each in prerequisites(plan_of("aws", "gcp")) if each.kind == "interconnect"]
    assert "what there publishes as `interconnects` for here, and the key" in vpn.what
    assert vpn.how == "pulumi config set --path 'peers.there[0]' VALUE (2 in all)"
    (peering,) = [each for each in prerequisites(plan_of("gcp", "gcp")) if each.kind == "interconnect"]
    assert "key" not in peering.what


def test_what_was_told_of_a_placement_stays_while_it_is_cold() -> None:
    plan = plan_of("aws", "gcp", there={"tier": "cold"})
    assert peers_of(plan, {"there": ADDRESSES[:2]}) == {}
    assert pending(plan, {}) == ()


def test_a_peering_is_told_the_networks_id_and_whoever_accepts_the_requests() -> None:
    asks, accepts = plan_of("aws", "aws"), plan_of("aws", "aws", "there")
    with pytest.raises(PlanError, match="the id of its VPC, vpc-"):
        peers_of(asks, {"there": ["pcx-0123456789abcdef0"]})
    with pytest.raises(PlanError, match="the id of the peering that it asked for, pcx-"):
        peers_of(accepts, {"here": [NAMES["aws"]]})
