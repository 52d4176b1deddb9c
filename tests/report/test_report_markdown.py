"""Markdown that a reader's parser takes apart again: text from users' files stays text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from intertie import report
from intertie.report import markdown
from intertie.report.page import Issue, Page, Section, Table
from intertie.report.plain import one_line

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = [
    "a | b",
    "`code` | ``",
    "<script>alert(1)</script>",
    "</details><h1>x",
    "line\nbreak\r\n| --- |",
    "[x](http://example.com)",
    "![x](y)",
    "**b** _i_ ~~s~~ $x$",
    "\\|",
    "\\",
    "&lt;b&gt; &#124;",
    "# head",
    "- item",
    "1. item",
    "> quote",
    "$$x$$",
    "",
    "ends with \\",
]


def table_cells(text: str) -> list[list[str]]:
    """Rows of all tables in the markdown, as the text that a reader sees."""
    rows: list[list[str]] = []
    in_cell = False
    for token in PARSER.parse(text):
        in_cell = token.type in ("th_open", "td_open") or (in_cell and token.type == "inline")
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and in_cell:
            rows[-1].append(seen(token))
    return rows


def seen(inline: Token) -> str:
    """What is shown of an inline token; anything but plain text is named, so that it cannot hide."""
    parts = []
    for child in inline.children or []:
        if child.type in ("text", "text_special"):
            parts.append(child.content)
        elif child.type != "softbreak":
            parts.append(f"<{child.type}>")
    return "".join(parts).replace("\u200b", "")


def page(*cells: str) -> Page:
    table = Table("T", ("a", "b"), tuple((cell, "end") for cell in cells))
    return Page("Preview", "pass", (Section("s", "pass", tables=(table,)),))


def check_cell(text: str) -> None:
    rows = table_cells(markdown.render(page(text, "after")))
    assert rows == [["a", "b"], [one_line(text), "end"], ["after", "end"]]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_in_its_cell_as_it_is(text: str) -> None:
    check_cell(text)


ACTIVE = st.text(alphabet=st.sampled_from("ab |`<>*_~[]()\\&#$!-+.:;/@\n\r\t=\"'{}^"), max_size=40)


@given(ACTIVE | st.text(max_size=30))
def test_any_text_stays_in_its_cell_as_it_is(text: str) -> None:
    check_cell(text)


@given(ACTIVE)
def test_any_text_of_an_issue_stays_text(text: str) -> None:
    issue = Issue("error", text or "x", text, text)
    rendered = markdown.render(Page("P", "fail", (Section(text, "fail", issues=(issue,)),), closing=(text or "x",)))
    tokens = PARSER.parse(rendered)
    assert [token.tag for token in tokens if token.type == "heading_open"] == ["h2"]
    assert sum(token.type == "list_item_open" for token in tokens) == 1
    assert not any(token.type in ("hr", "blockquote_open", "code_block", "fence", "table_open") for token in tokens)
    inline = [token for token in tokens if token.type == "inline"]
    kinds = {child.type for token in inline for child in token.children or []}
    assert kinds <= {"text", "text_special", "softbreak", "strong_open", "strong_close", "html_inline"}
    html = {child.content for token in inline for child in token.children or [] if child.type == "html_inline"}
    assert html <= {"<br>"}
    blocks = [token.content for token in tokens if token.type == "html_block"]
    assert blocks[0].count("<") == 5
    assert blocks[1:] == ["</details>\n"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@acme look", "@\u200bacme look"),
        ("(@acme)", "(@\u200bacme)"),
        ("ghcr.io/acme/prepare@sha256:00", "ghcr.io/acme/prepare@sha256:00"),
    ],
)
def test_nobody_is_mentioned_and_images_stay_whole(text: str, shown: str) -> None:
    assert markdown.escape(text) == shown


def _stack(name: str, verdict: str, **changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "stack": name, "verdict": verdict, "spec": None, "cloud": None, "region": None, "plan": None, "resources": [],
        "problems": [], "findings": [], "warnings": [], "policies": [], "cost": None,
    }  # fmt: skip
    return {**data, **changes}


def test_a_title_that_looks_like_html_is_shown_as_it_is() -> None:
    data = {"verdict": "pass", "evaluated": ["graph"], "stacks": [_stack("a&lt;b <i>", "pass")]}
    assert "<summary>✅ <b>a&amp;lt;b &lt;i&gt;</b></summary>" in report.preview_markdown(data)


def test_what_fails_stands_open_and_first_of_its_section() -> None:
    problem = {"path": "program", "found": "KeyError", "allowed": "ok", "hint": "look", "source": "", "where": "a.py:1"}
    data = {
        "verdict": "fail",
        "evaluated": ["graph"],
        "stacks": [_stack("good", "pass"), _stack("bad", "fail", problems=[problem])],
    }
    text = report.preview_markdown(data)
    assert text.startswith("## ❌ Preview: fail\n\n2 stacks: 1 fail (bad)\n")
    assert "<details><summary>✅ <b>good</b></summary>" in text
    assert (
        "<details open><summary>❌ <b>bad</b></summary>\n\n"
        "- ❌ **a.py:1**: program: found KeyError; allowed: ok<br>→ look\n" in text
    )
    assert table_cells(text) == [
        ["", "good", "bad"],
        ["resources", "0", "0"],
        ["problems", "0", "1"],
        ["findings", "0", "0"],
        ["verdict", "pass", "fail"],
    ]
