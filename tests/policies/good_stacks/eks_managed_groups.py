"""EKS with managed node groups, written top to bottom with argument classes; tags come from the provider."""

import json

import pulumi
from pulumi_aws import Provider, ProviderDefaultTagsArgs, budgets, cloudwatch, ec2, eks, iam, kms

TAGS = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
aws = Provider(
    "aws", region="us-east-1", allowed_account_ids=["123456789012"], default_tags=ProviderDefaultTagsArgs(tags=TAGS)
)
opts = pulumi.ResourceOptions(provider=aws)

vpc = ec2.Vpc("main", cidr_block="10.20.0.0/16", enable_dns_hostnames=True, enable_dns_support=True, opts=opts)
gateway = ec2.InternetGateway("main", vpc_id=vpc.id, opts=opts)
nat = ec2.NatGateway("main", availability_mode="regional", vpc_id=vpc.id, opts=opts)
routes = ec2.RouteTable("private", vpc_id=vpc.id, opts=opts)
ec2.Route("out", route_table_id=routes.id, destination_cidr_block="0.0.0.0/0", nat_gateway_id=nat.id, opts=opts)
subnets = [
    ec2.Subnet(
        f"private-{zone}",
        vpc_id=vpc.id,
        availability_zone=f"us-east-1{zone}",
        cidr_block=f"10.20.{index * 64}.0/18",
        map_public_ip_on_launch=False,
        opts=opts,
    )
    for index, zone in enumerate("abc")
]
ec2.VpcEndpoint(
    "s3",
    vpc_id=vpc.id,
    service_name="com.amazonaws.us-east-1.s3",
    vpc_endpoint_type="Gateway",
    route_table_ids=[routes.id],
    opts=opts,
)


def role(name: str, service: str, *policies: str) -> iam.Role:
    """A role that a service of AWS takes on."""
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    made = iam.Role(name, assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}), opts=opts)
    for policy in policies:
        arn = f"arn:aws:iam::aws:policy/{policy}"
        iam.RolePolicyAttachment(f"{name}-{policy}", role=made.name, policy_arn=arn, opts=opts)
    return made


nodes = role("nodes", "ec2.amazonaws.com", "AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
key = kms.Key("secrets", enable_key_rotation=True, deletion_window_in_days=30, opts=opts)
logs = cloudwatch.LogGroup("cluster", name="/aws/eks/inference/cluster", retention_in_days=90, opts=opts)
cluster = eks.Cluster(
    "inference",
    name="inference",
    role_arn=role("cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy").arn,
    version="1.35",
    access_config=eks.ClusterAccessConfigArgs(
        authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
    ),
    vpc_config=eks.ClusterVpcConfigArgs(
        subnet_ids=[subnet.id for subnet in subnets],
        endpoint_private_access=True,
        endpoint_public_access=True,
        public_access_cidrs=["198.51.100.0/24"],
    ),
    encryption_config=eks.ClusterEncryptionConfigArgs(
        provider=eks.ClusterEncryptionConfigProviderArgs(key_arn=key.arn), resources=["secrets"]
    ),
    enabled_cluster_log_types=["api", "audit", "authenticator"],
    deletion_protection=True,
    opts=pulumi.ResourceOptions(provider=aws, depends_on=[logs]),
)
eks.AccessEntry(
    "admins", cluster_name=cluster.name, principal_arn="arn:aws:iam::123456789012:role/platform-admins", opts=opts
)
eks.Addon("identity", cluster_name=cluster.name, addon_name="eks-pod-identity-agent", opts=opts)
eks.Addon("dns", cluster_name=cluster.name, addon_name="coredns", opts=opts)
eks.Addon(
    "network",
    cluster_name=cluster.name,
    addon_name="vpc-cni",
    configuration_values=json.dumps({"enableNetworkPolicy": "true"}),
    opts=opts,
)


def template(name: str, gib: int) -> ec2.LaunchTemplate:
    """What every machine of a group is made from."""
    return ec2.LaunchTemplate(
        name,
        metadata_options=ec2.LaunchTemplateMetadataOptionsArgs(http_tokens="required", http_put_response_hop_limit=1),
        block_device_mappings=[
            ec2.LaunchTemplateBlockDeviceMappingArgs(
                device_name="/dev/xvda",
                ebs=ec2.LaunchTemplateBlockDeviceMappingEbsArgs(volume_size=gib, volume_type="gp3", encrypted="true"),
            )
        ],
        tag_specifications=[
            ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=TAGS) for kind in ("instance", "volume")
        ],
        opts=opts,
    )


def group(name: str, machine: str, image: str, least: int, most: int, *taints: str) -> eks.NodeGroup:
    """A managed group of one machine type."""
    launch = template(name, 300 if taints else 100)
    return eks.NodeGroup(
        name,
        cluster_name=cluster.name,
        node_role_arn=nodes.arn,
        subnet_ids=[subnet.id for subnet in subnets],
        instance_types=[machine],
        capacity_type="ON_DEMAND",
        ami_type=image,
        launch_template=eks.NodeGroupLaunchTemplateArgs(id=launch.id, version=launch.latest_version.apply(str)),
        scaling_config=eks.NodeGroupScalingConfigArgs(desired_size=max(least, 1), min_size=least, max_size=most),
        taints=[eks.NodeGroupTaintArgs(key=key, value="present", effect="NO_SCHEDULE") for key in taints],
        update_config=eks.NodeGroupUpdateConfigArgs(max_unavailable=1),
        opts=pulumi.ResourceOptions(provider=aws, ignore_changes=["scalingConfig.desiredSize"]),
    )


group("system", "m7i.xlarge", "AL2023_x86_64_STANDARD", 2, 4)
group("l4", "g6.12xlarge", "AL2023_x86_64_NVIDIA", 1, 6, "nvidia.com/gpu")
budgets.Budget(
    "accelerators",
    budget_type="COST",
    limit_amount="20000",
    limit_unit="USD",
    time_unit="MONTHLY",
    notifications=[
        budgets.BudgetNotificationArgs(
            comparison_operator="GREATER_THAN",
            notification_type="FORECASTED",
            threshold=80,
            threshold_type="PERCENTAGE",
            subscriber_email_addresses=["search@example.com"],
        )
    ],
    opts=opts,
)
