"""Capacity that the cloud may take back."""

from collections.abc import Iterator

from intertie_policies.fleet import FLEETS, fleets
from intertie_policies.karpenter import NODE_POOL, accelerated, spot_only
from intertie_policies.resources import Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule


@stack_rule(
    "accelerators-not-spot-only",
    "capacity",
    types=(*FLEETS, NODE_POOL),
    description="The accelerators of a stack are not all on spot capacity: one pool at least is reserved or on demand.",
    rationale="Spot capacity of accelerators ends for a whole zone at once, with two minutes of notice or less.",
    remediation="Add an on-demand or reserved pool behind it; to a pool of Karpenter, capacity on demand.",
    references=["Amazon EKS user guide, managed node group capacity types", "GKE documentation, Spot VMs",
                "Karpenter documentation, NodePools, karpenter.sh/capacity-type"],
)  # fmt: skip
def accelerators_not_spot_only(stack: Stack, _context: Context) -> Iterator[Violation]:
    pools = [(fleet.resource, fleet.spot) for fleet in fleets(stack) if fleet.accelerated]
    pools += [(pool, spot_only(pool)) for pool in stack.of_type(NODE_POOL) if accelerated(pool)]
    if pools and all(spot for _, spot in pools):
        for pool, _ in pools:
            yield fail(pool, "every pool with accelerators in this stack is a spot pool")
