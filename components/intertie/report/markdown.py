"""A page as GitHub-flavoured markdown, for job summaries and comments. Users' text cannot break out of it."""

import re

from intertie.report.page import Issue, Page, Section, Table
from intertie.report.plain import one_line

_MARKS = {"pass": "✅", "fail": "❌", "error": "❌", "warning": "⚠️", "note": "ℹ️"}
_MENTION = re.compile(r"(?<![A-Za-z0-9])@(?=[A-Za-z0-9])")
_BLOCK_START = re.compile(r"^(\d*)([#+=.)-])")  # headings, rules and lists, at the start of a line
_MARKED = set("\\`*_[]|~$")
_NO_JOIN = "\u200b"


def render(page: Page) -> str:
    """The page as markdown, with a final newline."""
    blocks = [f"## {_MARKS[page.verdict]} {escape(page.title)}: {page.verdict}"]
    blocks += [escape(line) for line in page.closing]
    blocks += [_table(table) for table in page.comparisons]
    for section in page.sections:
        blocks += _section(section)
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    """Text that stays text: no markup, no table cells, no HTML, no mention of anybody, on one line."""
    text = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = "".join(f"\\{character}" if character in _MARKED else character for character in text)
    text = _BLOCK_START.sub(r"\1\\\2", text)
    return _MENTION.sub(f"@{_NO_JOIN}", text)


def _section(section: Section) -> list[str]:
    """Details are folded away where all is well, and open where something is wrong."""
    is_open = " open" if section.verdict != "pass" else ""
    summary = f"<summary>{_MARKS[section.verdict]} <b>{_html(section.title)}</b></summary>"
    blocks = [f"<details{is_open}>{summary}"]
    if section.issues:
        blocks.append("\n".join(_issue(issue) for issue in section.issues))
    if section.facts:
        blocks.append("\n".join(f"- {escape(name)}: {escape(value)}" for name, value in section.facts))
    blocks += [_table(table) for table in section.tables]
    return [*blocks, "</details>"]


def _issue(issue: Issue) -> str:
    line = f"- {_MARKS[issue.severity]} **{escape(issue.place)}**: {escape(issue.text)}"
    return f"{line}<br>→ {escape(issue.hint)}" if issue.hint else line


def _table(table: Table) -> str:
    head = _row(table.columns)
    rule = "|" + " --- |" * len(table.columns)
    lines = [f"**{escape(table.title)}**", "", head, rule, *(_row(row) for row in table.rows)]
    return "\n".join(lines)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(escape(cell) or " " for cell in cells) + " |"


def _html(text: str) -> str:
    """Inside an HTML block, where markdown's backslashes would show."""
    text = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MENTION.sub(f"@{_NO_JOIN}", text)
