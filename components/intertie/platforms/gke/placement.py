"""All that a placement has on Google Cloud, in the order in which it is registered."""

from typing import NamedTuple

import pulumi
from pulumi_gcp import serviceaccount

from intertie.contract import BuildOptions, ClusterHandle, StorageBinding
from intertie.errors import PlanError
from intertie.plan import Plan
from intertie.platforms.gke import (
    addons,
    budget,
    cluster,
    cluster_access,
    cluster_key,
    cluster_logs,
    identity,
    image_cache,
    interconnect,
    monitoring,
    monitoring_alerts,
    network,
    pools,
    pools_ladder,
    secret_store,
    storage,
)


class _Kept(NamedTuple):
    """What a placement keeps without a cluster."""

    account: serviceaccount.Account
    weights: StorageBinding
    store: secret_store.Store
    tokens: image_cache.Tokens


def build(plan: Plan, options: BuildOptions) -> ClusterHandle | None:
    """Weights, secrets and who reads them; then the cluster, if the tier has one. PlanError before any of it."""
    problems = [*network.problems(plan), *pools.problems(plan)]
    if problems:
        raise PlanError(plan.placement, problems)
    apis = addons.enable_apis(plan, options)
    account = identity.pipeline_account(plan, options, apis)
    weights = storage.weights(plan, options, account, apis)
    store = secret_store.build(plan, options, apis)
    kept = _Kept(account, weights, store, image_cache.tokens(plan, options, apis))
    budget.build(plan, options, apis)
    return _cluster(plan, options, apis, kept) if "cluster" in plan.renders else None


def _cluster(plan: Plan, options: BuildOptions, apis: list[pulumi.Resource], kept: _Kept) -> ClusterHandle:
    """The cluster in its network, and what a workload may know of it."""
    project = identity.project_of(plan, kept.account)
    layout = network.network(plan, options, apis)
    nodes, roles = identity.node_account(plan, options, project, apis)
    key, allowed = cluster_key.build(plan, options, nodes, apis)
    caches = image_cache.build(plan, options, kept.tokens, apis)
    after = (*layout.ready, *roles, *allowed, *caches, *cluster_logs.keep(plan, options, project, nodes, apis))
    made = cluster.cluster(plan, options, nodes=nodes, project=project, layout=layout, key=key, after=after)
    kubeconfig, grown = cluster_access.kubeconfig(plan, made), pools.pools(plan, options, made, nodes)
    ready: tuple[pulumi.Resource, ...] = (
        *grown.values(),
        *pools_ladder.build(plan, options, kubeconfig, grown),
        *identity.bind(plan, options, kept.account, project, made),
        *cluster_access.grant(plan, options, project, made),
        *secret_store.bind(plan, options, kept.store, project, made),
        *monitoring_alerts.build(plan, options, apis),
    )
    return ClusterHandle(
        name=plan.cluster,
        kubeconfig=kubeconfig,
        pools={pool.name: pools.binding(pool, pools_ladder.class_of(plan, pool)) for pool in plan.pools},
        identity=identity.binding(kept.account),
        storage=kept.weights,
        gateway=network.gateway(plan),
        secrets=secret_store.binding(plan, kept.store, project),
        metrics=monitoring.binding(plan),
        prices="gcp",
        region=plan.region,
        registry=plan.where.mirror,
        provided=addons.provided(plan),
        teams=cluster_access.bindings(plan),
        interconnects=interconnect.build(plan, options, layout.network),
        ready=ready,
    )
