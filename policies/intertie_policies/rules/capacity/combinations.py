"""Settings that exclude or need each other."""

import re
from collections.abc import Iterator

from intertie_policies.pools import GKE
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule
from intertie_policies.rules.capacity.rows import INLINE, conflicts, conflicts_of, needs, needs_of, subjects

_REGION = re.compile(r"[a-z]+-[a-z]+\d+")


@rule(
    "settings-fit-each-other",
    "capacity",
    types={row.type for row in conflicts()} | set(INLINE),
    baseline=Level.MANDATORY,
    description="No pool, cluster, template or reservation combines settings that its cloud refuses together.",
    rationale="The SDK and a preview accept them; the cloud refuses them after minutes, with half of the stack made.",
    remediation="Take one of the two settings away.",
    references=sorted({row.source for row in conflicts()}),
    apply_time_only=["launchTemplate", "capacityReservationGroupID", "vpcSecurityGroupIds"],
)
def settings_fit_each_other(resource: Resource, _context: Context) -> Iterator[Violation]:
    for type_, root in subjects(resource):
        for row in conflicts_of(type_):
            if (one := row.one.found(root)) is not None and row.other.found(root) is not None:
                yield fail(resource, f"{row.one} excludes {row.other}: {row.why}", *one.path)
    if resource.type == GKE:
        yield from _compact_over_region(resource)


def _compact_over_region(pool: Resource) -> Iterator[Violation]:
    """A pool that lies in a region, and in no zones that it names, lies in several of them."""
    compact = (pool["placementPolicy"]["type"].text or "").upper() == "COMPACT"
    if compact and pool["nodeLocations"].absent and _REGION.fullmatch(pool["location"].text or ""):
        told = f"placementPolicy.type COMPACT excludes several zones, as {pool['location'].text} has: name one"
        yield fail(pool, told, "nodeLocations")


@rule(
    "settings-complete",
    "capacity",
    types={row.type for row in needs()} | set(INLINE),
    baseline=Level.MANDATORY,
    description="A setting that needs another one has it.",
    rationale="Without its other half the cloud refuses the setting, or takes it and does something else.",
    remediation="Add the setting that is missing.",
    references=sorted({row.source for row in needs()}),
    apply_time_only=["launchTemplate", "agentPoolProfiles[*].vnetSubnetID", "nodeConfig.reservationAffinity.values"],
)
def settings_complete(resource: Resource, _context: Context) -> Iterator[Violation]:
    for type_, root in subjects(resource):
        for row in needs_of(type_):
            if (found := row.when.found(root)) is None:
                continue
            other = row.needs.found(root)
            if other is None or not (row.needs.values or other.unknown or other.given):
                yield fail(resource, f"{row.when} needs {row.needs}: {row.why}", *found.path)
