"""Who, besides the pipeline itself, may use the cluster: access entries for the teams and for who runs Pulumi."""

import pulumi
from pulumi_aws import eks

from intertie.contract import BuildOptions
from intertie.plan import Plan
from intertie.plan.naming import digest
from intertie.platforms.children import child
from intertie.platforms.eks.identity import partition
from intertie.platforms.tags import tags

POLICIES = {"view": "AmazonEKSViewPolicy", "edit": "AmazonEKSEditPolicy", "admin": "AmazonEKSClusterAdminPolicy"}
"""Access policy of EKS per role: the first two in the pipeline's namespace, the last in the whole cluster."""


def grant(plan: Plan, options: BuildOptions, cluster: eks.Cluster) -> list[pulumi.Resource]:
    """An entry and its policy for the deployer and for every principal of every team."""
    made: list[pulumi.Resource] = []
    if plan.operations.deployer:
        made += _entry(plan, options, cluster, part="deployer", principal=plan.operations.deployer, role="admin")
    for team in plan.operations.teams:
        for principal in team.principals:
            part = f"team-{team.name}-{digest(principal, 6)}"  # one that is taken out renames no other
            made += _entry(plan, options, cluster, part=part, principal=principal, role=team.role)
    return made


def _entry(
    plan: Plan, options: BuildOptions, cluster: eks.Cluster, *, part: str, principal: str, role: str
) -> list[pulumi.Resource]:
    name, opts = child(options, f"{part}-entry")
    entry = eks.AccessEntry(
        name,
        region=plan.region,
        cluster_name=cluster.name,
        principal_arn=principal,
        type="STANDARD",
        tags=tags(plan, "aws"),
        opts=opts,
    )
    name, opts = child(options, f"{part}-access", depends_on=[entry])
    whole = role == "admin"
    access = eks.AccessPolicyAssociation(
        name,
        region=plan.region,
        cluster_name=cluster.name,
        principal_arn=principal,
        policy_arn=f"arn:{partition(plan.region)}:eks::aws:cluster-access-policy/{POLICIES[role]}",
        access_scope=eks.AccessPolicyAssociationAccessScopeArgs(
            type="cluster" if whole else "namespace", namespaces=None if whole else [plan.namespace]
        ),
        opts=opts,
    )
    return [entry, access]
