"""EKS with an autoscaling group of one's own: functions that return resources, dictionaries, one file per nothing."""

import json

import pulumi
import pulumi_aws as aws_

tags = {"owner": "search-platform", "cost_center": "ml-4711", "environment": "production"}
east = aws_.Provider("east", region="us-east-2", default_tags={"tags": tags})
within = pulumi.InvokeOptions(provider=east)
o = pulumi.ResourceOptions(provider=east)


def network():
    vpc = aws_.ec2.Vpc("vpc", cidr_block="10.40.0.0/16", opts=o)
    private = [
        aws_.ec2.Subnet(f"p{n}", vpc_id=vpc.id, availability_zone=f"us-east-2{z}", cidr_block=f"10.40.{n}.0/24", opts=o)
        for n, z in enumerate("ab")
    ]
    public = aws_.ec2.Subnet(
        "front",
        vpc_id=vpc.id,
        availability_zone="us-east-2a",
        cidr_block="10.40.9.0/24",
        map_public_ip_on_launch=True,
        opts=o,
    )
    address = aws_.ec2.Eip("nat", domain="vpc", opts=o)
    aws_.ec2.NatGateway("nat", subnet_id=public.id, allocation_id=address.id, opts=o)
    aws_.ec2.VpcEndpoint("s3", vpc_id=vpc.id, service_name="com.amazonaws.us-east-2.s3", opts=o)
    workers = aws_.ec2.SecurityGroup(
        "workers",
        vpc_id=vpc.id,
        description="Nodes among themselves",
        ingress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "self": True}],
        egress=[{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}],
        opts=o,
    )
    return private, workers


def role(name, service, *policies):
    doc = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    arns = [f"arn:aws:iam::aws:policy/{policy}" for policy in policies]
    return aws_.iam.Role(name, assume_role_policy=json.dumps(doc), managed_policy_arns=arns, opts=o)


private, workers = network()
secrets = aws_.kms.Key("secrets", enable_key_rotation=True, opts=o)
logs = aws_.cloudwatch.LogGroup("logs", name="/aws/eks/inference/cluster", retention_in_days=180, opts=o)
cluster = aws_.eks.Cluster(
    "cluster",
    name="inference",
    version="1.35",
    role_arn=role("cluster", "eks.amazonaws.com", "AmazonEKSClusterPolicy").arn,
    vpc_config={
        "subnet_ids": [s.id for s in private],
        "endpoint_private_access": True,
        "endpoint_public_access": False,
    },
    encryption_config={"provider": {"key_arn": secrets.arn}, "resources": ["secrets"]},
    enabled_cluster_log_types=["api", "audit"],
    opts=pulumi.ResourceOptions(provider=east, depends_on=[logs], protect=True),
)
aws_.iam.OpenIdConnectProvider(
    "oidc", url=cluster.identities[0].oidcs[0].issuer, client_id_lists=["sts.amazonaws.com"], opts=o
)
aws_.eks.Addon(
    "cni",
    cluster_name=cluster.name,
    addon_name="vpc-cni",
    configuration_values='{"enableNetworkPolicy": "true"}',
    opts=o,
)
nodes = role("nodes", "ec2.amazonaws.com", "AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy")
aws_.eks.AccessEntry("nodes", cluster_name=cluster.name, principal_arn=nodes.arn, type="EC2_LINUX", opts=o)
profile = aws_.iam.InstanceProfile("nodes", role=nodes.name, opts=o)
template = aws_.ec2.LaunchTemplate(
    "gpu",
    image_id="ami-0123456789abcdef0",
    instance_type="g6.12xlarge",
    iam_instance_profile={"arn": profile.arn},
    vpc_security_group_ids=[workers.id, cluster.vpc_config.cluster_security_group_id],
    metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
    block_device_mappings=[{"device_name": "/dev/xvda", "ebs": {"volume_size": 250, "encrypted": "true"}}],
    tag_specifications=[{"resource_type": kind, "tags": tags} for kind in ("instance", "volume")],
    opts=o,
)
group = aws_.autoscaling.Group(
    "gpu",
    min_size=1,
    max_size=4,
    vpc_zone_identifiers=[private[0].id],
    launch_template={"id": template.id, "version": template.latest_version.apply(str)},
    tags=[
        aws_.autoscaling.GroupTagArgs(key=k, value=v, propagate_at_launch=True)
        for k, v in {**tags, "kubernetes.io/cluster/inference": "owned"}.items()
    ],
    opts=pulumi.ResourceOptions(provider=east, ignore_changes=["desiredCapacity"]),
)
aws_.budgets.Budget(
    "month",
    budget_type="COST",
    time_unit="MONTHLY",
    limit_amount="15000",
    limit_unit="USD",
    notifications=[
        {
            "comparison_operator": "GREATER_THAN",
            "notification_type": "ACTUAL",
            "threshold": 90,
            "threshold_type": "PERCENTAGE",
            "subscriber_email_addresses": ["search@example.com"],
        }
    ],
    opts=o,
)
