"""How results look, and nothing else. Takes the plain data that `--format json` prints.

from intertie import report

report.preview_text(data, Console())
report.preview_markdown(data)
"""

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from intertie.report import junit, markdown, policies, sarif, text
from intertie.report.plain import one_line
from intertie.report.preview import page_of

__all__ = [
    "as_json", "policy_junit", "policy_markdown", "policy_sarif", "policy_text", "preview_markdown", "preview_sarif",
    "preview_text",    "rule_text", "rules_text",
]  # fmt: skip


def preview_text(data: Mapping[str, Any], console: Console) -> None:
    """Writes a preview for people: a section per stack, then the stacks side by side."""
    text.write(page_of(data), console)


def preview_markdown(data: Mapping[str, Any]) -> str:
    """A preview for a job summary or a comment."""
    return markdown.render(page_of(data))


def policy_text(data: Mapping[str, Any], title: str, console: Console) -> None:
    """Writes results of policy packs for people."""
    text.write(policies.page_of(data, title), console)


def policy_markdown(data: Mapping[str, Any], title: str) -> str:
    """Results of policy packs for a job summary or a comment."""
    return markdown.render(policies.page_of(data, title))


def policy_sarif(data: Mapping[str, Any], rules: list[dict[str, Any]], file: str) -> str:
    """Results of policy packs as SARIF 2.1.0."""
    return as_json(sarif.document(data["results"], rules, file))


def policy_junit(data: Mapping[str, Any], rules: list[dict[str, Any]], packs: list[str]) -> str:
    """Results of policy packs as JUnit XML."""
    return junit.document(data["results"], rules, packs)


def preview_sarif(data: Mapping[str, Any], rules: list[dict[str, Any]]) -> str:
    """What policies say of previewed stacks as SARIF 2.1.0, each at its description or stack file."""
    results = [
        {**result, "file": stack["spec"] or f"Pulumi.{stack['stack']}.yaml"}
        for stack in data["stacks"]
        for result in stack["policies"]
    ]
    return as_json(sarif.document(results, rules, "Pulumi.yaml"))


def rules_text(rules: list[dict[str, Any]], console: Console) -> None:
    """Writes a table of rules per subject."""
    text.write(policies.rules_page(rules), console)


def rule_text(rule: Mapping[str, Any], console: Console) -> None:
    """Writes all that there is to know about one rule."""
    console.print(rule["id"], style="bold", markup=False)
    for name, value in policies.rule_facts(rule):
        console.print(f"  {name}: {one_line(value)}", markup=False, soft_wrap=True)


def as_json(data: Mapping[str, Any]) -> str:
    """Any result as one JSON document, with a final newline. The same data give the same bytes."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
