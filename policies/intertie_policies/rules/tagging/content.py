"""What stands in tags: in the grammar of each cloud, and nothing that must not be read by everybody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from intertie_policies.accessor import Value
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule
from intertie_policies.secret_text import person_in, secret_in
from intertie_policies.tags import TAGGED, plain, tags_of

_LAUNCH = "aws:ec2/launchTemplate:LaunchTemplate"
_AKS = "azure-native:containerservice:ManagedCluster"
_GKE_POOL = "gcp:container/nodePool:NodePool"
_TYPES = (*TAGGED, _GKE_POOL)


@dataclass(frozen=True, slots=True)
class Grammar:
    """What keys and values may look like, and how many tags there may be."""

    key: re.Pattern[str]
    value: re.Pattern[str]
    most: int
    says: str


GRAMMARS = {
    "aws": Grammar(
        re.compile(r"(?!(?i:aws:))[\w\s+\-=.:/@]{1,128}"), re.compile(r"[\w\s+\-=.:/@]{0,256}"), 50,
        "keys of 1 to 128, values of up to 256 letters, digits, spaces and + - = . _ : / @; no prefix aws:",
    ),
    "azure": Grammar(
        re.compile(r"(?!(?i:microsoft|azure|windows))[^<>%&\\?/\x00-\x1f]{1,512}"), re.compile(r"[^\x00-\x1f]{0,256}"),
        50, r"names of up to 512 characters without < > % & \ ? /, values of up to 256",
    ),
    "gcp": Grammar(
        re.compile(r"[a-z][a-z0-9_-]{0,62}"), re.compile(r"[a-z0-9_-]{0,63}"), 64,
        "lower-case letters, digits, _ and -, up to 63 characters; keys begin with a letter",
    ),
}  # fmt: skip
"""Google allows letters of other alphabets too; the tools that read labels often do not."""


def all_tags(resource: Resource) -> Iterator[Value]:
    """All objects with tags in a resource: its own, and those for what is made from it."""
    if resource.type in TAGGED:
        yield tags_of(resource)
    if resource.type == _LAUNCH:
        yield from (each["tags"] for each in resource["tagSpecifications"].items)
    elif resource.type == _AKS:
        yield from (each["tags"] for each in resource["agentPoolProfiles"].items)
    elif resource.type == _GKE_POOL:
        yield resource["nodeConfig"]["resourceLabels"]


@rule(
    "tags-well-formed",
    "tagging",
    types=_TYPES,
    baseline=Level.MANDATORY,
    description="Tags and labels are written in the grammar of their cloud.",
    rationale="A cloud refuses a tag with a wrong character at apply, when half of the stack is made.",
    remediation="Write keys and values that all clouds take: lower case, digits, _ and -, up to 63 characters.",
    references=[
        "AWS, tag naming limits and requirements", "Azure Resource Manager, tag limitations",
        "Google Cloud, requirements for labels",
    ],
    apply_time_only=[
        "tags.*", "labels.*", "resourceLabels.*", "nodeConfig.resourceLabels.*", "tagSpecifications[*].tags.*",
        "agentPoolProfiles[*].tags.*",
    ],
)  # fmt: skip
def tags_well_formed(resource: Resource, _context: Context) -> Iterator[Violation]:
    grammar = GRAMMARS[resource.cloud or "aws"]
    for tags in all_tags(resource):
        entries = tags.entries
        if len(entries) > grammar.most:
            yield fail(resource, f"{len(entries)} tags; allowed: {grammar.most}", *tags.path)
        for key, value in entries.items():
            if not grammar.key.fullmatch(key):
                yield fail(resource, f"the key {key!r} is refused; allowed: {grammar.says}", *tags.path)
            text = value.text
            if text is not None and not grammar.value.fullmatch(text):
                yield fail(resource, f"the value {text!r} is refused; allowed: {grammar.says}", *value.path)


@rule(
    "tags-hold-no-secrets",
    "tagging",
    types=_TYPES,
    baseline=Level.MANDATORY,
    description="No tag holds a secret or personal data.",
    rationale="Tags are read by everybody who sees a bill, and stay in its exports for years.",
    remediation="Take it out of the tag (and replace a secret that stood there); name a team instead of a person.",
    references=["AWS, do not include sensitive information in tags", "Azure, tags are stored as plain text"],
    settings=["tagging"],
    apply_time_only=[
        "tags.*", "labels.*", "resourceLabels.*", "nodeConfig.resourceLabels.*", "tagSpecifications[*].tags.*",
        "agentPoolProfiles[*].tags.*",
    ],
)  # fmt: skip
def tags_hold_no_secrets(resource: Resource, context: Context) -> Iterator[Violation]:
    contacts = {plain(key) for key in context.settings.tagging.contact_keys}
    for tags in all_tags(resource):
        for key, value in tags.entries.items():
            text = value.text
            found = text and (secret_in(text) or person_in(text, email=plain(key) not in contacts))
            if found:
                yield fail(resource, f"the tag {key!r} looks like {found}", *value.path)
