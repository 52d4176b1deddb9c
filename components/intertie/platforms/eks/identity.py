"""Who may do what: the nodes' role, and roles that pods take on through EKS Pod Identity."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pulumi
from pulumi_aws import eks, iam

from intertie.contract import Bound, BuildOptions, service_account
from intertie.plan import Plan
from intertie.platforms.children import child
from intertie.platforms.tags import tags

_POLICY_VERSION = "2012-10-17"
_POD_TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "pods.eks.amazonaws.com"},
    "Action": ["sts:AssumeRole", "sts:TagSession"],  # Pod Identity tags every session: without the second it fails
}
NODE_POLICIES = (
    "AmazonEKSWorkerNodePolicy",
    "AmazonEC2ContainerRegistryPullOnly",  # pull only; what pods may do besides, they get through Pod Identity
)


def partition(region: str) -> str:
    """The part of AWS that the region belongs to, as ARNs write it."""
    known = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
    return next((name for prefix, name in known.items() if region.startswith(f"{prefix}-")), "aws")


def managed_policy(region: str, name: str) -> str:
    """ARN of a policy that AWS maintains."""
    return f"arn:{partition(region)}:iam::aws:policy/{name}"


def role(
    plan: Plan, options: BuildOptions, part: str, trust: Mapping[str, Any], managed: Iterable[str] = ()
) -> tuple[iam.Role, list[pulumi.Resource]]:
    """An IAM role called `<cluster>-<part>`, and the attachments that it is of no use without."""
    name, opts = child(options, f"{part}-role")
    made = iam.Role(
        name,
        name=f"{plan.cluster}-{part}",
        assume_role_policy=json.dumps({"Version": _POLICY_VERSION, "Statement": [dict(trust)]}),
        tags=tags(plan, "aws"),
        opts=opts,
    )
    attached: list[pulumi.Resource] = []
    for policy in managed:
        name, opts = child(options, f"{part}-{policy.rpartition('/')[2]}")
        arn = managed_policy(plan.region, policy)
        attached.append(iam.RolePolicyAttachment(name, role=made.name, policy_arn=arn, opts=opts))
    return made, attached


def service_role(
    plan: Plan, options: BuildOptions, part: str, service: str, managed: Iterable[str]
) -> tuple[iam.Role, list[pulumi.Resource]]:
    """A role for an AWS service: `eks.amazonaws.com`, `ec2.amazonaws.com`."""
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return role(plan, options, part, trust, managed)


def pod_role(
    plan: Plan,
    options: BuildOptions,
    part: str,
    managed: Iterable[str] = (),
    statements: Iterable[Mapping[str, Any]] = (),
) -> tuple[iam.Role, list[pulumi.Resource]]:
    """A role for pods, with policies of AWS by name and statements of its own."""
    made, rights = role(plan, options, part, _POD_TRUST, managed)
    own = list(statements)
    if own:
        rights.append(statements_policy(options, part, made, own))
    return made, rights


def statements_policy(
    options: BuildOptions, part: str, holder: iam.Role, statements: Iterable[Mapping[str, Any]]
) -> iam.RolePolicy:
    """What a role may do, in statements of its own."""
    name, opts = child(options, f"{part}-policy")
    document = pulumi.Output.json_dumps({"Version": _POLICY_VERSION, "Statement": list(statements)})
    return iam.RolePolicy(name, role=holder.id, policy=document, opts=opts)


def node_role(plan: Plan, options: BuildOptions) -> tuple[iam.Role, list[pulumi.Resource]]:
    """The role of every node, and what must be attached before the first one starts."""
    return service_role(plan, options, "nodes", "ec2.amazonaws.com", NODE_POLICIES)


def pipeline_role(plan: Plan, options: BuildOptions, bucket_arn: Bound) -> iam.Role:
    """The one role of the pipeline's stages: it reads the weights and nothing else."""
    objects = pulumi.Output.concat(bucket_arn, "/*")
    read = [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket_arn},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects},
    ]
    made, _ = pod_role(plan, options, "pipeline", statements=read)
    return made


def associate(
    plan: Plan,
    options: BuildOptions,
    cluster: eks.Cluster,
    pipeline: iam.Role,
    after: Iterable[pulumi.Resource],
) -> list[pulumi.Resource]:
    """Gives the pipeline's role to the service account of every stage."""
    return [
        pod_identity(
            plan,
            options,
            cluster,
            f"{stage.name}-identity",
            account=(plan.namespace, service_account(plan, stage.name)),
            taken_on=pipeline,
            after=after,
        )
        for stage in plan.stages
    ]


def pod_identity(
    plan: Plan,
    options: BuildOptions,
    cluster: eks.Cluster,
    part: str,
    *,
    account: tuple[str, str],
    taken_on: iam.Role,
    after: Iterable[pulumi.Resource],
) -> eks.PodIdentityAssociation:
    """Lets pods of the service account `account` (namespace, name) take on a role. Neither need exist yet."""
    name, opts = child(options, part, depends_on=list(after))
    return eks.PodIdentityAssociation(
        name,
        region=plan.region,
        cluster_name=cluster.name,
        namespace=account[0],
        service_account=account[1],
        role_arn=taken_on.arn,
        tags=tags(plan, "aws"),
        opts=opts,
    )
