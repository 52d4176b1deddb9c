"""EKS whose own pods run on Fargate, with Trainium groups on demand and on spot; settings as data above the code."""

import json

import pulumi
from pulumi_aws import Provider, budgets, cloudwatch, ec2, eks, iam, kms, s3, sns

REGION, NAME = "us-east-2", "trn"
TAGS = {"owner": "research-platform", "cost_center": "ml-4713", "environment": "production", "Name": NAME}
GROUPS = {"steady": ("ON_DEMAND", ["trn1.32xlarge"], 1, 2), "burst": ("SPOT", ["inf2.24xlarge", "inf2.48xlarge"], 0, 4)}

provider = Provider("aws", region=REGION)
opts = pulumi.ResourceOptions(provider=provider)
vpc = ec2.Vpc("vpc", cidr_block="10.50.0.0/16", tags=TAGS, opts=opts)
subnets = {
    zone: ec2.Subnet(
        f"private-{zone}",
        vpc_id=vpc.id,
        availability_zone=f"{REGION}{zone}",
        cidr_block=f"10.50.{16 * index}.0/20",
        tags=TAGS,
        opts=opts,
    )
    for index, zone in enumerate("abc")
}
for service in ("ecr.api", "ecr.dkr", "sts", "logs"):
    ec2.VpcEndpoint(
        service,
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{REGION}.{service}",
        vpc_endpoint_type="Interface",
        private_dns_enabled=True,
        tags=TAGS,
        opts=opts,
    )


def trusted(service: str) -> str:
    """Who may take on a role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


weights = s3.Bucket("weights", bucket=f"acme-{NAME}-weights", tags=TAGS, opts=opts)
s3.BucketPublicAccessBlock(
    "weights",
    bucket=weights.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
    opts=opts,
)
s3.BucketPolicy(
    "weights",
    bucket=weights.id,
    policy=weights.arn.apply(
        lambda arn: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [arn, f"{arn}/*"],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ],
            }
        )
    ),
    opts=opts,
)
reader = iam.Role("reader", assume_role_policy=trusted("pods.eks.amazonaws.com"), tags=TAGS, opts=opts)
iam.RolePolicy(
    "reader",
    role=reader.id,
    policy=pulumi.Output.json_dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": weights.arn}]}
    ),
    opts=opts,
)
key = kms.Key("secrets", enable_key_rotation=True, tags=TAGS, opts=opts)
log_group = cloudwatch.LogGroup("logs", name=f"/aws/eks/{NAME}/cluster", retention_in_days=30, tags=TAGS, opts=opts)
cluster = eks.Cluster(
    NAME,
    name=NAME,
    version="1.35",
    role_arn=iam.Role("control", assume_role_policy=trusted("eks.amazonaws.com"), tags=TAGS, opts=opts).arn,
    access_config=eks.ClusterAccessConfigArgs(authentication_mode="API"),
    vpc_config=eks.ClusterVpcConfigArgs(
        subnet_ids=[subnet.id for subnet in subnets.values()],
        endpoint_public_access=False,
        endpoint_private_access=True,
    ),
    encryption_config=eks.ClusterEncryptionConfigArgs(
        provider=eks.ClusterEncryptionConfigProviderArgs(key_arn=key.arn), resources=["secrets"]
    ),
    enabled_cluster_log_types=["audit", "authenticator"],
    deletion_protection=True,
    tags=TAGS,
    opts=pulumi.ResourceOptions(provider=provider, depends_on=[log_group]),
)
eks.FargateProfile(
    "system",
    cluster_name=cluster.name,
    pod_execution_role_arn=iam.Role(
        "fargate", assume_role_policy=trusted("eks-fargate-pods.amazonaws.com"), tags=TAGS, opts=opts
    ).arn,
    subnet_ids=[subnet.id for subnet in subnets.values()],
    selectors=[eks.FargateProfileSelectorArgs(namespace="kube-system", labels={"fargate": "true"})],
    tags=TAGS,
    opts=opts,
)
for addon in ("eks-pod-identity-agent", "vpc-cni"):
    eks.Addon(
        addon,
        cluster_name=cluster.name,
        addon_name=addon,
        configuration_values=json.dumps({"enableNetworkPolicy": "true"} if addon == "vpc-cni" else {}),
        tags=TAGS,
        opts=opts,
    )
eks.PodIdentityAssociation(
    "reader",
    cluster_name=cluster.name,
    namespace="serve",
    service_account="serve",
    role_arn=reader.arn,
    tags=TAGS,
    opts=opts,
)
nodes = iam.Role("nodes", assume_role_policy=trusted("ec2.amazonaws.com"), tags=TAGS, opts=opts)
for name, (capacity, machines, least, most) in GROUPS.items():
    launch = ec2.LaunchTemplate(
        name,
        metadata_options=ec2.LaunchTemplateMetadataOptionsArgs(http_tokens="required", http_put_response_hop_limit=1),
        block_device_mappings=[
            ec2.LaunchTemplateBlockDeviceMappingArgs(
                device_name="/dev/xvda",
                ebs=ec2.LaunchTemplateBlockDeviceMappingEbsArgs(volume_size=512, volume_type="gp3"),
            )
        ],
        tag_specifications=[
            ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=TAGS) for kind in ("instance", "volume")
        ],
        tags=TAGS,
        opts=opts,
    )
    eks.NodeGroup(
        name,
        cluster_name=cluster.name,
        node_role_arn=nodes.arn,
        subnet_ids=[subnets["b"].id],
        capacity_type=capacity,
        instance_types=machines,
        ami_type="AL2023_x86_64_NEURON",
        launch_template=eks.NodeGroupLaunchTemplateArgs(id=launch.id, version=launch.latest_version.apply(str)),
        scaling_config=eks.NodeGroupScalingConfigArgs(desired_size=least, min_size=least, max_size=most),
        taints=[eks.NodeGroupTaintArgs(key="aws.amazon.com/neuron", value="present", effect="NO_SCHEDULE")],
        labels={"capacity": capacity.lower().replace("_", "-")},
        tags=TAGS,
        opts=pulumi.ResourceOptions(provider=provider, ignore_changes=["scalingConfig.desiredSize"]),
    )
topic = sns.Topic("money", tags=TAGS, opts=opts)
budgets.Budget(
    "trainium",
    budget_type="COST",
    limit_amount="60000",
    limit_unit="USD",
    time_unit="MONTHLY",
    notifications=[
        budgets.BudgetNotificationArgs(
            comparison_operator="GREATER_THAN",
            notification_type="ACTUAL",
            threshold=75,
            threshold_type="PERCENTAGE",
            subscriber_sns_topic_arns=[topic.arn],
        )
    ],
    tags=TAGS,
    opts=opts,
)
