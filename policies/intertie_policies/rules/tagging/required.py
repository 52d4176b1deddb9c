"""Tags that every resource carries, and what they say."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from intertie_policies.accessor import Value
from intertie_policies.resources import Resource
from intertie_policies.rule import Change, Context, Violation, fail, rule, unknown
from intertie_policies.tags import TAGGED, tag, tags_of

_NOBODY = frozenset(
    {"admin", "changeme", "me", "n/a", "na", "nobody", "none", "null", "root", "tba", "tbd", "test", "todo", "unknown"}
)


def _remedy(resource: Resource, context: Context) -> Iterator[Change]:
    """Adds what is known without asking: the environment, and what the configuration says of the others."""
    settings = context.settings.tagging
    known = {"environment": context.environment, **settings.defaults}
    for key in settings.required:
        if key in known and tag(resource, key).absent:
            yield Change((*tags_of(resource).path, key), known[key])


@rule(
    "required-tags",
    "tagging",
    types=TAGGED,
    description="Every taggable resource carries the required tags, with values that match.",
    rationale="What nobody owns nobody turns off, and what has no cost centre nobody pays for.",
    remediation="Set the tags on the resource, or on all of them with the provider's default tags or labels.",
    references=["AWS, best practices for tagging", "Microsoft Cloud Adoption Framework, tagging strategy"],
    settings=["tagging"],
    remedy=_remedy,
)
def required_tags(resource: Resource, context: Context) -> Iterator[Violation]:
    for key, pattern in context.settings.tagging.required.items():
        found = tag(resource, key)
        if found.unknown:
            yield unknown(resource, found)
        elif found.absent:
            yield fail(resource, f"the tag {key!r} is missing", *found.path)
        elif problem := _problem(found, pattern, context.settings.tagging.allowed.get(key, ())):
            yield fail(resource, problem, *found.path)


@rule(
    "cost-center-known",
    "tagging",
    types=TAGGED,
    description="The cost centre of a resource is one that exists.",
    rationale="A cost centre with a typing error looks right on the resource and is in nobody's budget.",
    remediation="Use a cost centre of `tagging.cost_centers`, or have finance add this one.",
    references=["FinOps Foundation, cost allocation"],
    settings=["tagging"],
)
def cost_center_known(resource: Resource, context: Context) -> Iterator[Violation]:
    known = context.settings.tagging.cost_centers
    found = tag(resource, "cost_center")
    text = found.text
    if text is not None and known and not _matches(text, known):
        yield fail(resource, f"{text!r} is not a known cost centre: {', '.join(known)}", *found.path)


@rule(
    "owner-reachable",
    "tagging",
    types=TAGGED,
    description="The owner of a resource is somebody who can be reached.",
    rationale="At three in the morning `tbd` does not answer.",
    remediation="Name a team or mailbox that answers, one of `tagging.owners` where these are configured.",
    references=["AWS, best practices for tagging"],
    settings=["tagging"],
)
def owner_reachable(resource: Resource, context: Context) -> Iterator[Violation]:
    reachable = context.settings.tagging.owners
    found = tag(resource, "owner")
    text = found.text
    if text is None:
        return
    if text.strip().lower() in _NOBODY:
        yield fail(resource, f"{text!r} is nobody", *found.path)
    elif reachable and not _matches(text, reachable):
        yield fail(resource, f"{text!r} is not one of the owners: {', '.join(reachable)}", *found.path)


def _matches(text: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def _problem(found: Value, pattern: str, allowed: tuple[str, ...]) -> str:
    text = found.text
    if text is None:
        return ""  # not text, and noted as such
    if not re.fullmatch(pattern, text):
        return f"{text!r} does not match {pattern}"
    return f"{text!r} is not one of {', '.join(allowed)}" if allowed and text not in allowed else ""
