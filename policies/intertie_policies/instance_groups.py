"""Managed instance groups of Compute Engine: the machines of their templates, and how many of them there may be."""

from collections.abc import Iterator
from dataclasses import dataclass

from intertie_policies import accessor
from intertie_policies.accelerators import last
from intertie_policies.accessor import State, Value
from intertie_policies.owners import called
from intertie_policies.resources import Resource, Stack

ZONAL = "gcp:compute/instanceGroupManager:InstanceGroupManager"
REGIONAL = "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager"
MANAGERS = (ZONAL, REGIONAL)
TEMPLATES = (
    "gcp:compute/instanceTemplate:InstanceTemplate",
    "gcp:compute/regionInstanceTemplate:RegionInstanceTemplate",
)
AUTOSCALERS = ("gcp:compute/autoscaler:Autoscaler", "gcp:compute/regionAutoscaler:RegionAutoscaler")


@dataclass(frozen=True, slots=True)
class Group:
    """One group, with the templates of this stack that its versions name, and its autoscaler if it has one."""

    resource: Resource
    templates: tuple[Resource, ...]
    unseen: tuple[Value, ...]  # where a template is named that is not of this stack
    scaler: Resource | None

    @property
    def machines(self) -> tuple[Value, ...]:
        """Machine types that it may start. Unknown where a template is of another stack."""
        choices = self.resource["instanceFlexibilityPolicy"]["instanceSelections"].items
        if choices:
            return tuple(machine for choice in choices for machine in choice["machineTypes"].items)
        hidden = (accessor.undecided(value) for value in self.unseen)
        return (*(template["machineType"] for template in self.templates), *hidden)

    @property
    def attached(self) -> int:
        """Accelerators that are attached to one machine apart from its type: the most of its templates."""
        lists = [template["guestAccelerators"].items for template in self.templates]
        return max((int(sum(each["count"].number or 0 for each in devices)) for devices in lists), default=0)

    @property
    def spot(self) -> bool:
        """Whether all its machines may be taken back at any time."""
        markets = [template["scheduling"] for template in self.templates]
        return bool(markets) and all(_taken_back(market) for market in markets)

    @property
    def floor(self) -> Value:
        """Machines that run without any load."""
        return self.resource["targetSize"] if self._policy is None else self._policy["minReplicas"]

    @property
    def ceiling(self) -> Value:
        return self.resource["targetSize"] if self._policy is None else self._policy["maxReplicas"]

    @property
    def _policy(self) -> Value | None:
        """What the autoscaler goes by; None where nothing moves the size that the group is given."""
        policy = self.scaler["autoscalingPolicy"] if self.scaler is not None else None
        return None if policy is None or policy["mode"].text == "OFF" else policy


def _taken_back(market: Value) -> bool:
    return market["provisioningModel"].text == "SPOT" or bool(market["preemptible"].flag)


def groups(stack: Stack) -> Iterator[Group]:
    """All groups of a stack. Autoscalers are looked through once: a list may have thousands of both."""
    managers = stack.of_type(*MANAGERS)
    scalers = _scalers(stack) if managers else {}
    for manager in managers:
        name = manager["name"].quietly().text
        scaler = scalers.get(manager.urn) or (scalers.get(name) if name else None)
        yield _group(manager, scaler, stack)


def _scalers(stack: Stack) -> dict[str, Resource]:
    """Autoscalers by the URN of the group that flows into them, else by the name of the group that is written."""
    found: dict[str, Resource] = {}
    for scaler in stack.of_type(*AUTOSCALERS):
        text = scaler["target"].quietly().text
        keys = [group.urn for group in scaler.uses("target", *MANAGERS)] or ([last(text)] if text else [])
        found |= dict.fromkeys(keys, scaler)
    return found


def _group(manager: Resource, scaler: Resource | None, stack: Stack) -> Group:
    flowing = manager.uses("versions", *TEMPLATES)
    if flowing:
        return Group(manager, flowing, (), scaler)
    named = [version["instanceTemplate"] for version in manager["versions"].items]
    written = [(value, _called(value, manager, stack)) for value in named]
    seen = {each.urn: each for _, found in written for each in found}
    unseen = (value for value, found in written if not found and value.quietly().state is not State.ABSENT)
    return Group(manager, tuple(seen.values()), tuple(unseen), scaler)


def _called(address: Value, user: Resource, stack: Stack) -> tuple[Resource, ...]:
    text = address.quietly().text
    return tuple(each for kind in TEMPLATES for each in called(text, user, stack, kind, "name")) if text else ()
