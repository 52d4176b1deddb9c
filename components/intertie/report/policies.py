"""Results of policy packs (`intertie.policy/v1`), rules and one rule, as pages for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from intertie.report.page import Issue, Page, Section, Table

Data = Mapping[str, Any]


def page_of(data: Data, title: str) -> Page:
    """The page of a check: violations first, then what is waived, then what was remediated."""
    return Page(
        title="Policies",
        verdict=data["verdict"],
        sections=(Section(title, data["verdict"], issues=tuple(issues(data["results"])), tables=_changes(data)),),
        closing=tuple(_closing(data)),
    )


def issues(results: Sequence[Data]) -> Iterator[Issue]:
    """One line per result: what was found, where, and what to do. Waived results are shown too."""
    order = {"error": 0, "warning": 1, "note": 2}
    yield from sorted((_issue(result) for result in results), key=lambda issue: order[issue.severity])


def _issue(result: Data) -> Issue:
    place = f"{result['name']}{' ' + result['path'] if result['path'] else ''}" or "stack"
    doubt = "cannot tell: " if result["result"] == "unknown" else ""
    text = f"{result['rule']} ({result['pack']}): {doubt}{result['message']}"
    if result["waived"]:
        return Issue("note", place, f"{text} · waived by {result['waived']}")
    return Issue("error" if result["level"] == "mandatory" else "warning", place, text, result["remediation"])


def _changes(data: Data) -> tuple[Table, ...]:
    rows = tuple((each["name"], each["path"], str(each["value"]), each["rule"]) for each in data["remediated"])
    return (Table("Remediated", ("resource", "property", "value", "rule"), rows),) if rows else ()


def _closing(data: Data) -> Iterator[str]:
    counts = data["counts"]
    yield (
        f"{counts['resources']} resources: {counts.get('fail', 0)} violations, "
        f"{counts.get('unknown', 0)} cannot be told, {counts.get('waived', 0)} waived, "
        f"{counts.get('pass', 0)} checks passed"
    )


def rules_page(rules: Sequence[Data]) -> Page:
    """A table of rules per subject."""
    columns = ("rule", "baseline", "production", "what holds")
    subjects = dict.fromkeys(rule["subject"] for rule in rules)
    tables = tuple(
        Table(subject, columns, tuple(_row(each) for each in rules if each["subject"] == subject))
        for subject in subjects
    )
    return Page(
        "Rules", "pass", (), tables, (f"{len(rules)} rules. `intertie policy explain RULE` tells the whole of one.",)
    )


def _row(rule: Data) -> tuple[str, ...]:
    return rule["id"], rule["levels"]["baseline"], rule["levels"]["production"], rule["description"]


def rule_facts(rule: Data) -> Iterator[tuple[str, str]]:
    """The whole of one rule, as names and values."""
    yield "what holds", rule["description"]
    yield "why", rule["rationale"]
    yield "what to do", rule["remediation"]
    yield "level", ", ".join(f"{level} in {pack}" for pack, level in rule["levels"].items())
    once = "once, over all resources"
    each = "for each resource, before it is made"
    if rule["also_over_all"]:
        each += f"; for what only launch templates say, {once}"
    yield "runs", each if rule["scope"] == "resource" else once
    yield "resource types", ", ".join(rule["types"]) or "all"
    if rule["settings"]:
        yield "settings", ", ".join(f"configuration.{section}" for section in rule["settings"])
    if rule["apply_time_only"]:
        yield "only known at apply", ", ".join(rule["apply_time_only"])
    yield "remediates", "yes, where the configuration names it in `remediate`" if rule["remediates"] else "no"
    for reference in rule["references"]:
        yield "source", reference
