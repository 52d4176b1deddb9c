"""Who nodes are and who pods are: two Google service accounts, with the few rights that each needs.

Rights are granted one member at a time (`IAMMember`): a policy or binding on a shared project would take away the
members that others have granted.
"""

import pulumi
from pulumi_gcp import container, projects, serviceaccount

from intertie.contract import BuildOptions, IdentityBinding, service_account
from intertie.plan import Plan
from intertie.plan.naming import safe_name
from intertie.platforms.children import child

_NODE_ROLES = {
    "images": "roles/artifactregistry.reader",
    "service": "roles/container.defaultNodeServiceAccount",  # logs, metrics and what else GKE needs of a node
}
_LONGEST_ACCOUNT = 30  # characters of an account id (IAM documentation, service accounts)


def pipeline_account(plan: Plan, options: BuildOptions, apis: list[pulumi.Resource]) -> serviceaccount.Account:
    """The service account that the pipeline's pods act as. It may read the weights, and nothing else."""
    return account_of(plan, options, "pods", f"Pods of pipeline {plan.spec.name}", apis)


def node_account(
    plan: Plan, options: BuildOptions, project: pulumi.Input[str], apis: list[pulumi.Resource]
) -> tuple[serviceaccount.Account, tuple[pulumi.Resource, ...]]:
    """The nodes' service account and its roles, which must be there before the first node.

    Without an account of their own, nodes are the project's default one: an editor, or disabled.
    """
    account = account_of(plan, options, "nodes", f"Nodes of cluster {plan.cluster}", apis)
    roles: list[pulumi.Resource] = []
    for part, role in _NODE_ROLES.items():
        name, opts = child(options, f"nodes-{part}")
        roles.append(projects.IAMMember(name, project=project, role=role, member=account.member, opts=opts))
    return account, tuple(roles)


def project_of(plan: Plan, account: serviceaccount.Account) -> pulumi.Input[str]:
    """The project's id: given, or that of a resource which the provider has put into its own project."""
    return plan.where.account.id if plan.where.account else account.project


def bind(
    plan: Plan,
    options: BuildOptions,
    account: serviceaccount.Account,
    project: pulumi.Input[str],
    cluster: container.Cluster,
) -> tuple[pulumi.Resource, ...]:
    """Lets each stage's Kubernetes service account act as the pipeline's Google service account.

    After the cluster: a project has no pool of workload identities before its first cluster with one.
    """
    bound: list[pulumi.Resource] = []
    for stage in plan.stages:
        subject = f"{plan.namespace}/{service_account(plan, stage.name)}"
        name, opts = child(options, f"{stage.name}-identity", depends_on=[cluster])
        bound.append(
            serviceaccount.IAMMember(
                name,
                service_account_id=account.name,
                role="roles/iam.workloadIdentityUser",
                member=pulumi.Output.concat("serviceAccount:", project, f".svc.id.goog[{subject}]"),
                opts=opts,
            )
        )
    return tuple(bound)


def binding(account: serviceaccount.Account) -> IdentityBinding:
    """What a stage's Kubernetes service account carries."""
    return IdentityBinding({"iam.gke.io/gcp-service-account": account.email})


def account_of(
    plan: Plan, options: BuildOptions, suffix: str, title: str, apis: list[pulumi.Resource]
) -> serviceaccount.Account:
    """A Google service account called `<cluster>-<suffix>`, as far as its 30 characters go."""
    name, opts = child(options, f"{suffix}-account", depends_on=apis)
    return serviceaccount.Account(
        name,
        account_id=f"{safe_name(plan.cluster, _LONGEST_ACCOUNT - len(suffix) - 1)}-{suffix}",
        project=plan.where.account.id if plan.where.account else None,
        display_name=title,
        opts=opts,
    )
