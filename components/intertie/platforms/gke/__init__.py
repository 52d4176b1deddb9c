"""A placement on Google Kubernetes Engine: regional cluster with private nodes, one node pool per pool of the plan.

    addons.py        APIs of the project, and what GKE brings along
    network.py       network, subnet with ranges for pods and services, address translation
    identity.py      who nodes are, who pods are
    cluster.py       control plane; cluster_*.py: who is let in, what protects it, what records it, when it is upgraded
    pools.py         node pools, and how pods get onto them
    storage.py       bucket with the weights
    monitoring.py    what managed Prometheus reads
    secret_store.py  secrets without values, and who reads them
    budget.py        what the placement costs a month, and who is told
    reservation.py   capacity that is reserved now (not part of `build`)

Nothing here asks the cloud anything: what only Google knows is an output of a resource that is made.
"""

from intertie.contract import BuildOptions, ClusterHandle
from intertie.errors import PlanError
from intertie.plan import Plan

__all__ = ["build"]


def build(plan: Plan, options: BuildOptions) -> ClusterHandle | None:
    """Registers the placement's resources. None for the tier `cold`, which has no cluster.

    Raises PlanError with all that GKE would refuse, before anything is registered.
    """
    # The SDK costs a second and more: whoever only asks for capabilities, or uses another cloud, must not pay it.
    from intertie.platforms.gke import (
        addons,
        budget,
        cluster,
        cluster_access,
        cluster_key,
        cluster_logs,
        identity,
        monitoring,
        network,
        pools,
        secret_store,
        storage,
    )

    problems = [*network.problems(plan), *pools.problems(plan)]
    if problems:
        raise PlanError(plan.placement, problems)
    apis = addons.enable_apis(plan, options)
    account = identity.pipeline_account(plan, options, apis)
    weights = storage.weights(plan, options, account, apis)
    store = secret_store.build(plan, options, apis)
    budget.build(plan, options, apis)
    if "cluster" not in plan.renders:
        return None
    project = identity.project_of(plan, account)
    layout = network.network(plan, options, apis)
    nodes, roles = identity.node_account(plan, options, project, apis)
    key, allowed = cluster_key.build(plan, options, apis)
    logs = cluster_logs.keep(plan, options, project, apis)
    control = cluster.cluster(
        plan,
        options,
        nodes=nodes,
        project=project,
        layout=layout,
        key=key,
        after=(*layout.ready, *roles, *allowed, *logs),
    )
    made = pools.pools(plan, options, control, nodes)
    bound = identity.bind(plan, options, account, project, control)
    teams = cluster_access.grant(plan, options, project, control)
    return ClusterHandle(
        name=plan.cluster,
        kubeconfig=cluster_access.kubeconfig(plan, control),
        pools={pool.name: pools.binding(pool) for pool in plan.pools},
        identity=identity.binding(account),
        storage=weights,
        gateway=network.gateway(plan),
        secrets=secret_store.binding(plan, store, project),
        metrics=monitoring.binding(),
        prices="gcp",
        region=plan.region,
        registry=plan.where.registry,
        provided=addons.provided(plan),
        teams=cluster_access.bindings(plan),
        ready=(*made, *bound, *teams, *secret_store.bind(plan, options, store, project, control)),
    )
