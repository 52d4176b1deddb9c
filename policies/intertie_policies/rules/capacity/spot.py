"""Capacity that the cloud may take back."""

from collections.abc import Iterator

from intertie_policies.fleet import FLEETS, fleets
from intertie_policies.resources import Stack
from intertie_policies.rule import Context, Violation, fail, stack_rule


@stack_rule(
    "accelerators-not-spot-only",
    "capacity",
    types=FLEETS,
    description="The accelerators of a stack are not all on spot capacity: one pool at least is reserved or on demand.",
    rationale="Spot capacity of accelerators ends for a whole zone at once, with two minutes of notice or less.",
    remediation="Add an on-demand or reserved pool behind the spot pool.",
    references=["Amazon EKS user guide, managed node group capacity types", "GKE documentation, Spot VMs"],
)
def accelerators_not_spot_only(stack: Stack, _context: Context) -> Iterator[Violation]:
    pools = [fleet for fleet in fleets(stack) if fleet.accelerated]
    if pools and all(pool.spot for pool in pools):
        for pool in pools:
            yield fail(pool.resource, "every pool with accelerators in this stack is a spot pool")
