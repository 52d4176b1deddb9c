"""InfiniBand between the machines of a replica: which pools have it, and what their pods ask for."""

from intertie import catalog
from intertie.contract import FabricFile
from intertie.plan import Plan, PoolPlan
from intertie.platforms.aks import fabric_topology

RESOURCE = "rdma/ib"
"""One card. A pod that has all of a machine's has the fabric to itself. Source: Azure/aks-rdma-infiniband, network
operator."""

_ENV = {
    "NCCL_SOCKET_IFNAME": "eth0",  # by which processes find each other, and never the cards
    "NCCL_NET_GDR_LEVEL": "SYS",  # cards reach the memory of every accelerator of the machine
}
"""Source: Azure/aks-rdma-infiniband, tests of NCCL."""


def cards(pool: PoolPlan) -> int:
    """InfiniBand cards of one machine of a pool that holds replicas over several machines; 0 where pods get none.

    AMD's pools get none: the operator that installs their driver brings a Node Feature Discovery of its own, and two of
    them contend for the labels of nodes.
    """
    if pool.fabric != "infiniband" or pool.hosts < 2 or pool.vendor != "nvidia":
        return 0
    known = next((row for row in catalog.machines(cloud="azure") if row.name == pool.machine), None)
    return known.fabric_nics if known is not None and known.fabric == "infiniband" else 0


def joined(plan: Plan) -> tuple[PoolPlan, ...]:
    """Pools whose machines are joined by cards that pods can ask for."""
    return tuple(pool for pool in plan.accelerator_pools() if cards(pool))


def resources(pool: PoolPlan) -> dict[str, str]:
    """What a pod of a replica over several machines asks for beside its accelerators: all cards of its machine."""
    return {RESOURCE: str(cards(pool))} if cards(pool) else {}


def env(pool: PoolPlan) -> dict[str, str]:
    """Settings of NCCL. Without cards machines talk over their ordinary interface, and must not search for another."""
    if cards(pool):
        return dict(_ENV)
    return {"NCCL_SOCKET_IFNAME": "eth0"} if pool.fabric == "infiniband" else {}


def file(pool: PoolPlan) -> FabricFile | None:
    """Which cards are near which accelerators; None where NCCL must do without."""
    described = fabric_topology.text(pool.machine) if cards(pool) else ""
    return FabricFile("NCCL_TOPO_FILE", "/etc/nccl-topology/topology.xml", described) if described else None
