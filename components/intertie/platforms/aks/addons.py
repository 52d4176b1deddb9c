"""What AKS maintains when it is switched on: node autoscaler with the ladder's order. Not KEDA. And what is put inside
the cluster before any workload."""

import json

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_azure_native import containerservice

from intertie import catalog
from intertie.contract import Bound
from intertie.plan import Plan
from intertie.platforms.aks import fabric, fabric_agents
from intertie.platforms.aks.network import Place
from intertie.platforms.children import child

PRIORITIES = "cluster-autoscaler-priority-expander"
"""Name that the cluster autoscaler looks for in kube-system. Source: kubernetes/autoscaler, priority expander."""

_FIRST = 100
"""Priority of a ladder's first step; each further step is one less. Everything else has 1."""


def autoscaler(plan: Plan) -> containerservice.ManagedClusterPropertiesAutoScalerProfileArgs:
    """The node autoscaler's settings. All values are strings, numbers and booleans too."""
    grace = max((stage.grace_seconds for stage in plan.stages), default=0)
    return containerservice.ManagedClusterPropertiesAutoScalerProfileArgs(
        expander=containerservice.Expander.PRIORITY if has_ladder(plan) else containerservice.Expander.LEAST_WASTE,
        # Runtimes keep caches in emptyDir volumes: counted as local storage, they would keep every node forever.
        skip_nodes_with_local_storage="false",
        max_graceful_termination_sec=str(max(600, round(grace))),
    )


def scaler() -> containerservice.ManagedClusterWorkloadAutoScalerProfileArgs:
    """Whether KEDA is the add-on of AKS: by the table of owners, where it is not. Two KEDAs fight over their objects.

    The add-on's release goes with the Kubernetes version, and the triggers need one that asks every replica. Said also
    where it is off, so that an update turns off what an earlier one has turned on.
    """
    return containerservice.ManagedClusterWorkloadAutoScalerProfileArgs(
        keda=containerservice.ManagedClusterWorkloadAutoScalerProfileKedaArgs(enabled=_theirs("scaler"))
    )


def has_ladder(plan: Plan) -> bool:
    """Whether a stage can run on more than one pool, so that the order in which they grow matters."""
    return any(len(stage.pools) > 1 for stage in plan.stages if stage.on_accelerators)


def inside(place: Place, kubeconfig: Bound, agent_pools: tuple[pulumi.Resource, ...]) -> tuple[pulumi.Resource, ...]:
    """What the cluster gets from within: the ladder's order, and what makes InfiniBand usable; () where neither is."""
    if not has_ladder(place.plan) and not fabric.joined(place.plan):
        return ()
    name, opts = child(place.options, "kubernetes")
    # The identifier keeps a changed login from replacing what was made with the old one.
    provider = kubernetes.Provider(name, kubeconfig=kubeconfig, cluster_identifier=place.plan.cluster, opts=opts)
    return (*_ladder(place, provider), *fabric_agents.build(place, provider, agent_pools))


def _ladder(place: Place, provider: kubernetes.Provider) -> tuple[pulumi.Resource, ...]:
    """Tells the node autoscaler which of a stage's pools to grow first: reserved capacity before bought, then spot.

    An expander of kind `priority` without this object picks at random.
    """
    if not has_ladder(place.plan):
        return ()
    name, opts = child(place.options, "ladder", provider=provider)
    return (
        kubernetes.core.v1.ConfigMap(
            name,
            metadata=kubernetes.meta.v1.ObjectMetaArgs(name=PRIORITIES, namespace="kube-system"),
            data={"priorities": priorities(place.plan)},
            opts=opts,
        ),
    )


def priorities(plan: Plan) -> str:
    """Highest first: patterns of the scale sets' names, which AKS makes from the pool's (`aks-<pool>-<n>-vmss`).

    JSON is YAML. A pool that no pattern fits is never grown, so the last one fits all.
    """
    ranks = sorted({pool.rank for pool in plan.accelerator_pools()})
    table = {
        _FIRST - rank: [f"^aks-{pool.name}-" for pool in plan.accelerator_pools() if pool.rank == rank]
        for rank in ranks
    }
    lines = [f"{priority}: {json.dumps(patterns)}" for priority, patterns in table.items()]
    return "\n".join([*lines, '1: [".*"]', ""])


def _theirs(component: str) -> bool:
    """Whether AKS provides the component: then it is switched on here, and installed by nobody else."""
    return catalog.owner(component, "azure").owner != "intertie"
