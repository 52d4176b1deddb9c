"""Writes what a deployer must be allowed: for each resource type of a platform, the actions it takes.

    python tools/build_deploy_actions.py          # components/intertie/platforms/{eks,aks,gke}/data/actions.csv

AWS: where CloudFormation has the type, the actions are those that its published schema names as needed to create, read,
update and delete it (cfn-lint, `handlers.*.permissions`), less those of services that the type does not touch here.
Where it has none, they are the API operations of the same name, which botocore must know.
"""

import csv
import json
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import botocore
from deploy_actions_elsewhere import azure_rows, gcp_rows

PLATFORMS = Path(__file__).parents[1] / "components/intertie/platforms"

CLOUDFORMATION = {
    "aws:cloudwatch/logGroup:LogGroup": ("AWS::Logs::LogGroup", "logs"),
    "aws:ec2/capacityReservation:CapacityReservation": ("AWS::EC2::CapacityReservation", "ec2"),
    "aws:ec2/flowLog:FlowLog": ("AWS::EC2::FlowLog", "ec2 iam logs"),
    "aws:ec2/internetGateway:InternetGateway": ("AWS::EC2::InternetGateway", "ec2"),
    "aws:ec2/launchTemplate:LaunchTemplate": ("AWS::EC2::LaunchTemplate", "ec2"),
    "aws:ec2/natGateway:NatGateway": ("AWS::EC2::NatGateway", "ec2"),
    "aws:ec2/placementGroup:PlacementGroup": ("AWS::EC2::PlacementGroup", "ec2"),
    "aws:ec2/route:Route": ("AWS::EC2::Route", "ec2"),
    "aws:ec2/routeTable:RouteTable": ("AWS::EC2::RouteTable", "ec2"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ("AWS::EC2::SubnetRouteTableAssociation", "ec2"),
    "aws:ec2/securityGroup:SecurityGroup": ("AWS::EC2::SecurityGroup", "ec2"),
    "aws:ec2/subnet:Subnet": ("AWS::EC2::Subnet", "ec2"),
    "aws:ec2/vpc:Vpc": ("AWS::EC2::VPC", "ec2"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("AWS::EC2::VPCEndpoint", "ec2"),
    "aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation": ("AWS::EC2::VPCCidrBlock", "ec2"),
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": ("AWS::EC2::VPCPeeringConnection", "ec2"),
    "aws:ec2/vpnGateway:VpnGateway": ("AWS::EC2::VPNGateway", "ec2"),
    "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation": ("AWS::EC2::VPNGatewayRoutePropagation", "ec2"),
    "aws:ec2/customerGateway:CustomerGateway": ("AWS::EC2::CustomerGateway", "ec2"),
    "aws:ec2/vpnConnection:VpnConnection": ("AWS::EC2::VPNConnection", "ec2"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ("AWS::EC2::SecurityGroupEgress", "ec2"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("AWS::EC2::SecurityGroupIngress", "ec2"),
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": (
        "AWS::ECR::PullThroughCacheRule",
        "ecr iam secretsmanager",
    ),
    "aws:ecr/repository:Repository": ("AWS::ECR::Repository", "ecr"),
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": (
        "AWS::ECR::RepositoryCreationTemplate",
        "ecr iam",
    ),
    "aws:eks/accessEntry:AccessEntry": ("AWS::EKS::AccessEntry", "eks"),
    "aws:eks/addon:Addon": ("AWS::EKS::Addon", "eks iam"),
    "aws:eks/cluster:Cluster": ("AWS::EKS::Cluster", "eks iam ec2 kms"),
    "aws:eks/nodeGroup:NodeGroup": ("AWS::EKS::Nodegroup", "eks iam ec2"),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": ("AWS::EKS::PodIdentityAssociation", "eks iam"),
    "aws:iam/role:Role": ("AWS::IAM::Role", "iam"),
    "aws:iam/rolePolicy:RolePolicy": ("AWS::IAM::RolePolicy", "iam"),
    "aws:kms/alias:Alias": ("AWS::KMS::Alias", "kms"),
    "aws:kms/key:Key": ("AWS::KMS::Key", "kms"),
    "aws:s3/bucketPolicy:BucketPolicy": ("AWS::S3::BucketPolicy", "s3"),
    "aws:secretsmanager/secret:Secret": ("AWS::SecretsManager::Secret", "secretsmanager"),
    "aws:amp/workspace:Workspace": ("AWS::APS::Workspace", "aps"),
    "aws:amp/scraper:Scraper": ("AWS::APS::Scraper", "aps eks iam"),
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace": ("AWS::APS::RuleGroupsNamespace", "aps"),
    "aws:budgets/budget:Budget": ("AWS::Budgets::Budget", "budgets"),
    "aws:sns/topic:Topic": ("AWS::SNS::Topic", "sns"),
    "aws:sns/topicPolicy:TopicPolicy": ("AWS::SNS::TopicPolicy", "sns"),
    "aws:sns/topicSubscription:TopicSubscription": ("AWS::SNS::Subscription", "sns"),
}
"""Pulumi type → CloudFormation type, and the services whose actions count."""

OPERATIONS = {
    "aws:amp/alertManagerDefinition:AlertManagerDefinition": (
        "aps:CreateAlertManagerDefinition aps:DeleteAlertManagerDefinition aps:DescribeAlertManagerDefinition "
        "aps:PutAlertManagerDefinition"
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": (
        "ec2:DescribeSecurityGroups ec2:DescribeSecurityGroupRules ec2:RevokeSecurityGroupEgress "
        "ec2:RevokeSecurityGroupIngress ec2:CreateTags ec2:DeleteTags"
    ),
    "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter": (
        "ec2:AcceptVpcPeeringConnection ec2:DescribeVpcPeeringConnections ec2:CreateTags ec2:DeleteTags"
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": (
        "eks:AssociateAccessPolicy eks:DisassociateAccessPolicy eks:ListAssociatedAccessPolicies"
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (
        "iam:AttachRolePolicy iam:DetachRolePolicy iam:ListAttachedRolePolicies"
    ),
    "aws:s3/bucket:Bucket": (
        "s3:CreateBucket s3:DeleteBucket s3:ListBucket s3:ListBucketVersions s3:GetBucketAcl s3:GetBucketCors "
        "s3:GetBucketLocation s3:GetBucketLogging s3:GetBucketObjectLockConfiguration s3:GetBucketPolicy "
        "s3:GetBucketRequestPayment s3:GetBucketTagging s3:GetBucketVersioning s3:GetBucketWebsite "
        "s3:GetAccelerateConfiguration s3:GetEncryptionConfiguration s3:GetLifecycleConfiguration "
        "s3:GetReplicationConfiguration s3:PutBucketTagging"
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": (
        "s3:GetLifecycleConfiguration s3:PutLifecycleConfiguration"
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": (
        "s3:GetBucketPublicAccessBlock s3:PutBucketPublicAccessBlock"
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "s3:GetEncryptionConfiguration s3:PutEncryptionConfiguration"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": "s3:GetBucketVersioning s3:PutBucketVersioning",
}
"""Types without a schema, and S3, whose one schema is for all settings together: the operations of the API."""


def schema(kind: str) -> dict[str, Any]:
    """The published schema of a CloudFormation type."""
    folder = files("cfnlint").joinpath("data/schemas")
    index = json.loads(folder.joinpath("providers/us-east-1.json").read_text(encoding="utf-8"))
    return json.loads(folder.joinpath("resources", f"{index[kind]}.json").read_text(encoding="utf-8"))


NOT_HERE = ("InstanceProfile", "PermissionsBoundary", "CertificateAuthority", "DescribeKeyPairs")
"""Words of actions for what no stack here does: EKS Auto Mode, boundaries, hybrid nodes, key pairs."""


def needed(kind: str, services: str) -> set[str]:
    """Actions of the handlers, but for listing everything there is."""
    handlers = schema(kind).get("handlers", {})
    every = {action for verb, each in handlers.items() if verb != "list" for action in each["permissions"]}
    own = {action for action in every if action.partition(":")[0] in services.split() and "*" not in action}
    return {action for action in own if not any(word in action for word in NOT_HERE)}


def aws_rows() -> list[tuple[str, str, str]]:
    """(type, action, source), sorted."""
    made: set[tuple[str, str, str]] = set()
    for token, (kind, services) in CLOUDFORMATION.items():
        source = f"{kind} (cfn-lint {version('cfn-lint')})"
        made |= {(token, action, source) for action in needed(kind, services)}
    source = f"AWS service authorization reference; API operations (botocore {botocore.__version__})"
    for token, actions in OPERATIONS.items():
        made |= {(token, action, source) for action in actions.split()}
    return sorted(made)


def main() -> None:
    for platform, rows in (("eks", aws_rows()), ("aks", azure_rows()), ("gke", gcp_rows())):
        target = PLATFORMS / platform / "data" / "actions.csv"
        target.parent.mkdir(exist_ok=True)
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("type", "action", "source"))
            writer.writerows(rows)


if __name__ == "__main__":
    main()
