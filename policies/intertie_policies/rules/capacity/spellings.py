"""Values and names as the clouds spell them."""

import re
from collections.abc import Iterable, Iterator

from intertie_policies.accessor import Value
from intertie_policies.conditions import reach
from intertie_policies.pools import AKS, AKS_CLUSTER, GKE, GKE_CLUSTER, pools_of
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule
from intertie_policies.rules.capacity.rows import Spelling, spellings

_INLINE = {AKS_CLUSTER: AKS, GKE_CLUSTER: GKE}


@rule(
    "values-spelled-as-cloud-does",
    "capacity",
    types={row.type for row in spellings("spellings")} | set(_INLINE),
    baseline=Level.MANDATORY,
    description="Settings of pools have values that their cloud knows, in its spelling.",
    rationale="Each cloud spells things its own way, the SDKs take any text, and the cloud refuses it at apply.",
    remediation="Use one of the allowed values, in exactly this spelling.",
    references=sorted({row.source for row in spellings("spellings")}),
)
def values_spelled(resource: Resource, _context: Context) -> Iterator[Violation]:
    yield from _misspelled(resource, spellings("spellings"))


@rule(
    "names-legal",
    "capacity",
    types={row.type for row in spellings("names")} | set(_INLINE),
    baseline=Level.MANDATORY,
    description="Names that a program chooses are legal on their cloud; AKS pools have one.",
    rationale="A name that is too long or has a hyphen fails at apply; an automatic one never fits an AKS pool.",
    remediation="Choose a name of the allowed form.",
    references=sorted({row.source for row in spellings("names")}),
    apply_time_only=["name", "resourceName", "accountName", "registryName", "vaultName", "bucket", "accountId"],
)
def names_legal(resource: Resource, _context: Context) -> Iterator[Violation]:
    yield from _misspelled(resource, spellings("names"))


def _misspelled(resource: Resource, rows: Iterable[Spelling]) -> Iterator[Violation]:
    for row in rows:
        for root in _roots(resource, row.type):
            for value in reach(root, row.path):
                yield from _of(resource, row, value)


def _roots(resource: Resource, type_: str) -> list[Value]:
    if resource.type == type_:
        return [resource.props]
    if _INLINE.get(resource.type) == type_:
        return [pool.props for pool in pools_of(resource)]
    return []


def _of(resource: Resource, row: Spelling, value: Value) -> Iterator[Violation]:
    if value.absent:
        inside = resource.type in _INLINE and row.path == "agentPoolName"  # an inline pool has `name` instead
        if row.required and not inside:
            yield fail(resource, f"nothing is given; allowed: {row.allowed}", *value.path)
        return
    text = value.text
    if text is not None and not re.fullmatch(row.pattern, text):
        yield fail(resource, f"{text[:80]!r}; allowed: {row.allowed}", *value.path)
