"""Resource group, network and the way out; the gateway's annotations."""

import re
from dataclasses import replace
from ipaddress import ip_network

import pytest

from intertie.errors import PlanError
from intertie.platforms.aks.network import gateway, problems
from support.azure import AZ, CLUSTER, POOL, placed, plain, pool
from support.building import build
from support.plans import plan, spec

PREFIX = "service.beta.kubernetes.io/azure-load-balancer-"


def test_the_subnet_is_a_resource_of_its_own_and_never_part_of_the_network() -> None:
    """An update of a network that lists subnets deletes those that it does not list."""
    network = plain().inputs(f"{AZ}network:VirtualNetwork", "network")
    assert "subnets" not in network
    assert network["addressSpace"] == {"addressPrefixes": ["10.64.0.0/19"]}
    assert plain().inputs(f"{AZ}network:Subnet", "nodes")["addressPrefix"] == "10.64.0.0/19"


def test_nothing_leaves_the_subnet_but_through_the_nat_gateway() -> None:
    made = plain()
    subnet = made.one(f"{AZ}network:Subnet", "nodes")
    gateway = made.one(f"{AZ}network:NatGateway", "egress")
    assert subnet.inputs["defaultOutboundAccess"] is False
    assert subnet.property_dependencies["natGateway"] == (gateway.urn,)
    assert gateway.property_dependencies["publicIpAddresses"] == (
        made.one(f"{AZ}network:PublicIPAddress", "egress-address").urn,
    )


def test_a_nat_gateway_takes_only_static_addresses_of_the_standard_kind() -> None:
    address = plain().inputs(f"{AZ}network:PublicIPAddress", "egress-address")
    assert address["sku"] == {"name": "Standard"}
    assert address["publicIPAllocationMethod"] == "Static"


def test_weights_do_not_pay_the_nat_gateway_by_the_gigabyte() -> None:
    subnet = plain().inputs(f"{AZ}network:Subnet", "nodes")
    assert subnet["serviceEndpoints"] == [
        {"service": "Microsoft.Storage"},
        {"service": "Microsoft.ContainerRegistry"},
        {"service": "Microsoft.KeyVault"},
    ]


def test_the_services_range_lies_in_no_network_and_its_resolver_is_not_the_first_address() -> None:
    made = plain()
    profile = made.inputs(CLUSTER, "cluster")["networkProfile"]
    (prefix,) = made.inputs(f"{AZ}network:VirtualNetwork", "network")["addressSpace"]["addressPrefixes"]
    services = ip_network(profile["serviceCidr"])
    assert not services.overlaps(ip_network(prefix))
    assert not services.overlaps(ip_network(profile["podCidr"]))
    assert profile["dnsServiceIP"] == str(services[10])


def test_the_cluster_leaves_by_our_nat_gateway_because_aks_own_cannot_be_had_in_our_network() -> None:
    profile = plain().inputs(CLUSTER, "cluster")["networkProfile"]
    assert profile["outboundType"] == "userAssignedNATGateway"
    assert (profile["networkPlugin"], profile["networkPluginMode"]) == ("azure", "overlay")
    assert (profile["networkDataplane"], profile["networkPolicy"]) == ("cilium", "cilium")
    assert "natGatewayProfile" not in profile


def test_cluster_and_pools_wait_for_the_subnet_and_its_nat_gateway() -> None:
    made = plain()
    for token, role in ((CLUSTER, "cluster"), (POOL, "pool-general"), (POOL, "pool-generate0")):
        assert {"here-nodes", "here-egress"} <= made.before(made.one(token, role))


def test_a_public_endpoint_gets_a_public_load_balancer() -> None:
    handle = plain().handle
    assert handle is not None
    assert f"{PREFIX}internal" not in handle.gateway.service_annotations


@pytest.mark.parametrize("endpoint", [None, {"host": "chat.example.com", "access": "private", "auth": "oidc"}])
def test_without_a_public_endpoint_the_load_balancer_is_internal(endpoint: object) -> None:
    made = gateway(placed(spec=spec("azure", endpoint=endpoint)))
    assert made.service_annotations[f"{PREFIX}internal"] == "true"


def test_silent_streams_are_not_cut_after_four_minutes_and_probes_ask_nothing_over_http() -> None:
    annotations = gateway(placed()).service_annotations
    assert annotations[f"{PREFIX}tcp-idle-timeout"] == "30"
    assert annotations[f"{PREFIX}health-probe-protocol"] == "tcp"


@pytest.mark.parametrize(("nodes", "fits"), [(50, True), (51, False)])
def test_pools_may_grow_to_as_many_nodes_as_the_pods_range_has_room_for(nodes: int, fits: bool) -> None:
    """64 ranges of /24 in a /18: 14 for system and general, updates too; steps of a ladder replace one another."""
    found = problems(plan("azure", (pool(0, "on-demand", max_nodes=nodes), pool(1, "spot", max_nodes=20))))
    assert (found == []) is fits
    assert fits or re.search(r"grow to 65 nodes.*100\.64\.0\.0/18.*at most 64 nodes", str(found[0]))


def test_a_larger_range_for_pods_has_room_for_more_nodes() -> None:
    wanted = plan("azure", (pool(0, "on-demand", max_nodes=100),))
    with pytest.raises(PlanError, match=r"network\.pods"):
        build(wanted)
    assert problems(replace(wanted, addresses=replace(wanted.addresses, pods="100.64.0.0/16"))) == []


def test_without_a_cluster_no_node_needs_room() -> None:
    assert problems(plan("azure", (pool(0, "on-demand", max_nodes=100),), renders=("artifacts",))) == []
