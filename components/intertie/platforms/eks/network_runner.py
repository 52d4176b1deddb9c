"""The way of the machine that runs Pulumi to an API with a private address alone."""

import pulumi
from pulumi_aws import ec2, eks, vpc

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.naming import digest
from intertie.platforms.children import child
from intertie.platforms.tags import tags


def connect(plan: Plan, options: BuildOptions, network: ec2.Vpc, routes: ec2.RouteTable) -> list[pulumi.Resource]:
    """Peers the network with the runner's, if it is named, and leads answers back. Its own routes are not ours.

    Same account and region: then the connection is accepted by the one who asks for it.
    """
    operations = plan.operations
    if not operations.runner_network:
        return []
    name, opts = child(options, "runner-peering")
    peering = ec2.VpcPeeringConnection(
        name,
        region=plan.region,
        vpc_id=network.id,
        peer_vpc_id=operations.runner_network,
        auto_accept=True,
        tags={**tags(plan, "aws"), "Name": f"{plan.cluster}-runner"},
        opts=opts,
    )
    made: list[pulumi.Resource] = [peering]
    for cidr in operations.runner_ranges:
        name, opts = child(options, f"runner-route-{digest(cidr, 6)}")
        made.append(
            ec2.Route(
                name,
                region=plan.region,
                route_table_id=routes.id,
                destination_cidr_block=cidr,
                vpc_peering_connection_id=peering.id,
                opts=opts,
            )
        )
    return made


def let_in(plan: Plan, options: BuildOptions, cluster: eks.Cluster) -> list[pulumi.Resource]:
    """HTTPS from the runner's addresses to the API: its private address answers to the cluster's own group alone."""
    group = cluster.vpc_config.apply(lambda config: config.cluster_security_group_id)
    made: list[pulumi.Resource] = []
    for cidr in plan.operations.runner_ranges:
        name, opts = child(options, f"runner-in-{digest(cidr, 6)}")
        made.append(
            vpc.SecurityGroupIngressRule(
                name,
                region=plan.region,
                security_group_id=group,
                cidr_ipv4=cidr,
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                description="Kubernetes API from where Pulumi runs",
                tags=tags(plan, "aws"),
                opts=opts,
            )
        )
    return made
