"""Tags that every resource carries."""

import re
from collections.abc import Iterator

from intertie_policies.accessor import Value
from intertie_policies.resources import Resource
from intertie_policies.rule import Change, Context, Level, Violation, fail, rule, unknown

TAGGED = {
    "aws:eks/cluster:Cluster": "tags",
    "aws:eks/nodeGroup:NodeGroup": "tags",
    "aws:s3/bucket:Bucket": "tags",
    "azure-native:containerservice:ManagedCluster": "tags",
    "azure-native:containerservice:AgentPool": "tags",
    "azure-native:storage:StorageAccount": "tags",
    "gcp:container/cluster:Cluster": "resourceLabels",
    "gcp:storage/bucket:Bucket": "labels",
}
"""Where each type keeps its tags."""


def _remedy(resource: Resource, context: Context) -> Iterator[Change]:
    """Adds what the stack itself says: its environment. Owners and cost centres are not made up."""
    tags = resource.props[TAGGED[resource.type]]
    if "environment" in context.settings.tagging.required and tags["environment"].absent:
        yield Change((*tags.path, "environment"), context.environment)


@rule(
    "required-tags",
    "tagging",
    types=TAGGED,
    baseline=Level.ADVISORY,
    production=Level.MANDATORY,
    description="Every taggable resource carries the required tags, with values that match.",
    rationale="What nobody owns nobody turns off, and what has no cost centre nobody pays for.",
    remediation="Set the tags on the resource, or on all of them with the provider's defaults.",
    settings=["tagging"],
    remedy=_remedy,
)
def required_tags(resource: Resource, context: Context) -> Iterator[Violation]:
    tags = resource.props[TAGGED[resource.type]]
    for key, pattern in context.settings.tagging.required.items():
        tag = tags[key]
        if tag.unknown:
            yield unknown(resource, tag)
        elif tag.absent:
            yield fail(resource, f"the tag {key!r} is missing", *tag.path)
        elif problem := _problem(tag, pattern, context.settings.tagging.allowed.get(key, ())):
            yield fail(resource, problem, *tag.path)


def _problem(tag: Value, pattern: str, allowed: tuple[str, ...]) -> str:
    text = tag.text
    if text is None:
        return ""  # not text, and noted as such
    if not re.fullmatch(pattern, text):
        return f"{text[:80]!r} does not match {pattern}"
    return f"{text[:80]!r} is not one of {', '.join(allowed)}" if allowed and text not in allowed else ""
