"""Copies of data in other places."""

from collections.abc import Iterator

from intertie_policies.conditions import reach
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule
from intertie_policies.rules.region.allowed import why_not

COPIES = {
    "aws:dynamodb/table:Table": ("replicas[*].regionName",),
    "aws:dynamodb/globalTable:GlobalTable": ("replicas[*].regionName",),
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": (
        "replicationConfiguration.rules[*].destinations[*].region",
    ),
    "aws:secretsmanager/secret:Secret": ("replicas[*].region",),
    "azure-native:containerregistry:Replication": ("location",),
    "azure-native:documentdb:DatabaseAccount": ("locations[*].locationName",),
    "azure-native:compute:GalleryImageVersion": ("publishingProfile.targetRegions[*].name",),
    "gcp:secretmanager/secret:Secret": ("replication.userManaged.replicas[*].location",),
    "gcp:storage/bucket:Bucket": ("customPlacementConfig.dataLocations[*]",),
    "gcp:compute/snapshot:Snapshot": ("storageLocations[*]",),
    "gcp:compute/image:Image": ("storageLocations[*]",),
}
"""Where types name the places that they copy to."""

_ARNS = {"aws:backup/plan:Plan": ("rules[*].copyActions[*].destinationVaultArn",)}


@rule(
    "copies-in-jurisdiction",
    "region",
    types={*COPIES, *_ARNS},
    baseline=Level.MANDATORY,
    description="Replicas, copies and backups lie in allowed regions and jurisdictions too.",
    rationale="A replica is the data: it moves them to another law without anybody reading the line.",
    remediation="Copy to an allowed region only.",
    references=["GDPR chapter V, transfers of personal data to third countries"],
    settings=["regions"],
    apply_time_only=["rules[*].copyActions[*].destinationVaultArn"],
)
def copies_in_jurisdiction(resource: Resource, context: Context) -> Iterator[Violation]:
    for path in COPIES.get(resource.type, ()):
        for place in reach(resource.props, path):
            name = place.text
            if name and (why := why_not(resource.cloud or "", name, context)):
                yield fail(resource, f"a copy goes elsewhere: {why}", *place.path)
    for path in _ARNS.get(resource.type, ()):
        for arn in reach(resource.props, path):
            parts = (arn.text or "").split(":")
            if len(parts) > 3 and (why := why_not("aws", parts[3], context)):
                yield fail(resource, f"a copy goes elsewhere: {why}", *arn.path)
