"""What a standby tier calls for: how many replicas, and what is rendered.

hot     serves its share now: replicas as described
warm    a floor of ready replicas per stage, everything in place: one on accelerators, up to two on CPU
pilot   the cluster stands, accelerator pools and workloads are at zero
cold    artifacts and identity only; promotion builds the rest
"""

from intertie.plan.trail import Trail
from intertie.spec import PlacementSpec, ReplicaRange, Role, Tier

EVERYTHING = ("artifacts", "identity", "network", "cluster", "pools", "workload")


_WARM_ON_CPU = 2


def replicas(tier: Tier, described: ReplicaRange, *, accelerated: bool) -> tuple[int, int]:
    """Floor and ceiling of a stage's replicas while the placement is in this tier.

    Accelerators are what a standby costs, so one replica on them is kept ready. What stands before them costs next to
    nothing, and all of the standby is unready while it is: there a second one, where as many are described, outlives a
    node that is drained or lost.
    """
    if tier is Tier.HOT:
        return described.min, described.max
    if tier is not Tier.WARM:
        return 0, 0
    return 1 if accelerated else max(1, min(_WARM_ON_CPU, described.min)), described.max


def renders(where: PlacementSpec) -> tuple[str, ...]:
    """What the placement's tier calls for. An adopted cluster is there already: only what runs on it is ours."""
    if where.adopt is not None:
        return () if where.standby is Tier.COLD else ("workload",)
    return EVERYTHING[:2] if where.standby is Tier.COLD else EVERYTHING


_WHY = {
    Tier.HOT: "it serves its share now: replicas as described",
    Tier.WARM: "it stands ready: one replica of each stage runs, two on CPU, the rest is scaled up when it takes over",
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
