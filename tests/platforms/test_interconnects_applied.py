"""What each end of a connection makes, in a recorded stack: its gateway first, and all once it knows the other end."""

from typing import Any

import pytest

from intertie.errors import InputError
from intertie.graph import check
from support.interconnected import ADDRESSES, KEY, NAMES, plan_of
from support.interconnected_stacks import CONNECTION, derived, keyed, of, stack

PAIRS = [("aws", "gcp"), ("aws", "azure"), ("azure", "gcp")]
ENDS = [(*pair, placement) for pair in PAIRS for placement in ("here", "there")]
CLOUDS = ("aws", "azure", "gcp")
GATEWAY = {
    "aws": "aws:ec2/vpnGateway:VpnGateway",
    "azure": "azure-native:network:VirtualNetworkGateway",
    "gcp": "gcp:compute/haVpnGateway:HaVpnGateway",
}
PEERING = {
    "aws": "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
    "azure": "azure-native:network:VirtualNetworkPeering",
    "gcp": "gcp:compute/networkPeering:NetworkPeering",
}


def cloud_of(cloud: str, other: str, placement: str) -> str:
    return cloud if placement == "here" else other


def grouped(*values: Any) -> Any:
    return pytest.param(*values, marks=pytest.mark.xdist_group(f"interconnect-{values[0]}"))


ends = pytest.mark.parametrize(("cloud", "other", "placement"), [grouped(*each) for each in ENDS])


@ends
def test_an_end_that_knows_nothing_of_the_other_makes_its_gateway_and_says_what_remains(
    cloud: str, other: str, placement: str
) -> None:
    graph, mine = stack(cloud, other, placement, known=False), cloud_of(cloud, other, placement)
    assert len(of(graph, GATEWAY[mine])) == 1
    assert of(graph, CONNECTION[mine]) == []
    (pipeline,) = [each for each in graph if each.type == "intertie:index:InferencePipeline"]
    assert any("is told nothing of the other one" in note for note in pipeline.outputs["notes"])


@ends
def test_an_end_that_knows_the_other_makes_every_connection(cloud: str, other: str, placement: str) -> None:
    graph, mine = stack(cloud, other, placement), cloud_of(cloud, other, placement)
    tunnels = 4 if "aws" in (cloud, other) else 2
    assert len(of(graph, GATEWAY[mine])) == 1
    assert len(of(graph, CONNECTION[mine])) == (2 if mine == "aws" else tunnels)
    (pipeline,) = [each for each in graph if each.type == "intertie:index:InferencePipeline"]
    assert not any("interconnect" in note for note in pipeline.outputs["notes"])


@ends
def test_every_property_of_a_connection_is_spelt_as_the_sdk_does(cloud: str, other: str, placement: str) -> None:
    assert check(stack(cloud, other, placement)) == ()


@ends
def test_the_key_of_a_connection_is_in_no_graph_and_those_of_its_tunnels_are_secret(
    cloud: str, other: str, placement: str
) -> None:
    graph, mine = stack(cloud, other, placement), cloud_of(cloud, other, placement)
    link = plan_of(cloud, other, placement).links[0]
    text = "".join(map(repr, graph))
    assert [key for key in (KEY, *derived(link)) if key in text] == []
    field = {"azure": ("sharedKey",), "gcp": ("sharedSecret",), "aws": ("tunnel1PresharedKey", "tunnel2PresharedKey")}
    for made in of(graph, CONNECTION[mine]):
        assert [made.inputs[name] for name in field[mine]] == ["[secret]"] * len(field[mine])


def test_a_connection_of_aws_ends_at_the_others_address_and_agrees_on_strong_ciphers_alone() -> None:
    graph, (link,) = stack("aws", "gcp"), plan_of("aws", "gcp").links
    customers = of(graph, "aws:ec2/customerGateway:CustomerGateway")
    assert [each.inputs["ipAddress"] for each in customers] == ADDRESSES[:2]
    assert {each.inputs["bgpAsn"] for each in customers} == {str(link.asn)}
    (gateway,) = of(graph, GATEWAY["aws"])
    assert gateway.inputs["amazonSideAsn"] == str(link.own_asn)
    first, second = of(graph, CONNECTION["aws"])
    inside = [each.inputs[f"tunnel{number}InsideCidr"] for each in (first, second) for number in (1, 2)]
    assert inside == [tunnel.inside for tunnel in link.tunnels]
    for each in (first, second):
        assert each.inputs["staticRoutesOnly"] is False
        assert each.inputs["tunnel1IkeVersions"] == each.inputs["tunnel2IkeVersions"] == ["ikev2"]
        for phase in ("Phase1", "Phase2"):
            assert each.inputs[f"tunnel2{phase}DhGroupNumbers"] == [14]
            assert each.inputs[f"tunnel1{phase}IntegrityAlgorithms"] == ["SHA2-256"]
            assert each.inputs[f"tunnel1{phase}EncryptionAlgorithms"] == ["AES256", "AES256-GCM-16"]


def test_private_subnets_of_aws_learn_the_routes_of_a_gateway() -> None:
    graph = stack("aws", "gcp")
    (learned,) = of(graph, "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation")
    assert set(learned.inputs) == {"region", "routeTableId", "vpnGatewayId"}
    names = {each.urn: each.name for each in graph}
    assert {names[urn].removeprefix("chat-cluster-") for urn in learned.depends_on} == {"vpn-gateway", "private-routes"}


def test_the_router_of_google_tells_of_nodes_and_pods_alone() -> None:
    graph, (link,) = stack("aws", "gcp", "there"), plan_of("aws", "gcp", "there").links
    router = graph.find("gcp:compute/router:Router", "chat-cluster-vpn-router")
    assert router.inputs["bgp"] == {
        "asn": link.own_asn,
        "advertiseMode": "CUSTOM",
        "advertisedIpRanges": [{"range": each} for each in link.own_ranges],
    }


def test_each_tunnel_of_google_goes_from_one_of_two_interfaces_to_one_of_the_others_addresses() -> None:
    graph, (link,) = stack("aws", "gcp", "there"), plan_of("aws", "gcp", "there").links
    (there,) = of(graph, "gcp:compute/externalVpnGateway:ExternalVpnGateway")
    assert there.inputs["redundancyType"] == "FOUR_IPS_REDUNDANCY"
    assert [each["ipAddress"] for each in there.inputs["interfaces"]] == ADDRESSES
    tunnels = of(graph, CONNECTION["gcp"])
    assert [each.inputs["vpnGatewayInterface"] for each in tunnels] == [0, 0, 1, 1]
    assert [each.inputs["peerExternalGatewayInterface"] for each in tunnels] == [0, 1, 2, 3]
    assert {each.inputs["ikeVersion"] for each in tunnels} == {2}
    interfaces = of(graph, "gcp:compute/routerInterface:RouterInterface")
    assert [each.inputs["ipRange"] for each in interfaces] == [f"{each.own_inside}/30" for each in link.tunnels]
    peers = of(graph, "gcp:compute/routerPeer:RouterPeer")
    assert [each.inputs["peerIpAddress"] for each in peers] == [each.other_inside for each in link.tunnels]
    assert {each.inputs["peerAsn"] for each in peers} == {link.asn}


def test_the_gateway_of_azure_has_two_instances_in_a_subnet_of_its_own_name() -> None:
    graph, (link,) = stack("aws", "azure", "there"), plan_of("aws", "azure", "there").links
    (gateway,) = of(graph, GATEWAY["azure"])
    assert (gateway.inputs["activeActive"], gateway.inputs["enableBgp"]) == (True, True)
    assert len(gateway.inputs["ipConfigurations"]) == 2
    speaker = gateway.inputs["bgpSettings"]
    assert speaker["asn"] == link.own_asn
    own = [[tunnel.own_inside for tunnel in link.tunnels if tunnel.own == number] for number in (0, 1)]
    assert [each["customBgpIpAddresses"] for each in speaker["bgpPeeringAddresses"]] == own
    subnet = graph.find("azure-native:network:Subnet", "chat-cluster-vpn-subnet")
    assert subnet.inputs["subnetName"] == "GatewaySubnet"
    vnet = graph.find("azure-native:network:VirtualNetwork", "chat-cluster-network")
    assert subnet.inputs["addressPrefix"] in vnet.inputs["addressSpace"]["addressPrefixes"]


def test_a_connection_of_azure_binds_an_address_to_an_instance_and_agrees_on_strong_ciphers_alone() -> None:
    graph, (link,) = stack("aws", "azure", "there"), plan_of("aws", "azure", "there").links
    ends_there = of(graph, "azure-native:network:LocalNetworkGateway")
    assert [each.inputs["gatewayIpAddress"] for each in ends_there] == ADDRESSES
    speakers = [each.inputs["bgpSettings"] for each in ends_there]
    assert speakers == [{"asn": link.asn, "bgpPeeringAddress": each.other_inside} for each in link.tunnels]
    for made, tunnel in zip(of(graph, CONNECTION["azure"]), link.tunnels, strict=True):
        inside = made.inputs["gatewayCustomBgpIpAddresses"]
        assert inside[tunnel.own]["customBgpIpAddress"] == tunnel.own_inside
        (policy,) = made.inputs["ipsecPolicies"]
        assert (policy["ikeEncryption"], policy["ikeIntegrity"], policy["dhGroup"]) == ("AES256", "SHA256", "DHGroup14")
        assert (policy["ipsecEncryption"], policy["pfsGroup"]) == ("AES256", "PFS14")
        assert (made.inputs["connectionProtocol"], made.inputs["enableBgp"]) == ("IKEv2", True)


@pytest.mark.parametrize("cloud", [grouped(cloud) for cloud in CLOUDS])
def test_a_peering_waits_for_the_others_network_and_then_is_made(cloud: str) -> None:
    assert of(stack(cloud, cloud, known=False), PEERING[cloud]) == []
    graph = stack(cloud, cloud)
    (made,) = of(graph, PEERING[cloud])
    assert NAMES[cloud] in repr(dict(made.inputs))
    assert check(graph) == ()
    for token in GATEWAY.values():
        assert of(graph, token) == []


def test_one_end_of_aws_asks_and_the_other_accepts_and_both_lead_to_exactly_the_others_nodes() -> None:
    for placement in ("here", "there"):
        graph, (link,) = stack("aws", "aws", placement), plan_of("aws", "aws", placement).links
        routes = of(graph, "aws:ec2/route:Route")
        assert [each.inputs["destinationCidrBlock"] for each in routes] == list(link.ranges)
    (accepted,) = of(stack("aws", "aws", "there"), "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter")
    assert (accepted.inputs["vpcPeeringConnectionId"], accepted.inputs["autoAccept"]) == ("pcx-0123456789abcdef0", True)
    (asked,) = of(stack("aws", "aws"), PEERING["aws"])
    assert (asked.inputs["peerRegion"], asked.inputs["autoAccept"]) == ("us-east-2", False)


@pytest.mark.parametrize("cloud", [grouped(cloud) for cloud in CLOUDS])
def test_a_private_endpoint_answers_to_both_ends_and_to_nobody_else(cloud: str) -> None:
    graph, (link,) = stack(cloud, cloud), plan_of(cloud, cloud).links
    (proxies,) = [each for each in graph if each.type.endswith("EnvoyProxy") or "EnvoyProxy" in repr(each.inputs)][:1]
    service = proxies.inputs["spec"]["provider"]["kubernetes"]["envoyService"]
    assert service["loadBalancerSourceRanges"] == sorted({*link.own_ranges, *link.ranges})


def test_a_connection_without_a_key_is_refused_with_the_command_that_sets_it() -> None:
    with pytest.raises(InputError, match=r"interconnect_keys.there: found nothing; .* --secret --path 'interconnect_"):
        keyed("aws", "gcp", None)


def test_a_short_key_is_refused_without_being_repeated() -> None:
    with pytest.raises(InputError) as refused:
        keyed("aws", "gcp", {"there": "hunter2-short"})
    assert "found another form; allowed: 32 to 128 printable characters" in str(refused.value)
    assert "hunter2" not in str(refused.value)
