"""Values and names as the clouds spell them."""

import re
from collections.abc import Iterator

from intertie_policies.accessor import Value
from intertie_policies.conditions import reach
from intertie_policies.resources import Resource
from intertie_policies.rule import Context, Level, Violation, fail, rule
from intertie_policies.rules.capacity.rows import INLINE, Spelling, spellings, spellings_of, subjects


@rule(
    "values-spelled-as-cloud-does",
    "capacity",
    types={row.type for row in spellings("spellings")} | set(INLINE),
    baseline=Level.MANDATORY,
    description="Settings of pools have values that their cloud knows, in its spelling.",
    rationale="Each cloud spells things its own way, the SDKs take any text, and the cloud refuses it at apply.",
    remediation="Use one of the allowed values, in exactly this spelling.",
    references=sorted({row.source for row in spellings("spellings")}),
)
def values_spelled(resource: Resource, _context: Context) -> Iterator[Violation]:
    yield from _misspelled(resource, "spellings")


@rule(
    "names-legal",
    "capacity",
    types={row.type for row in spellings("names")} | set(INLINE),
    baseline=Level.MANDATORY,
    description="Names that a program chooses are legal on their cloud; AKS pools have one.",
    rationale="A name that is too long or has a hyphen fails at apply; an automatic one never fits an AKS pool.",
    remediation="Choose a name of the allowed form.",
    references=sorted({row.source for row in spellings("names")}),
    apply_time_only=["name", "resourceName", "accountName", "registryName", "vaultName", "bucket", "accountId"],
)
def names_legal(resource: Resource, _context: Context) -> Iterator[Violation]:
    yield from _misspelled(resource, "names")


def _misspelled(resource: Resource, table: str) -> Iterator[Violation]:
    for type_, root in subjects(resource):
        for row in spellings_of(table, type_):
            for value in reach(root, row.path):
                yield from _of(resource, row, value)


def _of(resource: Resource, row: Spelling, value: Value) -> Iterator[Violation]:
    if value.absent:
        inside = resource.type in INLINE and row.path == "agentPoolName"  # an inline pool has `name` instead
        if row.required and not inside:
            yield fail(resource, f"nothing is given; allowed: {row.allowed}", *value.path)
        return
    text = value.text
    if text is not None and not re.fullmatch(row.pattern, text):
        yield fail(resource, f"{text[:80]!r}; allowed: {row.allowed}", *value.path)
