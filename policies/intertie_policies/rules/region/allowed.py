"""Allowed regions and jurisdictions."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from intertie_policies.data_stores import HOLDING
from intertie_policies.places import jurisdiction
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule, unknown


@rule(
    "region-allowed",
    "region",
    types=HOLDING,
    baseline=Level.MANDATORY,
    description="Whatever stores or processes data lies in an allowed region and jurisdiction.",
    rationale="Data in a region is under that region's law, and moving it later is a migration.",
    remediation="Use an allowed region, or let the owner of the data add this one to `regions`.",
    references=["GDPR chapter V, transfers of personal data to third countries"],
    settings=["regions"],
)
def region_allowed(resource: Resource, context: Context) -> Iterator[Violation]:
    region = resource.region
    if region.unknown:
        yield unknown(resource, region)
    elif region.absent:
        yield unknown(resource, region, "no region: neither the resource, nor its provider, nor the stack says one")
    elif (name := region.text) and (why := why_not(resource.cloud or "", name, context)):
        yield fail(resource, why, *region.path)


def why_not(cloud: str, region: str, context: Context) -> str:
    """Why data may not be there; "" when they may."""
    regions = context.settings.regions
    if regions.allowed and not any(fnmatchcase(f"{cloud}:{region}", pattern) for pattern in regions.allowed):
        return f"{region} is not among the allowed regions: {', '.join(regions.allowed)}"
    law = jurisdiction(cloud, region)
    legal = regions.jurisdictions.get(regions.classification, regions.jurisdictions.get("default", ()))
    if law is None:
        return f"{region} is in no jurisdiction that is known; allowed: {', '.join(legal)}"
    if law not in legal:
        return f"{region} is in jurisdiction {law}; allowed for {regions.classification} data: {', '.join(legal)}"
    return ""
