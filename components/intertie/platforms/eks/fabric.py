"""The fabric between the machines of a replica: Elastic Fabric Adapters, which pods ask for as a resource.

The cards themselves are the launch template's; a device plugin offers them. Sources: Amazon EKS user guide, machine
learning training with EFA; aws-ofi-nccl.
"""

from intertie import catalog
from intertie.plan import Plan, PoolPlan

RESOURCE = "vpc.amazonaws.com/efa"
PRESENT = f"{RESOURCE}.present"
"""Label of nodes that have adapters: the device plugin runs there."""

_HUGEPAGES = "5120Mi"  # of the 5128 pages of 2 MiB that the image sets aside where there is EFA
_ENV = {"FI_PROVIDER": "efa", "FI_EFA_USE_DEVICE_RDMA": "1"}


def cards(pool: PoolPlan) -> int:
    """EFA interfaces of each node: only where one replica spans machines is there traffic for them."""
    return catalog.machine("aws", pool.machine).fabric_nics if pool.fabric == "efa" and pool.hosts > 1 else 0


def joined(plan: Plan) -> tuple[PoolPlan, ...]:
    """Pools whose nodes have EFA interfaces."""
    return tuple(pool for pool in plan.pools if cards(pool))


def labels(pool: PoolPlan) -> dict[str, str]:
    """What nodes carry for the device plugin."""
    return {PRESENT: "true"} if cards(pool) else {}


def resources(pool: PoolPlan) -> dict[str, str]:
    """What a pod asks for: all interfaces of its node, and the large pages that libfabric takes."""
    count = cards(pool)
    return {RESOURCE: str(count), "hugepages-2Mi": _HUGEPAGES} if count else {}


def env(pool: PoolPlan) -> dict[str, str]:
    """Settings of libfabric."""
    return dict(_ENV) if cards(pool) else {}
