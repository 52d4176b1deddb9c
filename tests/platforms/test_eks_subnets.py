"""Ranges, routes and the way out of an EKS cluster."""

from ipaddress import IPv4Network

from support.eks import CLUSTER, built, sources


def test_service_addresses_lie_in_no_range_of_the_vpc():
    network = built().graph.find("aws:ec2/vpc:Vpc", "here-vpc").inputs
    more = built().graph.of_type("aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation")
    ranges = [IPv4Network(each) for each in (network["cidrBlock"], *(one.inputs["cidrBlock"] for one in more))]
    config = built().graph.find(CLUSTER, "here-control-plane").inputs["kubernetesNetworkConfig"]
    assert not any(IPv4Network(config["serviceIpv4Cidr"]).overlaps(each) for each in ranges)
    for subnet in built().graph.of_type("aws:ec2/subnet:Subnet"):
        assert any(IPv4Network(subnet.inputs["cidrBlock"]).subnet_of(each) for each in ranges)


def test_nodes_reach_the_world_through_one_regional_gateway():
    nat = built().graph.find("aws:ec2/natGateway:NatGateway", "here-nat").inputs
    assert nat["availabilityMode"] == "regional"
    assert "subnetId" not in nat
    assert "allocationId" not in nat
    route = built().graph.find("aws:ec2/route:Route", "here-private-default-route")
    assert [each.name for each in sources(built().graph, route, "natGatewayId")] == ["here-nat"]


def test_weights_do_not_pay_for_the_gateway():
    endpoint = built().graph.find("aws:ec2/vpcEndpoint:VpcEndpoint", "here-s3-endpoint")
    assert endpoint.inputs["serviceName"] == "com.amazonaws.us-east-1.s3"
    assert [each.name for each in sources(built().graph, endpoint, "routeTableIds")] == ["here-private-routes"]


def test_private_and_public_subnets_can_be_found_by_load_balancers():
    for subnet in built().graph.of_type("aws:ec2/subnet:Subnet"):
        inner = subnet.name.startswith("here-private")
        role = "kubernetes.io/role/internal-elb" if inner else "kubernetes.io/role/elb"
        assert subnet.inputs["tags"][role] == "1"
        assert subnet.inputs["mapPublicIpOnLaunch"] is False
