"""Private endpoints: what nodes and pods ask of AWS itself never leaves the network, and needs no way out."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import ec2, vpc

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.tags import tags

SERVICES = (
    "ecr.api", "ecr.dkr",  # images
    "sts", "eks-auth",  # identity of pods
    "ec2", "eks", "autoscaling", "elasticloadbalancing",  # what the node, its agents and the controllers ask
    "logs", "kms", "secretsmanager",  # records, keys, secrets
)  # fmt: skip
"""Services with an interface endpoint: those that a node needs to join, and that the components ask at run time."""


def build(
    plan: Plan,
    options: BuildOptions,
    network: ec2.Vpc,
    subnets: Sequence[pulumi.Input[str]],
    routes: ec2.RouteTable,
) -> list[pulumi.Resource]:
    """The gateway endpoint of S3, which costs nothing; and, if the description wants them, one per service."""
    made: list[pulumi.Resource] = [_gateway(plan, options, network, routes)]
    if not plan.operations.endpoints:
        return made
    group = _group(plan, options, network)
    return [*made, *(_interface(plan, options, network, service, subnets=subnets, group=group) for service in SERVICES)]


def _gateway(plan: Plan, options: BuildOptions, network: ec2.Vpc, table: ec2.RouteTable) -> ec2.VpcEndpoint:
    """Weights and image layers come from S3: through the gateway endpoint they cost no NAT traffic."""
    name, opts = child(options, "s3-endpoint")
    return ec2.VpcEndpoint(
        name,
        region=plan.region,
        vpc_id=network.id,
        vpc_endpoint_type="Gateway",
        service_name=f"com.amazonaws.{plan.region}.s3",
        route_table_ids=[table.id],
        tags={**tags(plan, "aws"), "Name": f"{plan.cluster}-s3"},
        opts=opts,
    )


def _interface(
    plan: Plan,
    options: BuildOptions,
    network: ec2.Vpc,
    service: str,
    *,
    subnets: Sequence[pulumi.Input[str]],
    group: ec2.SecurityGroup,
) -> ec2.VpcEndpoint:
    """An address in every zone, under the service's own name: nothing that asks for it has to be told."""
    role = f"{service.replace('.', '-')}-endpoint"
    name, opts = child(options, role)
    return ec2.VpcEndpoint(
        name,
        region=plan.region,
        vpc_id=network.id,
        vpc_endpoint_type="Interface",
        service_name=f"com.amazonaws.{plan.region}.{service}",
        private_dns_enabled=True,
        subnet_ids=list(subnets),
        security_group_ids=[group.id],
        tags={**tags(plan, "aws"), "Name": f"{plan.cluster}-{role}"},
        opts=opts,
    )


def _group(plan: Plan, options: BuildOptions, network: ec2.Vpc) -> ec2.SecurityGroup:
    """HTTPS from nodes and pods, and nothing else in either way."""
    name, opts = child(options, "endpoints")
    group = ec2.SecurityGroup(
        name,
        region=plan.region,
        vpc_id=network.id,
        description=f"Private endpoints of {plan.cluster}",
        tags={**tags(plan, "aws"), "Name": f"{plan.cluster}-endpoints"},
        opts=opts,
    )
    name, opts = child(options, "endpoints-in")
    vpc.SecurityGroupIngressRule(
        name,
        region=plan.region,
        security_group_id=group.id,
        cidr_ipv4=plan.addresses.nodes,
        ip_protocol="tcp",
        from_port=443,
        to_port=443,
        description="HTTPS from nodes and pods",
        tags=tags(plan, "aws"),
        opts=opts,
    )
    return group
