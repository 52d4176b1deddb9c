"""Azure Kubernetes Service: one resource group per placement, with all that the tier calls for.

    network.py      resource group, virtual network, one subnet, the way out; network_*.py: endpoints, flow logs
    identity.py     who the cluster, its nodes and the stages are, and what each may do
    monitoring.py   managed Prometheus: workspace, collection, alert rules
    storage.py      storage account and container for the weights
    monitoring_logs.py  what containers write, to the cluster's workspace
    secret_store.py vault for the secrets, and who reads it
    budget.py       what the placement costs a month, and who is told
    cluster.py      the managed cluster with its system pool; cluster_*.py: who is let in, what protects it, what
                    records it, when it is upgraded
    pools.py        one agent pool per pool of the plan
    addons.py       autoscaler, scaler, ladder order
    reservation.py  capacity reservation groups: consumed, and created

The SDK is loaded by `build`, not by importing this package.
"""

from intertie.contract import BuildOptions, ClusterHandle
from intertie.errors import PlanError
from intertie.plan import Plan
from intertie.platforms.components import provided, vendors


def build(plan: Plan, options: BuildOptions) -> ClusterHandle | None:
    """Registers the placement's resources on Azure. None when the tier has no cluster: then weights and identity only.

    Raises PlanError, before anything is registered, with all that Azure would refuse.
    """
    from intertie.platforms.aks import (
        addons,
        budget,
        cluster,
        cluster_access,
        cluster_key,
        cluster_logs,
        identity,
        monitoring,
        monitoring_logs,
        network,
        network_endpoints,
        network_flow_logs,
        pools,
        secret_store,
        storage,
    )

    problems = [*identity.problems(plan), *storage.problems(plan), *pools.problems(plan), *network.problems(plan)]
    if problems:
        raise PlanError(plan.placement, problems)

    place = network.place(plan, options)
    stages = identity.stages(place)
    weights = storage.weights(place, reader=stages)
    store = secret_store.build(place)
    budget.build(place)
    if "cluster" not in plan.renders:
        return None

    nodes = network.nodes(place)
    network_flow_logs.record(place, nodes)
    control = identity.control(place, nodes.subnet)
    logs = cluster_logs.workspace(place)
    made = cluster.cluster(place, nodes, control, cluster_key.build(place, control.plane), logs)
    kubeconfig = cluster_access.kubeconfig(place, made)
    return ClusterHandle(
        name=plan.cluster,
        kubeconfig=kubeconfig,
        pools=pools.bindings(plan),
        identity=identity.binding(stages),
        storage=weights.binding,
        gateway=network.gateway(plan),
        secrets=secret_store.binding(store),
        metrics=monitoring.binding(),
        prices="azure",
        region=plan.region,
        registry=plan.where.registry,
        provided=provided("azure", vendors(plan)),
        ready=(
            *pools.pools(place, made, nodes.subnet, control),
            *identity.federation(place, stages, made),
            *addons.ladder(place, kubeconfig),
            *weights.ready,
            *secret_store.bind(place, store, made),
            *monitoring.build(place, made),
            *cluster_logs.keep(place, made, logs),
            *monitoring_logs.collect(place, made, logs),
            *network_endpoints.build(place, nodes, store),
            *cluster_access.grant(place, made),
            *cluster_access.connect(place, nodes.subnet),
        ),
    )
