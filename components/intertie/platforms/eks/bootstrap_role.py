"""The deploy role's policies: the actions that the stacks' resource types take, on what belongs to this placement.

No action is a pattern. What AWS knows by name is limited to the placement's names; what gets its name from AWS (EC2,
keys) to the placement's region. The role may not change itself, pass roles to other services, or attach other policies
than those that AWS maintains for EKS.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from intertie.plan import Plan
from intertie.plan.caches import ECR_SECRETS
from intertie.platforms.eks.identity import partition
from intertie.platforms.rights import every

MOST_CHARACTERS = 6144
"""Of a managed policy, white space aside. Source: IAM and STS quotas."""
_READS = ("Describe", "List", "Get")
_BY_REGION = ("ec2", "kms", "aps")
"""Services whose resources get their identifiers from AWS: what does not exist yet cannot be named."""
_ECR_WHOLE = tuple(
    f"ecr:{verb}"
    for verb in (
        "CreatePullThroughCacheRule", "CreateRepositoryCreationTemplate", "DeletePullThroughCacheRule",
        "DeleteRepositoryCreationTemplate", "DescribePullThroughCacheRules", "DescribeRepositoryCreationTemplates",
        "UpdateRepositoryCreationTemplate",
    )
)  # fmt: skip
"""What is said of a region's registry as a whole. Source: AWS service authorization reference, Amazon ECR."""
PASSED_TO = ("ec2.amazonaws.com", "ecr.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com",
             "vpc-flow-logs.amazonaws.com")  # fmt: skip
_LINKED = ("eks.amazonaws.com", "eks-nodegroup.amazonaws.com", "spot.amazonaws.com", "autoscaling.amazonaws.com",
           "scraper.aps.amazonaws.com", "pullthroughcache.ecr.amazonaws.com")  # fmt: skip
_SNS_WHOLE = ("sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe")
"""What AWS allows for all subscriptions or none. Source: AWS service authorization reference, Amazon SNS."""
_SPECIAL = ("iam:PassRole", "iam:CreateServiceLinkedRole", "iam:AttachRolePolicy", "iam:DetachRolePolicy")

Statement = Mapping[str, Any]


def documents(plan: Plan, account: str) -> tuple[dict[str, Any], ...]:
    """Policy documents, each within IAM's size, that together allow what the platform's types take."""
    packed: list[list[Statement]] = [[]]
    for statement in statements(plan, account):
        if packed[-1] and _size([*packed[-1], statement]) > MOST_CHARACTERS:
            packed.append([])
        packed[-1].append(statement)
    return tuple({"Version": "2012-10-17", "Statement": each} for each in packed)


def _size(some: Iterable[Statement]) -> int:
    return len(json.dumps({"Version": "2012-10-17", "Statement": list(some)}, separators=(",", ":")))


def statements(plan: Plan, account: str) -> list[Statement]:
    """One per service and way of limiting it, then what needs a condition of its own, then what is never allowed."""
    plain = [action for action in every("eks") if action not in _SPECIAL]
    made: list[Statement] = []
    for service in sorted({action.partition(":")[0] for action in plain}):
        own = [action for action in plain if action.startswith(f"{service}:")]
        made += _of_service(plan, account, service, own)
    return [*made, *_roles(plan, account)]


def _of_service(plan: Plan, account: str, service: str, actions: list[str]) -> list[Statement]:
    arns = _arns(plan, account).get(service)
    if arns is not None:
        return [{"Effect": "Allow", "Action": actions, "Resource": arns}, *_lookups(plan, service, actions)]
    here = {"StringEquals": {"aws:RequestedRegion": plan.region}}
    return [{"Effect": "Allow", "Action": actions, "Resource": "*", "Condition": here}]


def _lookups(plan: Plan, service: str, actions: list[str]) -> list[Statement]:
    """Listings that AWS answers for a whole account or not at all."""
    whole = {"logs": ("logs:DescribeLogGroups",), "eks": ("eks:ListAssociatedAccessPolicies",), "ecr": _ECR_WHOLE}
    whole["sns"] = _SNS_WHOLE
    listing = [action for action in actions if action in whole.get(service, ())]
    here = {"StringEquals": {"aws:RequestedRegion": plan.region}}
    return [{"Effect": "Allow", "Action": listing, "Resource": "*", "Condition": here}] if listing else []


def _arns(plan: Plan, account: str) -> dict[str, list[str]]:
    """What is this placement's, by service."""
    part, region, cluster = partition(plan.region), plan.region, plan.cluster
    eks, logs = f"arn:{part}:eks:{region}:{account}", f"arn:{part}:logs:{region}:{account}:log-group"
    return {
        "eks": [
            f"{eks}:cluster/{cluster}",
            *(f"{eks}:{kind}/{cluster}/*" for kind in ("access-entry", "addon", "nodegroup", "podidentityassociation")),
        ],
        "logs": [
            *(f"{logs}:/aws/{kind}/{cluster}/*" for kind in ("eks", "prometheus", "vpc")),
            f"{logs}:/aws/vendedlogs/{cluster}/*",
        ],
        "s3": [f"arn:{part}:s3:::{cluster[:28].rstrip('-')}-weights-*"],
        "secretsmanager": [
            f"arn:{part}:secretsmanager:{region}:{account}:secret:{start}{cluster}-*" for start in ("", ECR_SECRETS)
        ],
        "ecr": [f"arn:{part}:ecr:{region}:{account}:repository/{plan.spec.name}*"],
        "sns": [f"arn:{part}:sns:{region}:{account}:{cluster}-*"],
        "budgets": [f"arn:{part}:budgets::{account}:budget/{plan.spec.name}*"],
        "iam": [f"arn:{part}:iam::{account}:role/{cluster}-*"],
    }


def _roles(plan: Plan, account: str) -> list[Statement]:
    part = partition(plan.region)
    own = f"arn:{part}:iam::{account}:role/{plan.cluster}-*"
    itself = f"arn:{part}:iam::{account}:role/{plan.cluster}-deploy"
    linked = f"arn:{part}:iam::{account}:role/aws-service-role/*"
    maintained = [
        f"arn:{part}:iam::aws:policy/{name}"
        for name in (
            "AmazonEBSCSIDriver*",
            "AmazonEC2ContainerRegistryPullOnly",
            "AmazonEKS*",
            "service-role/AmazonEBSCSIDriver*",
        )
    ]
    changes = sorted(action for action in every("eks") if action.startswith("iam:") and not _reads(action))
    return [
        {
            "Effect": "Allow",
            "Action": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
            "Resource": own,
            "Condition": {"ArnLike": {"iam:PolicyARN": maintained}},
        },
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": own,
            "Condition": {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
        },
        {
            "Effect": "Allow",
            "Action": "iam:CreateServiceLinkedRole",
            "Resource": linked,
            "Condition": {"StringEquals": {"iam:AWSServiceName": list(_LINKED)}},
        },
        # EKS looks for its own roles with the rights of whoever asks for nodes, and for one that is not there yet
        # without its path.
        {
            "Effect": "Allow",
            "Action": "iam:GetRole",
            "Resource": [linked, f"arn:{part}:iam::{account}:role/AWSServiceRoleFor*"],
        },
        {"Sid": "NotItself", "Effect": "Deny", "Action": changes, "Resource": itself},
    ]


def _reads(action: str) -> bool:
    return action.partition(":")[2].startswith(_READS)
