"""What a rule is: one check with everything that people need to know about it.

    @rule(
        "spot-has-company",
        "capacity",
        types=["aws:eks/nodeGroup:NodeGroup"],
        levels={"production": Level.MANDATORY},
        description="A primary does not stand on spot capacity alone.",
        ...
    )
    def spot_has_company(pool: Resource, context: Context) -> Iterator[Violation]:
        if pool.props["capacityType"].text == "SPOT":
            yield fail(pool, "it is a spot pool", "capacityType")

A check yields what is wrong, and nothing when all is well. It reads properties through `accessor.Value`, so it cannot
pass on a value that is unknown. `docs/policies.md` tells the whole of it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from intertie_policies.accessor import Path, Step, Value, show
from intertie_policies.config import Settings
from intertie_policies.resources import Resource, Stack

BASELINE, PRODUCTION = "baseline", "production"
PACKS = (BASELINE, PRODUCTION)


class Level(StrEnum):
    """What a violation does. `remediate`: the rule's change is made, and what is still wrong then is mandatory."""

    DISABLED = "disabled"
    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    REMEDIATE = "remediate"


class Verdict(StrEnum):
    """What a rule found. Unknown never counts as a pass."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"


class Scope(StrEnum):
    """When a rule runs: for each resource before it is made, or once, over all of them."""

    RESOURCE = "resource"
    STACK = "stack"


@dataclass(frozen=True, slots=True)
class Context:
    """What rules know beside the resources. The same for all rules of a run."""

    settings: Settings
    pack: str = PRODUCTION
    stack: str = ""
    project: str = ""
    environment: str = PRODUCTION
    stack_config: Mapping[str, str] | None = None  # `aws:region` → `us-east-1`, as the engine hands it out
    today: date = date.min
    applying: bool = False  # inputs are resolved: nothing is "only known at apply" any more


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong, or cannot be told, with one resource."""

    urn: str
    name: str
    message: str
    path: str = ""
    verdict: Verdict = Verdict.FAIL


@dataclass(frozen=True, slots=True)
class Change:
    """A property that a remediation sets. The same change made twice changes nothing more."""

    path: Path
    value: Any


Check = Callable[[Any, Context], Iterable[Violation]]
"""(Resource, Context) for resource rules, (Stack, Context) for stack rules."""

Remedy = Callable[[Resource, Context], Iterable[Change]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `types` are tokens without API versions; () means every type (resource) or any stack."""

    id: str
    subject: str  # region | capacity | tagging | cost | exposure | resilience
    scope: Scope
    types: frozenset[str]
    levels: Mapping[str, Level]  # by pack
    description: str  # what holds, as one sentence
    rationale: str  # what happens otherwise
    remediation: str  # what to do
    references: tuple[str, ...]
    settings: tuple[str, ...]  # sections of the configuration that it reads
    apply_time_only: tuple[str, ...]  # `encryptionConfig.provider.keyArn`: unknown in every preview
    check: Check
    remedy: Remedy | None = None
    whole: Check | None = None  # of a resource rule: what only the whole stack shows, checked in addition

    def over(self) -> Check | None:
        """What is checked over all resources of a stack together."""
        return self.check if self.scope is Scope.STACK else self.whole

    def level(self, pack: str) -> Level:
        return self.levels.get(pack, Level.DISABLED)

    def reads(self, type_: str) -> bool:
        """Whether resources of this type (without API version) concern a resource rule."""
        return not self.types or type_ in self.types


def rule(
    id: str,  # noqa: A002  what everybody calls it
    subject: str,
    *,
    types: Iterable[str] = (),
    baseline: Level = Level.ADVISORY,
    production: Level = Level.MANDATORY,
    description: str,
    rationale: str,
    remediation: str,
    references: Iterable[str] = (),
    settings: Iterable[str] = (),
    apply_time_only: Iterable[str] = (),
    remedy: Remedy | None = None,
    scope: Scope = Scope.RESOURCE,
    whole: Check | None = None,
) -> Callable[[Check], Rule]:
    """Makes a resource rule of a function (resource, context)."""

    def make(check: Check) -> Rule:
        return Rule(
            id, subject, scope, frozenset(types), {BASELINE: baseline, PRODUCTION: production}, description,
            rationale, remediation, tuple(references), tuple(settings), tuple(apply_time_only), check, remedy, whole,
        )  # fmt: skip

    return make


stack_rule = partial(rule, scope=Scope.STACK)
"""Makes a stack rule of a function (stack, context). It runs when the stack has a resource of one of `types`."""


def fail(resource: Resource | Stack, message: str, *path: Step) -> Violation:
    """Something is wrong: `message` says what was found and what is allowed."""
    return Violation(resource.urn, resource.name, message, show(path) if path else "")


def unknown(resource: Resource | Stack, value: Value, message: str = "") -> Violation:
    """Nobody can tell yet. Without a message: which property it is, and how to make it known."""
    found = message or why_unknown(value.settled if value.settled is not None else value.path)
    return Violation(resource.urn, resource.name, found, show(value.path), Verdict.UNKNOWN)


def why_unknown(path: Path) -> str:
    """What to say of a value that is not known before apply."""
    return (
        f"{show(path)} is not known before apply: write it as a value, take it from configuration, "
        "or create what it comes from in an earlier stack"
    )


__all__ = [
    "BASELINE", "PACKS", "PRODUCTION", "Change", "Check", "Context", "Iterator", "Level", "Remedy", "Rule", "Scope",
    "Verdict", "Violation", "fail", "rule", "stack_rule", "unknown", "why_unknown",
]  # fmt: skip
