"""The address plan: which IPv4 ranges a placement has, from its name alone.

A default never depends on the other placements: one that is added later must not move a network
that is live. Where two ranges meet, it is said (`survey.py`) and never resolved silently.
"""

from functools import cache
from hashlib import sha256
from ipaddress import IPv4Network

from intertie.plan.types import AddressPlan

SLOT = 18
NETWORK_POOLS = (IPv4Network("10.64.0.0/10"), IPv4Network("10.128.0.0/9"))  # 256 + 512 slots; leaves 10.0.0.0/10 alone
POD_POOL = IPv4Network("100.64.0.0/10")  # shared address space (RFC 6598): never used on premises, not routed outside


def _slot(pools: tuple[IPv4Network, ...], key: str) -> IPv4Network:
    every = slots(pools)
    return every[int.from_bytes(sha256(key.encode()).digest()[:8], "big") % len(every)]


def default_network(pipeline: str, placement: str) -> IPv4Network:
    """One of 768 ranges /18, by a hash of the two names."""
    return _slot(NETWORK_POOLS, f"network/{pipeline}/{placement}")


def default_pods(pipeline: str, placement: str) -> IPv4Network:
    """One of 256 ranges /18 of the shared address space, by a hash of the two names."""
    return _slot((POD_POOL,), f"pods/{pipeline}/{placement}")


@cache
def slots(pools: tuple[IPv4Network, ...]) -> tuple[IPv4Network, ...]:
    """All ranges /18 of the pools, in order."""
    return tuple(slot for pool in pools for slot in pool.subnets(new_prefix=SLOT))


def pools_of(default: IPv4Network) -> tuple[IPv4Network, ...]:
    """The pools that a default range is one of."""
    return (POD_POOL,) if default.subnet_of(POD_POOL) else NETWORK_POOLS


def layout(network: IPv4Network, pods: IPv4Network | None) -> AddressPlan:
    """Cuts a network of prefix p (16 to 20).

        lower half   nodes /(p+1), the same in four parts /(p+3), one per zone
        upper half   public: four /(p+6) at its start; services: its last /(p+4); free room between

    `pods` is None where pods take their addresses from the nodes' range (EKS).
    """
    prefix = network.prefixlen
    lower, upper = network.subnets(new_prefix=prefix + 1)
    private = lower.subnets(new_prefix=prefix + 3)
    public = upper.subnets(new_prefix=prefix + 6)
    services = list(upper.subnets(new_prefix=prefix + 4))[-1]
    return AddressPlan(
        network=str(network),
        nodes=str(lower),
        private=tuple(map(str, private)),
        public=tuple(str(next(public)) for _ in range(4)),
        services=str(services),
        pods=str(pods if pods is not None else lower),
    )
