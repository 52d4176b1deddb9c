"""A placement on Google Kubernetes Engine: regional cluster with private nodes, one node pool per pool of the plan.

    placement.py     all of it, in its order
    addons.py        APIs of the project, and what GKE brings along
    network.py       network, subnet with ranges for pods and services, address translation
    identity.py      who nodes are, who pods are
    cluster.py       control plane; cluster_*.py: who is let in, what protects it, what records it, when it is upgraded
    pools.py         node pools, and how pods get onto them; fabric.py: networks between the nodes of one replica
    pools_ladder.py  in which order the pools of a stage grow
    storage.py       bucket with the weights
    monitoring.py    what managed Prometheus reads; monitoring_alerts.py: whom alerts reach
    secret_store.py  secrets without values, and who reads them
    budget.py        what the placement costs a month, and who is told
    reservation.py   capacity that is reserved now (not part of `build`)

Nothing here asks the cloud anything: what only Google knows is an output of a resource that is made.
"""

from intertie.contract import BuildOptions, ClusterHandle
from intertie.plan import Plan

__all__ = ["build"]


def build(plan: Plan, options: BuildOptions) -> ClusterHandle | None:
    """Registers the placement's resources. None for the tier `cold`, which has no cluster.

    Raises PlanError with all that GKE would refuse, before anything is registered.
    """
    # The SDK costs a second and more: whoever only asks for capabilities, or uses another cloud, must not pay it.
    from intertie.platforms.gke import placement

    return placement.build(plan, options)
