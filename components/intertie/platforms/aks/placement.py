"""All that a placement has on Azure, in the order in which it is registered."""

from typing import NamedTuple

import pulumi
from pulumi_azure_native import keyvault, managedidentity

from intertie.contract import BuildOptions, ClusterHandle
from intertie.errors import PlanError
from intertie.plan import Plan
from intertie.platforms.aks import (
    addons,
    budget,
    cluster,
    cluster_access,
    cluster_key,
    cluster_logs,
    fabric_agents,
    identity,
    image_cache,
    interconnect,
    monitoring,
    monitoring_logs,
    network,
    network_endpoints,
    network_flow_logs,
    pools,
    secret_store,
    storage,
)
from intertie.platforms.components import provided, vendors


class _Kept(NamedTuple):
    """What a placement keeps without a cluster."""

    stages: managedidentity.UserAssignedIdentity
    weights: storage.Weights
    store: secret_store.Store | None
    tokens: keyvault.Vault | None


def build(plan: Plan, options: BuildOptions) -> ClusterHandle | None:
    """Weights, secrets and who reads them; then the cluster, if the tier has one. PlanError before any of it."""
    problems = [*identity.problems(plan), *storage.problems(plan), *pools.problems(plan), *network.problems(plan)]
    if problems:
        raise PlanError(plan.placement, problems)
    place = network.place(plan, options)
    stages = identity.stages(place)
    weights = storage.weights(place, reader=stages)
    kept = _Kept(stages, weights, secret_store.build(place), image_cache.tokens(place, stages))
    budget.build(place)
    return _cluster(place, kept) if "cluster" in plan.renders else None


def _cluster(place: network.Place, kept: _Kept) -> ClusterHandle:
    """The cluster in its network, and what a workload may know of it."""
    plan, nodes, store = place.plan, network.nodes(place), kept.store
    network_flow_logs.record(place, nodes)
    control, cached = image_cache.build(place, nodes, identity.control(place, nodes.subnet), kept.tokens)
    logs = cluster_logs.workspace(place)
    made = cluster.cluster(place, nodes, control, cluster_key.build(place, control.plane), logs)
    kubeconfig = cluster_access.kubeconfig(place, made)
    machines = pools.pools(place, made, nodes.subnet, control)
    ready: tuple[pulumi.Resource, ...] = (
        *machines,
        *identity.federation(place, kept.stages, made),
        *addons.inside(place, kubeconfig, machines),
        *kept.weights.ready,
        *cached,
        *secret_store.bind(place, store, made),
        *monitoring.build(place, made),
        *cluster_logs.keep(place, made, logs),
        *monitoring_logs.collect(place, made, logs),
        *network_endpoints.build(place, nodes, store),
        *cluster_access.grant(place, made),
        *cluster_access.connect(place, nodes.subnet),
    )
    return ClusterHandle(
        name=plan.cluster,
        kubeconfig=kubeconfig,
        pools=pools.bindings(plan),
        identity=identity.binding(kept.stages),
        storage=kept.weights.binding,
        gateway=network.gateway(plan),
        secrets=secret_store.binding(store),
        metrics=monitoring.binding(),
        prices="azure",
        region=plan.region,
        registry=plan.where.mirror,
        provided=provided("azure", vendors(plan), fabric_agents.installed(plan)),
        interconnects=interconnect.build(place, nodes),
        ready=ready,
    )
