"""EKS whose nodes Karpenter starts: a class for the platform, tags on every resource, Helm and custom resources."""

import json

import pulumi
import pulumi_kubernetes as k8s
from pulumi_aws import Provider, cloudwatch, ec2, eks, iam, kms, sqs

TAGS = {"Owner": "search-platform", "CostCenter": "ml-4711", "Environment": "production"}
LOWER = {"owner": "search-platform", "cost-center": "ml-4711", "environment": "production"}


class Platform(pulumi.ComponentResource):
    """A cluster with a small group for itself, and Karpenter for everything else."""

    def __init__(self, name: str, zones: list[str]) -> None:
        super().__init__("acme:platform:Platform", name)
        provider = Provider(f"{name}-aws", region="us-west-2", opts=pulumi.ResourceOptions(parent=self))
        self.opts = pulumi.ResourceOptions(parent=self, provider=provider)
        vpc = ec2.Vpc(f"{name}-vpc", cidr_block="10.30.0.0/16", tags=TAGS, opts=self.opts)
        self.subnets = [
            ec2.Subnet(
                f"{name}-{zone}",
                vpc_id=vpc.id,
                availability_zone=f"us-west-2{zone}",
                cidr_block=f"10.30.{index}.0/24",
                tags={**TAGS, "karpenter.sh/discovery": name, "kubernetes.io/role/internal-elb": "1"},
                opts=self.opts,
            )
            for index, zone in enumerate(zones)
        ]
        self.control_plane(name)
        self.system_group(name)
        self.karpenter(name)

    def control_plane(self, name: str) -> None:
        trust = {"Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        role = iam.Role(
            f"{name}-role", assume_role_policy=json.dumps({"Statement": [trust]}), tags=TAGS, opts=self.opts
        )
        key = kms.Key(f"{name}-key", enable_key_rotation=True, tags=TAGS, opts=self.opts)
        logs = cloudwatch.LogGroup(
            f"{name}-logs", name=f"/aws/eks/{name}/cluster", retention_in_days=30, tags=TAGS, opts=self.opts
        )
        self.cluster = eks.Cluster(
            name,
            name=name,
            version="1.35",
            role_arn=role.arn,
            access_config={"authentication_mode": "API"},
            vpc_config={
                "subnet_ids": [subnet.id for subnet in self.subnets],
                "endpoint_private_access": True,
                "endpoint_public_access": False,
            },
            encryption_config={"provider": {"key_arn": key.arn}, "resources": ["secrets"]},
            enabled_cluster_log_types=["audit"],
            deletion_protection=True,
            tags=TAGS,
            opts=pulumi.ResourceOptions.merge(self.opts, pulumi.ResourceOptions(depends_on=[logs])),
        )
        for addon, values in {"vpc-cni": {"enableNetworkPolicy": "true"}, "eks-pod-identity-agent": {}}.items():
            eks.Addon(
                addon,
                addon_name=addon,
                cluster_name=self.cluster.name,
                configuration_values=json.dumps(values),
                tags=TAGS,
                opts=self.opts,
            )

    def system_group(self, name: str) -> None:
        trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        self.nodes = iam.Role(
            f"{name}-nodes", assume_role_policy=json.dumps({"Statement": [trust]}), tags=TAGS, opts=self.opts
        )
        launch = ec2.LaunchTemplate(
            f"{name}-system",
            metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
            tag_specifications=[{"resource_type": kind, "tags": TAGS} for kind in ("instance", "volume")],
            tags=TAGS,
            opts=self.opts,
        )
        self.group = eks.NodeGroup(
            f"{name}-system",
            cluster_name=self.cluster.name,
            node_role_arn=self.nodes.arn,
            subnet_ids=[subnet.id for subnet in self.subnets],
            instance_types=["m7i.large"],
            ami_type="AL2023_x86_64_STANDARD",
            launch_template={"id": launch.id, "version": launch.latest_version.apply(str)},
            scaling_config={"desired_size": 2, "min_size": 2, "max_size": 3},
            tags=TAGS,
            opts=pulumi.ResourceOptions.merge(
                self.opts, pulumi.ResourceOptions(ignore_changes=["scalingConfig.desiredSize"])
            ),
        )
        eks.AccessEntry(
            f"{name}-nodes",
            cluster_name=self.cluster.name,
            principal_arn=self.nodes.arn,
            type="EC2_LINUX",
            opts=self.opts,
        )

    def karpenter(self, name: str) -> None:
        queue = sqs.Queue(f"{name}-interruptions", message_retention_seconds=300, tags=TAGS, opts=self.opts)
        cluster = k8s.Provider(
            f"{name}-k8s",
            kubeconfig=pulumi.Output.secret("{}"),
            cluster_identifier=name,
            opts=pulumi.ResourceOptions(parent=self),
        )
        opts = pulumi.ResourceOptions(parent=self, provider=cluster, depends_on=[self.group])
        chart = k8s.helm.v3.Release(
            "karpenter",
            chart="oci://public.ecr.aws/karpenter/karpenter",
            version="1.13.0",
            namespace="karpenter",
            create_namespace=True,
            values={"settings": {"clusterName": name, "interruptionQueue": queue.name}, "replicas": 2},
            opts=opts,
        )
        after = pulumi.ResourceOptions(parent=self, provider=cluster, depends_on=[chart])
        k8s.apiextensions.CustomResource(
            "accelerators-class",
            api_version="karpenter.k8s.aws/v1",
            kind="EC2NodeClass",
            metadata={"name": "accelerators"},
            spec={
                "amiSelectorTerms": [{"alias": "al2023@v20261101"}],
                "role": self.nodes.name,
                "subnetSelectorTerms": [{"tags": {"karpenter.sh/discovery": name}}],
                "securityGroupSelectorTerms": [{"tags": {"karpenter.sh/discovery": name}}],
                "blockDeviceMappings": [
                    {"deviceName": "/dev/xvda", "ebs": {"volumeSize": "300Gi", "volumeType": "gp3"}}
                ],
                "tags": LOWER,
            },
            opts=after,
        )
        k8s.apiextensions.CustomResource(
            "accelerators",
            api_version="karpenter.sh/v1",
            kind="NodePool",
            metadata={"name": "accelerators"},
            spec={
                "limits": {"nvidia.com/gpu": "16"},
                "template": {
                    "spec": {
                        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "accelerators"},
                        "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}],
                        "requirements": [
                            {
                                "key": "karpenter.sh/capacity-type",
                                "operator": "In",
                                "values": ["reserved", "on-demand"],
                            },
                            {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["g6e.12xlarge"]},
                        ],
                    }
                },
            },
            opts=after,
        )


platform = Platform("inference", ["a", "b"])
pulumi.export("cluster", platform.cluster.name)
