"""Launch templates of AWS as pools, groups and machines use them: those of this stack, and those that nobody sees here.

What stands in a template of another stack, or in one that was made by hand, is unknown to every rule that reads
templates: it is told by `unseen`, and never passes.
"""

from collections.abc import Iterator

from intertie_policies.accessor import State, Value
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Check, Context, Violation, unknown

LAUNCH = "aws:ec2/launchTemplate:LaunchTemplate"
EKS = "aws:eks/nodeGroup:NodeGroup"
GROUP = "aws:autoscaling/group:Group"
INSTANCE = "aws:ec2/instance:Instance"
_KEYS = {EKS: ("launchTemplate",), GROUP: ("launchTemplate", "mixedInstancesPolicy"), INSTANCE: ("launchTemplate",)}
USERS = tuple(_KEYS)
"""Types that machines are started by, from a launch template."""


def templates(resource: Resource) -> tuple[Resource, ...]:
    """The launch templates of this stack that it starts machines from. In stack rules."""
    found = [each for key in _given(resource) for each in _of(resource, key)]
    return tuple({each.urn: each for each in found}.values())


def foreign(resource: Resource) -> Value | None:
    """The property that names a template which is not of this stack; None when there is none. In stack rules."""
    keys = (key for key in _given(resource) if not _of(resource, key))
    return next((resource[key] for key in keys), None)


def unseen(resource: Resource, what: str) -> Iterator[Violation]:
    """That nobody can tell `what` of machines whose template is not of this stack; nothing where it is."""
    if (value := foreign(resource)) is not None:
        told = f"its launch template is not made in this stack, so nobody sees {what}: make the template in this stack"
        yield unknown(resource, value, told)


def all_seen(what: str) -> Check:
    """What a resource rule about templates checks over all resources: whether it was asked about each that is used."""

    def check(stack: Stack, _context: Context) -> Iterator[Violation]:
        for resource in stack.of_type(*USERS):
            yield from unseen(resource, what)

    return check


def _given(resource: Resource) -> tuple[str, ...]:
    """The properties that name a template, where they are there."""
    keys, flows = _KEYS.get(resource.type, ()), resource.node.property_dependencies
    return tuple(key for key in keys if flows.get(key) or resource[key].quietly().state is not State.ABSENT)


def _of(resource: Resource, key: str) -> tuple[Resource, ...]:
    known = resource.node.property_dependencies
    if known and key not in known:
        return ()  # what flows in where is said, and nothing flows in here: other templates are only waited for
    return resource.uses(key, LAUNCH)
