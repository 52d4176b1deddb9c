"""What a standby tier calls for: how many replicas, and what is rendered.

hot     serves its share now: replicas as described
warm    a floor of one ready replica per stage, everything in place
pilot   the cluster stands, accelerator pools and workloads are at zero
cold    artifacts and identity only; promotion builds the rest
"""

from intertie.plan.trail import Trail
from intertie.spec import PlacementSpec, ReplicaRange, Role, Tier

EVERYTHING = ("artifacts", "identity", "network", "cluster", "pools", "workload")


def replicas(tier: Tier, described: ReplicaRange) -> tuple[int, int]:
    """Floor and ceiling of a stage's replicas while the placement is in this tier."""
    if tier is Tier.HOT:
        return described.min, described.max
    return (1, described.max) if tier is Tier.WARM else (0, 0)


def renders(where: PlacementSpec) -> tuple[str, ...]:
    """What the placement's tier calls for. An adopted cluster is there already: only what runs on it is ours."""
    if where.adopt is not None:
        return () if where.standby is Tier.COLD else ("workload",)
    return EVERYTHING[:2] if where.standby is Tier.COLD else EVERYTHING


_WHY = {
    Tier.HOT: "it serves its share now: replicas as described",
    Tier.WARM: "it stands ready: one replica of each stage runs, the rest is scaled up when it takes over",
    Tier.PILOT: "the cluster stands, accelerator pools and workloads are at zero",
    Tier.COLD: "only artifacts and identity are kept; the cluster is built when it takes over",
}


def check_tier(name: str, where: PlacementSpec, trail: Trail) -> None:
    """Records the tier, and says when it does not go with the role."""
    tier = where.standby
    given = "" if where.tier is not None else f" (the default of a {where.role.value} placement)"
    trail.choose(f"placements.{name}.tier", tier.value, _WHY[tier] + given)
    if where.role is not Role.FAILOVER and tier is not Tier.HOT:
        trail.note(f"the placement is {where.role.value} and {tier.value}: it does not serve at its full size")
    if where.adopt is not None and tier is Tier.COLD:
        trail.note("an adopted cluster is not ours to remove: in the tier cold, nothing of the pipeline is on it")
