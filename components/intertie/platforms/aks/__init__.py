"""Azure Kubernetes Service: one resource group per placement, with all that the tier calls for.

    placement.py    all of it, in its order
    network.py      resource group, virtual network, one subnet, the way out; network_*.py: endpoints, flow logs
    identity.py     who the cluster, its nodes and the stages are, and what each may do
    monitoring.py   managed Prometheus: workspace, collection, alert rules
    storage.py      storage account and container for the weights
    monitoring_logs.py  what containers write, to the cluster's workspace; monitoring_collection.py: how either is sent
    secret_store.py vault for the secrets, and who reads it
    budget.py       what the placement costs a month, and who is told
    cluster.py      the managed cluster with its system pool; cluster_*.py: who is let in, what protects it, what
                    records it, when it is upgraded
    pools.py        one agent pool per pool of the plan
    addons.py       autoscaler, scaler, ladder order
    fabric.py       InfiniBand between machines; fabric_agents.py: what makes its cards usable;
                    fabric_topology.py: which are near which accelerators
    reservation.py  capacity reservation groups: consumed, and created

The SDK is loaded by `build`, not by importing this package.
"""

from intertie.contract import BuildOptions, ClusterHandle
from intertie.plan import Plan


def build(plan: Plan, options: BuildOptions) -> ClusterHandle | None:
    """Registers the placement's resources on Azure. None when the tier has no cluster: then weights and identity only.

    Raises PlanError, before anything is registered, with all that Azure would refuse.
    """
    from intertie.platforms.aks import placement

    return placement.build(plan, options)
