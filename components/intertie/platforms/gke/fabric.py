"""The fabric between the nodes of a replica: networks that GKE lays out, and how pods get at them.

RDMA machines (A3 Ultra, A4): GKE's network driver offers their interfaces as devices of a class, pods claim them, and
NCCL speaks gIB over them. A3 Mega gets its networks only. Sources: GKE documentation, "Allocate network resources by
using GKE managed DRANET" and "Configure automated networking for accelerator VMs"; GoogleCloudPlatform's
container-engine-accelerators, gpudirect-rdma; AI-Hypercomputer's gpu-recipes (both Apache-2.0).
"""

from pulumi_gcp import container

from intertie import catalog
from intertie.contract import FabricLibrary
from intertie.errors import Problem
from intertie.plan import Plan, PoolPlan

DEVICE_CLASS = "mrdma.google.com"
"""GKE makes it: every RDMA interface of a node is a device of it."""

GIB = FabricLibrary(
    # NCCL/gIB release notes (x86-64), 2026-05-14: serves A3 Ultra and A4
    image="us-docker.pkg.dev/gce-ai-infra/gpudirect-gib/nccl-plugin-gib:v1.1.2",
    install="/scripts/container_entry.sh install --install-nccl",
    made="/var/lib/gib",
    path="/usr/local/gib",
    profile="scripts/set_nccl_env.sh",
    # NCCL takes this network or none: it does not fall back to a slow one without a word
    env={"NCCL_NET": "gIB", "LD_LIBRARY_PATH": "/usr/local/gib/lib64:/usr/local/nvidia/lib64"},
)

_NETWORKS = {"tcpxo": "multi-networking", "roce": "DRANET"}
_LABEL = {"cloud.google.com/gke-networking-dra-driver": "true"}
_FIRST_WITH_DRIVER = (1, 34)
_FIRST_INTERFACE = {"NCCL_SOCKET_IFNAME": "eth0", "GLOO_SOCKET_IFNAME": "eth0"}
"""Where processes find each other: the pod's own network, and not one of its RDMA interfaces."""


def problems(plan: Plan) -> list[Problem]:
    """Two ways of extra networks in one cluster; a Kubernetes without the network driver."""
    ways = {pool.fabric: pool.machine for pool in plan.pools if extra_networks(pool)}
    found: list[Problem] = []
    if len(ways) > 1:
        found.append(
            Problem(
                path=f"placements.{plan.placement}.capacity",
                found=", ".join(f"{machine} ({_NETWORKS[fabric]})" for fabric, machine in sorted(ways.items())),
                allowed="multi-node pools that all take their networks in one way",
                hint="place one of the stages elsewhere: both ways would manage the same interfaces",
                source="GKE documentation, managed DRANET: avoid conflicting configurations",
            )
        )
    if "roce" in ways and _minor(plan.kubernetes) < _FIRST_WITH_DRIVER:
        found.append(
            Problem(
                path="kubernetes",
                found=f"{plan.kubernetes}, and replicas over several machines of {ways['roce']}",
                allowed="1.34 or later",
                hint="write a later minor version: pods claim RDMA interfaces from GKE's network driver",
                source="GKE documentation, managed DRANET: requirements",
            )
        )
    return found


def extra_networks(pool: PoolPlan) -> bool:
    """Whether GKE lays out accelerator networks for the pool: several machines, of a type that GKE does it for."""
    return pool.hosts > 1 and pool.fabric in _NETWORKS


def multi_networking(plan: Plan) -> bool:
    """Whether the cluster needs multi-networking, which can only be chosen when it is made."""
    return any(extra_networks(pool) and pool.fabric == "tcpxo" for pool in plan.pools)


def network_config(pool: PoolPlan) -> container.NodePoolNetworkConfigArgs | None:
    if not extra_networks(pool):
        return None
    return container.NodePoolNetworkConfigArgs(accelerator_network_profile="auto", enable_private_nodes=True)


def labels(pool: PoolPlan) -> dict[str, str]:
    """Labels of nodes by which GKE's network driver runs on them."""
    return dict(_LABEL) if _claimable(pool) else {}


def devices(pool: PoolPlan) -> dict[str, int]:
    """What a pod on a node of the pool claims: all RDMA interfaces, as it has all GPUs, each beside one of them."""
    return {DEVICE_CLASS: catalog.machine("gcp", pool.machine).fabric_nics} if _claimable(pool) else {}


def library(pool: PoolPlan) -> FabricLibrary | None:
    return GIB if _claimable(pool) else None


def env(pool: PoolPlan) -> dict[str, str]:
    return dict(_FIRST_INTERFACE) if _claimable(pool) else {}


def _claimable(pool: PoolPlan) -> bool:
    return extra_networks(pool) and pool.fabric == "roce"


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
